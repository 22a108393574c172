#include "native-host/metrics/registry.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <deque>
#include <map>
#include <mutex>
#include <stdexcept>
#include <variant>

#include "shared/metrics/exposition.hpp"

namespace skerry::metrics {
namespace detail {
namespace {

constexpr std::size_t kShards = 8;
constexpr std::size_t kCacheLine = 64;
constexpr std::size_t kMostSeries = 1000;

/// Threads take the shards in turn, so that a few threads never share one.
std::size_t shard_of_thread() {
  static constinit std::atomic<std::size_t> next{0};
  thread_local const std::size_t shard = next.fetch_add(1, std::memory_order_relaxed) % kShards;
  return shard;
}

}  // namespace

class CounterCell {
 public:
  void add(std::uint64_t n) { shards_[shard_of_thread()].value.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.value.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(kCacheLine) Shard {
    std::atomic<std::uint64_t> value{0};
  };
  std::array<Shard, kShards> shards_;
};

class GaugeCell {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  void add(double difference) { value_.fetch_add(difference, std::memory_order_relaxed); }
  [[nodiscard]] double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

class HistogramCell {
 public:
  explicit HistogramCell(const std::vector<double>& bounds) : bounds_(bounds) {
    for (Shard& shard : shards_) shard.counts = std::vector<std::atomic<std::uint64_t>>(bounds.size() + 1);
  }

  void observe(double value) {
    if (!std::isfinite(value)) return;
    value = std::max(value, 0.0);
    Shard& shard = shards_[shard_of_thread()];
    const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
    shard.counts[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
    shard.sum.fetch_add(value, std::memory_order_relaxed);
  }

  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  [[nodiscard]] std::uint64_t count(std::size_t bucket) const {
    std::uint64_t sum = 0;
    for (const Shard& shard : shards_) sum += shard.counts[bucket].load(std::memory_order_relaxed);
    return sum;
  }
  [[nodiscard]] double sum() const {
    double sum = 0;
    for (const Shard& shard : shards_) sum += shard.sum.load(std::memory_order_relaxed);
    return sum;
  }

 private:
  struct alignas(kCacheLine) Shard {
    std::vector<std::atomic<std::uint64_t>> counts;
    std::atomic<double> sum{0};
  };
  std::vector<double> bounds_;
  std::array<Shard, kShards> shards_;
};

namespace {

template <class T>
struct Callee {
  std::function<T()> value;
  std::uint64_t id;
};
using Cell = std::variant<CounterCell, GaugeCell, HistogramCell, Callee<double>, Callee<std::uint64_t>>;

struct Series {
  std::string labels;
  std::unique_ptr<Cell> cell;
};

struct Family {
  Type type;
  std::string help;
  std::vector<double> bounds;
  std::vector<Series> series;
  std::map<std::string, std::size_t> by_labels;
};

[[noreturn]] void refuse(std::string_view name, const char* why) {
  throw std::logic_error("The metric " + std::string(name) + why);
}

std::string label_text(std::string_view metric, Type type, const Labels& labels, bool others) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!is_label_name(name) || (type == Type::histogram && name == "le"))
      refuse(metric, " has a label with an impossible name");
    if (std::ranges::count(labels, name, &Labels::value_type::first) != 1)
      refuse(metric, " has a label twice");
    Exposition::append_label(text, name, others ? "other" : std::string_view(value));
  }
  return text;
}

void render(Exposition& out, std::string_view name, const std::string& labels, const HistogramCell& cell) {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i <= cell.bounds().size(); ++i) {
    count += cell.count(i);
    std::string with_bound = labels;
    Exposition::append_label(with_bound, "le",
                             i < cell.bounds().size() ? bound_text(cell.bounds()[i]) : "+Inf");
    out.sample(std::string(name) + "_bucket", with_bound, count);
  }
  out.sample(std::string(name) + "_sum", labels, cell.sum());
  out.sample(std::string(name) + "_count", labels, count);
}

void render(Exposition& out, std::string_view name, const Series& series) {
  struct Visitor {
    Exposition& out;
    std::string_view name;
    const std::string& labels;
    void operator()(const CounterCell& cell) const { out.sample(name, labels, cell.value()); }
    void operator()(const GaugeCell& cell) const { out.sample(name, labels, cell.value()); }
    void operator()(const HistogramCell& cell) const { render(out, name, labels, cell); }
    void operator()(const Callee<double>& callee) const { out.sample(name, labels, callee.value()); }
    void operator()(const Callee<std::uint64_t>& callee) const { out.sample(name, labels, callee.value()); }
  };
  std::visit(Visitor{out, name, series.labels}, *series.cell);
}

}  // namespace

class State {
 public:
  /// The cell of this series, made by `make` where it is new.
  template <class T>
  T& find(Type type, std::string_view name, std::string_view help, const Labels& labels,
          std::span<const double> bounds = {}) {
    const std::lock_guard lock(mutex_);
    Family& family = family_of(type, name, help, bounds);
    Series& series = series_of(family, name, labels);
    if (!series.cell) {
      if constexpr (std::is_same_v<T, HistogramCell>) {
        series.cell = std::make_unique<Cell>(std::in_place_type<T>, family.bounds);
      } else {
        series.cell = std::make_unique<Cell>(std::in_place_type<T>);
      }
    }
    T* cell = std::get_if<T>(series.cell.get());
    if (cell == nullptr) refuse(name, " is both counted and asked for");
    return *cell;
  }

