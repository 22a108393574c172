#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native-host/broker/freshness.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/program/status.hpp"

namespace skerry::broker {

/// A row of `update_meta`.
struct CycleRow {
  Time started = {};
  std::chrono::milliseconds duration{};
  std::int64_t listings = 0, unchanged = 0, failed = 0, probes = 0;
  std::int64_t files_added = 0, files_changed = 0, bytes = 0;
  std::string error = {};  ///< why it failed as a whole, or empty
};

/// A listing whose last reading failed.
struct FailingListing {
  std::string collector;
  std::string url;
  Time since;
  std::int64_t failures = 0;  ///< in a row
  std::string error;
};

/// What `skerry status` shows of the index. What can't be known is empty, and says why.
struct StatusReport {
  Time now;
  Result<FreshnessReport> view = fail(ErrorKind::not_found, "view_missing", "There is no view yet.");
  std::vector<CycleRow> cycles = {};         ///< newest first
  std::vector<FailingListing> failing = {};  ///< longest first, 100 at most
  std::chrono::milliseconds interval{};      ///< between the starts of two rounds
};

Result<std::vector<CycleRow>> read_cycles(postgres::Connection& connection, int count);
Result<std::vector<FailingListing>> read_failing(postgres::Connection& connection);

/// Adds the line `View`, the tables, and the members `view`, `next_cycle`, `late`, `freshness`,
/// `failing_listings` and `cycles`.
void show(const StatusReport& report, program::Status& status);

}  // namespace skerry::broker
