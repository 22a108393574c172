#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "native-host/cli/freshness.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/publish/state.hpp"
#include "shared/health/document.hpp"

namespace skerry::cli {

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

/// What `skerry status` shows. What can't be known is empty, and says why.
struct StatusReport {
  Time now;
  Result<FreshnessReport> view = fail("view_missing", "There is no view yet.");
  std::optional<Error> database = {};        ///< why it could not be asked
  std::vector<CycleRow> cycles = {};         ///< newest first
  std::vector<FailingListing> failing = {};  ///< longest first, 100 at most
  struct TargetStatus {
    std::string name;
    publish::TargetState state;
  };
  std::vector<TargetStatus> targets = {};
  std::optional<health::Document> health = {};
  std::chrono::milliseconds interval{};  ///< between the starts of two rounds
};

Result<std::vector<CycleRow>> read_cycles(postgres::Connection& connection, int count);
Result<std::vector<FailingListing>> read_failing(postgres::Connection& connection);

/// For a terminal.
std::string status_text(const StatusReport& report);
/// One JSON object.
std::string status_json(const StatusReport& report);

}  // namespace skerry::cli