  template <class T>
  std::uint64_t attach(Type type, std::string_view name, std::string_view help, const Labels& labels,
                       std::function<T()> value) {
    const std::lock_guard lock(mutex_);
    Series& series = series_of(family_of(type, name, help, {}), name, labels);
    if (series.cell && !std::holds_alternative<Callee<T>>(*series.cell))
      refuse(name, " is both counted and asked for");
    series.cell = std::make_unique<Cell>(Callee<T>{std::move(value), ++last_id_});
    return last_id_;
  }

  void detach(std::uint64_t id) {
    const std::lock_guard lock(mutex_);
    for (auto& [name, family] : families_) {
      for (Series& series : family.series)
        if (series.cell && id_of(*series.cell) == id) series.cell = nullptr;
    }
  }

  [[nodiscard]] std::string render() const {
    const std::lock_guard lock(mutex_);
    Exposition out;
    for (const auto& [name, family] : families_) {
      if (std::ranges::none_of(family.series, [](const Series& series) { return series.cell != nullptr; }))
        continue;
      out.family(family.type, name, family.help);
      for (const Series& series : family.series)
        if (series.cell) detail::render(out, name, series);
    }
    return std::move(out).finish();
  }

 private:
  static std::uint64_t id_of(const Cell& cell) {
    if (const auto* gauge = std::get_if<Callee<double>>(&cell)) return gauge->id;
    if (const auto* counter = std::get_if<Callee<std::uint64_t>>(&cell)) return counter->id;
    return 0;
  }

  Family& family_of(Type type, std::string_view name, std::string_view help, std::span<const double> bounds) {
    const auto found = families_.find(name);
    if (found != families_.end()) {
      if (found->second.type != type) refuse(name, " is of two types");
      return found->second;
    }
    if (!is_metric_name(name)) refuse(name, " has an impossible name");
    if (name.ends_with("_total") != (type == Type::counter))
      refuse(name, " ends in _total and is no counter, or the other way round");
    if (std::ranges::adjacent_find(bounds, std::ranges::greater_equal{}) != bounds.end() ||
        !std::ranges::all_of(bounds, [](double bound) { return std::isfinite(bound); }))
      refuse(name, " has bounds that don't rise");
    return families_.emplace(name, Family{type, std::string(help), {bounds.begin(), bounds.end()}, {}, {}})
        .first->second;
  }

  static Series& series_of(Family& family, std::string_view name, const Labels& labels) {
    std::string text = label_text(name, family.type, labels, false);
    auto found = family.by_labels.find(text);
    if (found == family.by_labels.end() && !labels.empty() && family.series.size() >= kMostSeries) {
      text = label_text(name, family.type, labels, true);
      found = family.by_labels.find(text);
    }
    if (found != family.by_labels.end()) return family.series[found->second];
    family.by_labels.emplace(text, family.series.size());
    return family.series.emplace_back(std::move(text), nullptr);
  }

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_;
  std::uint64_t last_id_ = 0;
};

}  // namespace detail

void Counter::add(std::uint64_t n) const noexcept {
  if (cell_ != nullptr) cell_->add(n);
}

void Gauge::set(double value) const noexcept {
  if (cell_ != nullptr) cell_->set(value);
}

void Gauge::add(double difference) const noexcept {
  if (cell_ != nullptr) cell_->add(difference);
}

void Histogram::observe(double value) const noexcept {
  if (cell_ != nullptr) cell_->observe(value);
}

Callback& Callback::operator=(Callback&& other) noexcept {
  std::swap(state_, other.state_);
  std::swap(id_, other.id_);
  return *this;
}

Callback::~Callback() {
  if (const auto state = state_.lock()) state->detach(id_);
}

Registry::Registry() : state_(std::make_shared<detail::State>()) {}
Registry::~Registry() = default;

Counter Registry::counter(std::string_view name, std::string_view help, const Labels& labels) {
  return Counter(state_->find<detail::CounterCell>(Type::counter, name, help, labels));
}

Gauge Registry::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return Gauge(state_->find<detail::GaugeCell>(Type::gauge, name, help, labels));
}

Histogram Registry::histogram(std::string_view name, std::string_view help, const Labels& labels,
                              std::span<const double> bounds) {
  return Histogram(state_->find<detail::HistogramCell>(Type::histogram, name, help, labels, bounds));
}

Callback Registry::gauge(std::string_view name, std::string_view help, const Labels& labels,
                         std::function<double()> value) {
  return {state_, state_->attach(Type::gauge, name, help, labels, std::move(value))};
}

Callback Registry::counter(std::string_view name, std::string_view help, const Labels& labels,
                           std::function<std::uint64_t()> value) {
  return {state_, state_->attach(Type::counter, name, help, labels, std::move(value))};
}

std::string Registry::render() const {
  return state_->render();
}

}  // namespace skerry::metrics
