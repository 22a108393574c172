#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native-host/broker/layout.hpp"

namespace skerry::broker {

/// What the index knows of a folder that it has looked at, or tried to.
struct KnownListing {
  std::string url;
  Month month;
  std::optional<Time> checked;  ///< when it was last read, or found absent; nothing: never with success
  bool absent = false;          ///< it was a 404 then
};

/// What the index knows of a collector.
struct CollectorState {
  std::optional<Time> last_rib;
  std::optional<Time> last_update;
  /// All that may still gain files; those settled are left out or not, as is easier.
  std::vector<KnownListing> listings;
};

struct PlannedListing {
  ListingUrl listing;
  /// A 404 says that there is nothing yet (or no longer), and is no failure.
  bool may_be_absent = false;

  friend bool operator==(const PlannedListing&, const PlannedListing&) = default;
};

/// Files may still come for this long after their month has ended.
inline constexpr std::chrono::days kLateFiles{2};

/// A folder is settled when it was read after the last moment at which a file could still come.
bool is_settled(const KnownListing& listing);

/// The folders to read now, oldest month first:
///   * from the month of the last known file on, for each data type where the layout separates them;
///   * of a collector without files the current month;
///   * the previous month too while late files may come;
///   * older ones that were tried and are not settled (an absent one at most once a day);
///   * with `offered` (the months of the root listing) all of these from `since` on that are not settled.
std::vector<PlannedListing> plan(const Collector& collector, const CollectorState& state, Time now);
std::vector<PlannedListing> plan_since(const Collector& collector, const CollectorState& state, Time now,
                                       Month since, std::span<const Month> offered);

}  // namespace skerry::broker
