#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// What the program counts, for `/metrics`.
///
/// A `Registry` hands out handles: small values that are copied freely, stay valid as long as the registry
/// lives, and may be used by any thread. Counting takes no lock and shares no cache line with the other
/// threads' counting. A handle that was made by its default constructor counts nothing, so that a unit counts
/// whether or not anybody listens.
///
/// Names are as they are shown: `skerry_http_requests_total` (a counter ends in `_total`),
/// `skerry_http_request_duration_seconds`. The unit is the name's own: `…_seconds`, `…_bytes`. Asking for the
/// same name and labels again gives the same series, which takes a lock: keep the handle.
///
/// A name or label that the text format does not have, and a name that is used as two types, throw
/// std::logic_error: they are the program's mistakes. Label values may be anything. A name has at most 1,000
/// series; further labels count into one whose label values all are `other`.
namespace skerry::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

namespace detail {
class CounterCell;
class GaugeCell;
class HistogramCell;
class State;
}  // namespace detail

/// Only grows. Wraps at 2^64, which a reader takes for a restart.
class Counter {
 public:
  Counter() = default;
  void add(std::uint64_t n = 1) const noexcept;

 private:
  friend class Registry;
  explicit Counter(detail::CounterCell& cell) : cell_(&cell) {}
  detail::CounterCell* cell_ = nullptr;
};

/// Goes up and down.
class Gauge {
 public:
  Gauge() = default;
  void set(double value) const noexcept;
  void add(double difference) const noexcept;

 private:
  friend class Registry;
  explicit Gauge(detail::GaugeCell& cell) : cell_(&cell) {}
  detail::GaugeCell* cell_ = nullptr;
};

/// How many values lie below each bound, and their sum. A value below 0 (a clock that was set back) counts as
/// 0; one that is no finite number is not counted.
class Histogram {
 public:
  Histogram() = default;
  void observe(double value) const noexcept;

 private:
  friend class Registry;
  explicit Histogram(detail::HistogramCell& cell) : cell_(&cell) {}
  detail::HistogramCell* cell_ = nullptr;
};

/// Keeps a callback registered as long as it lives; it may outlive the registry. Its end waits for a
/// rendering that is under way, so that what the callback uses may go right after it.
class Callback {
 public:
  Callback() = default;
  Callback(Callback&&) noexcept = default;
  Callback& operator=(Callback&& other) noexcept;
  ~Callback();

 private:
  friend class Registry;
  Callback(std::weak_ptr<detail::State> state, std::uint64_t id) : state_(std::move(state)), id_(id) {}
  std::weak_ptr<detail::State> state_;
  std::uint64_t id_ = 0;
};

/// Upper bounds in seconds: of what a request takes, and of what a round of the updater takes.
inline constexpr double kRequestSeconds[] = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                             0.05,   0.1,     0.25,   0.5,   1,      2.5,   5,    10};
inline constexpr double kRoundSeconds[] = {0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000};

class Registry {
 public:
  Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;
  ~Registry();

  Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  /// `bounds` are finite and rise; those of the first call for a name count.
  Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {},
                      std::span<const double> bounds = kRequestSeconds);

  /// A gauge, or a counter that something else keeps, whose value is asked for at each rendering. The
  /// callback must not use the registry. Of two callbacks for one series the later one counts.
  [[nodiscard]] Callback gauge(std::string_view name, std::string_view help, const Labels& labels,
                               std::function<double()> value);
  [[nodiscard]] Callback counter(std::string_view name, std::string_view help, const Labels& labels,
                                 std::function<std::uint64_t()> value);

  /// All series as OpenMetrics 1.0 text with its `# EOF`, names in their order, series in the order in which
  /// they were asked for. Never a value that was not counted; a histogram's count is that of its buckets.
  [[nodiscard]] std::string render() const;

 private:
  std::shared_ptr<detail::State> state_;
};

}  // namespace skerry::metrics
