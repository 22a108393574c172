#include "native-host/broker/planner.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <utility>

namespace skerry::broker {
namespace {

using namespace std::chrono;

constexpr days kDaily{1};           ///< between two looks for what hardly comes any more
constexpr days kAbsentForGood{30};  ///< after a month's end, absent means that it will never come
constexpr days kGivenUp{1};         ///< a collector that is silent for so long is found by its folders alone
constexpr int kOverduePart = 4;     ///< an overdue file's folder is read again after this part of the delay

Time end_of(Month month) {
  return start_of(month + months(1));
}

/// The folder where the collector keeps the files of a type.
std::optional<ListingUrl> listing_for(const Collector& collector, DataType type, Month month) {
  for (auto& listing : month_listings(collector, month)) {
    if (listing.data_type.value_or(type) == type) return std::move(listing);
  }
  return std::nullopt;
}

class Planner {
 public:
  Planner(const Collector& collector, const CollectorState& state, Time now, const PlanOptions& options)
      : collector_(collector), state_(state), options_(options), now_(now), current_(month_of(now)) {
    for (const auto& known : state.listings) known_.emplace(known.url, &known);
  }

  void add_usual() {
    for (auto month = first_month(); month <= current_; month += months(1)) {
      for (const auto& listing : month_listings(collector_, month)) {
        if (is_wanted(listing) && is_due(listing)) add(listing, month != current_ && never_existed(listing));
      }
    }
    add_probes();
  }
  void add_offered(Month since, std::span<const Month> offered) {
    for (const auto month : offered) {
      if (month < since || month > current_) continue;
      for (const auto& listing : month_listings(collector_, month)) {
        const auto* known = find(listing.url);
        if (known == nullptr || known->absent || !is_settled(*known)) add(listing, false);
      }
    }
  }
  Plan take() {
    std::ranges::sort(plan_.listings, [](const PlannedListing& a, const PlannedListing& b) {
      return std::tie(a.listing.month, a.listing.url) < std::tie(b.listing.month, b.listing.url);
    });
    return std::move(plan_);
  }

 private:
  [[nodiscard]] const KnownListing* find(std::string_view url) const {
    const auto found = known_.find(url);
    return found == known_.end() ? nullptr : found->second;
  }

  [[nodiscard]] std::optional<Time> last_of(DataType type) const {
    return type == DataType::rib ? state_.last_rib : state_.last_update;
  }
  [[nodiscard]] std::optional<Time> last_file(const ListingUrl& listing) const {
    if (listing.data_type) return last_of(*listing.data_type);
    return std::max(state_.last_rib, state_.last_update);  // nothing is less than any time
  }

  [[nodiscard]] Month first_month() const {
    auto first = current_ - months(1);
    for (const auto& last : {state_.last_rib, state_.last_update}) {
      if (last) first = std::min(first, month_of(*last));
    }
    for (const auto& known : state_.listings) first = std::min(first, known.month);
    return first;
  }

  /// Whether the folder may hold what we don't know.
  [[nodiscard]] bool is_wanted(const ListingUrl& listing) const {
    if (listing.month == current_) return true;
    const auto* known = find(listing.url);
    if (known != nullptr && is_settled(*known)) return false;
    if (known != nullptr && known->absent && *known->checked + kDaily > now_) return false;
    if (known != nullptr || now_ < end_of(listing.month) + kLateFiles) return true;
    const auto last = last_file(listing);
    return last && listing.month >= month_of(*last);
  }

  /// Whether it is time to read a folder that is wanted.
  [[nodiscard]] bool is_due(const ListingUrl& listing) const {
    const auto* known = find(listing.url);
    if (known == nullptr || !known->checked || known->absent || known->failing) return true;
    const auto age = now_ - *known->checked;
    if (age < Seconds(0)) return true;  // a clock that went back
    if (now_ >= end_of(listing.month) + kLateFiles) return age >= kDaily;
    if (!options_.probe || collector_.layout == Layout::custom) return true;
    // Spread, so that the folders that were read together once are not read together for ever.
    const auto interval = options_.listing_interval;
    const auto part = static_cast<int>(std::hash<std::string_view>{}(listing.url) % 64);
    if (age >= interval - interval * part / 256) return true;
    if (listing.month != current_) return false;
    const auto late = longest_delay(listing);
    return late > Seconds(0) && age >= late / kOverduePart;
  }

