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
  bool failing = false;         ///< the last try came to nothing
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

/// A file that should be there by now, by the collector's cadence.
struct ExpectedFile {
  ListingUrl listing;
  DataType data_type;
  Time time;

  friend bool operator==(const ExpectedFile&, const ExpectedFile&) = default;
};

struct Plan {
  std::vector<PlannedListing> listings;  ///< to read, oldest month first
  std::vector<ExpectedFile> probes;      ///< to ask for one by one, at most one of each type
};

struct PlanOptions {
  /// Look for the next files by their names, and read a folder only once in `listing_interval`, or when
  /// something about it is irregular. Else every folder is read each time.
  bool probe = true;
  Seconds listing_interval = std::chrono::hours(1);
};

/// Files may still come for this long after their month has ended.
inline constexpr std::chrono::days kLateFiles{2};
/// Within this long after their month has ended, late files are still found, with a look once a day.
inline constexpr std::chrono::days kVeryLateFiles{14};

/// A folder is settled when it was read after the last moment at which a file could still come.
bool is_settled(const KnownListing& listing);

/// The folders to read now:
///   * from the month of the last known file on, for each data type where the layout separates them;
///   * of a collector without files the current month;
///   * the previous month too while late files may come;
///   * older ones that were tried and are not settled (an absent one, or one two days over, at most once a
///   day);
///   * with `offered` (the months of the root listing) all of these from `since` on that are not settled.
///
/// A listing of thousands of rows, that the server makes anew for each request, is a dear way to learn of one
/// file whose name is known beforehand. So a folder that was read lately is left alone, and the next file
/// after the last known one is asked for instead. The folder is read, too, when that file is overdue: at
/// once, and then at intervals that grow with the delay.
Plan plan(const Collector& collector, const CollectorState& state, Time now, const PlanOptions& options = {});
Plan plan_since(const Collector& collector, const CollectorState& state, Time now, Month since,
                std::span<const Month> offered, const PlanOptions& options = {});

/// The file that should follow `last`, or nothing where none can be known of or it can't be there yet.
std::optional<ExpectedFile> next_file(const Collector& collector, DataType type, Time last, Time now);

/// How long after its time a file is missed: when the next ones are there, too, with any regular collector.
Seconds overdue_after(const Collector& collector, DataType type);

}  // namespace skerry::broker
