#include "native-host/broker/planner.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <unordered_map>

namespace skerry::broker {
namespace {

using namespace std::chrono;

constexpr days kAbsentPause{1};     ///< between two looks for a past month that was absent
constexpr days kAbsentForGood{30};  ///< after a month's end, absent means that it will never come

Time end_of(Month month) {
  return start_of(month + months(1));
}

class Planner {
 public:
  Planner(const Collector& collector, const CollectorState& state, Time now)
      : collector_(collector), state_(state), now_(now), current_(month_of(now)) {
    for (const auto& known : state.listings) known_.emplace(known.url, &known);
  }

  void add_usual() {
    for (auto month = first_month(); month <= current_; month += months(1)) {
      for (const auto& listing : month_listings(collector_, month)) {
        if (is_wanted(listing)) add(listing, month != current_ && never_existed(listing));
      }
    }
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
  std::vector<PlannedListing> take() {
    std::ranges::sort(planned_, [](const PlannedListing& a, const PlannedListing& b) {
      return std::tie(a.listing.month, a.listing.url) < std::tie(b.listing.month, b.listing.url);
    });
    return std::move(planned_);
  }

 private:
  [[nodiscard]] const KnownListing* find(std::string_view url) const {
    const auto found = known_.find(url);
    return found == known_.end() ? nullptr : found->second;
  }

  [[nodiscard]] std::optional<Time> last_file(const ListingUrl& listing) const {
    if (listing.data_type == DataType::rib) return state_.last_rib;
    if (listing.data_type == DataType::update) return state_.last_update;
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

  [[nodiscard]] bool is_wanted(const ListingUrl& listing) const {
    if (listing.month == current_) return true;
    const auto* known = find(listing.url);
    if (known != nullptr && is_settled(*known)) return false;
    if (known != nullptr && known->absent && *known->checked + kAbsentPause > now_) return false;
    if (known != nullptr || now_ < end_of(listing.month) + kLateFiles) return true;
    const auto last = last_file(listing);
    return last && listing.month >= month_of(*last);
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
    planned_.push_back({listing, may_be_absent || just_begun || collector_.deprecated});
  }

  const Collector& collector_;
  const CollectorState& state_;
  Time now_;
  Month current_;
  std::unordered_map<std::string_view, const KnownListing*> known_;  ///< by URL
  std::set<std::string> urls_;
  std::vector<PlannedListing> planned_;
};

}  // namespace

bool is_settled(const KnownListing& listing) {
  const auto grace = listing.absent ? kAbsentForGood : kLateFiles;
  return listing.checked && *listing.checked >= end_of(listing.month) + grace;
}

std::vector<PlannedListing> plan(const Collector& collector, const CollectorState& state, Time now) {
  Planner planner(collector, state, now);
  planner.add_usual();
  return planner.take();
}

std::vector<PlannedListing> plan_since(const Collector& collector, const CollectorState& state, Time now,
                                       Month since, std::span<const Month> offered) {
  Planner planner(collector, state, now);
  planner.add_usual();
  planner.add_offered(since, offered);
  return planner.take();
}

}  // namespace skerry::broker