  /// By how much the next file of the folder is overdue.
  [[nodiscard]] milliseconds longest_delay(const ListingUrl& listing) const {
    milliseconds longest(0);
    for (const auto type : {DataType::rib, DataType::update}) {
      const auto last = last_of(type);
      const auto step = cadence(collector_, type);
      if (!last || listing.data_type.value_or(type) != type || step == Seconds(0)) continue;
      const auto due = floor_to(*last, step) + step + overdue_after(collector_, type);
      if (now_ - due < kGivenUp) longest = std::max(longest, now_ - due);
    }
    return longest;
  }

  void add_probes() {
    if (!options_.probe) return;
    for (const auto type : {DataType::rib, DataType::update}) {
      const auto last = last_of(type);
      auto file = last ? next_file(collector_, type, *last, now_) : std::nullopt;
      if (!file || now_ - file->time > kGivenUp || urls_.contains(file->listing.url)) continue;
      plan_.probes.push_back(*std::move(file));
    }
  }

  /// As far as we know, for a collector that may be younger than this folder.
  [[nodiscard]] bool never_existed(const ListingUrl& listing) const {
    const auto* known = find(listing.url);
    return !state_.last_rib && !state_.last_update && (known == nullptr || known->absent);
  }

  void add(const ListingUrl& listing, bool may_be_absent) {
    if (!urls_.insert(listing.url).second) return;
    // A collector makes the folder of a month with its first file.
    const bool just_begun = listing.month == current_ && now_ < start_of(current_) + days(1);
    plan_.listings.push_back({listing, may_be_absent || just_begun || collector_.deprecated});
  }

  const Collector& collector_;
  const CollectorState& state_;
  const PlanOptions& options_;
  Time now_;
  Month current_;
  std::unordered_map<std::string_view, const KnownListing*> known_;  ///< by URL
  std::set<std::string> urls_;
  Plan plan_;
};

}  // namespace

bool is_settled(const KnownListing& listing) {
  const auto grace = listing.absent ? kAbsentForGood : kVeryLateFiles;
  return listing.checked && (listing.absent || !listing.failing) &&
         *listing.checked >= end_of(listing.month) + grace;
}

Plan plan(const Collector& collector, const CollectorState& state, Time now, const PlanOptions& options) {
  Planner planner(collector, state, now, options);
  planner.add_usual();
  return planner.take();
}

Plan plan_since(const Collector& collector, const CollectorState& state, Time now, Month since,
                std::span<const Month> offered, const PlanOptions& options) {
  Planner planner(collector, state, now, options);
  planner.add_usual();
  planner.add_offered(since, offered);
  return planner.take();
}

std::optional<ExpectedFile> next_file(const Collector& collector, DataType type, Time last, Time now) {
  const auto step = cadence(collector, type);
  if (collector.layout == Layout::custom || step == Seconds(0)) return std::nullopt;
  const auto time = floor_to(last, step) + step;
  // A file of updates is written when its interval has ended, a RIB when it has been dumped.
  if (now < time + (type == DataType::update ? step : Seconds(0))) return std::nullopt;
  auto listing = listing_for(collector, type, month_of(time));
  if (!listing) return std::nullopt;
  return ExpectedFile{.listing = *std::move(listing), .data_type = type, .time = time};
}

Seconds overdue_after(const Collector& collector, DataType type) {
  if (type == DataType::rib) return hours(3);
  return 3 * cadence(collector, type) + minutes(5);
}

}  // namespace skerry::broker
