#pragma once

#include <atomic>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/postgres/cluster.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::cli {

/// The database of the settings: the private cluster under `data_dir`, or the one that `database_url` names.
/// One thread makes it ready, others may connect meanwhile.
class Database {
 public:
  /// What its connections do is counted into `meters`.
  Database(const config::Settings& settings, Report& report, const postgres::Meters& meters = {})
      : settings_(&settings), report_(&report), meters_(meters) {}

  /// Makes it ready: starts the private cluster where it does not run (again), and migrates. A stop ends the
  /// waits for the database, for its locks, and for whoever holds them.
  Result<void> ensure(const std::stop_token& stop = {});
  /// Whether the last `ensure` made it so.
  [[nodiscard]] bool is_ready() const { return ready_; }

  /// Empty before the first `ensure`.
  [[nodiscard]] std::string conninfo() const;
  [[nodiscard]] Result<postgres::Connection> connect(const std::stop_token& stop = {}) const {
    return postgres::Connection::open(conninfo(), {.stop = stop, .meters = meters_});
  }
  [[nodiscard]] const postgres::Meters& meters() const { return meters_; }

 private:
  void remember(std::string conninfo);

  const config::Settings* settings_;
  Report* report_;
  postgres::Meters meters_;
  std::optional<postgres::Cluster> cluster_;
  std::atomic<bool> ready_ = false;
  mutable std::mutex mutex_;
  std::string conninfo_;
};

/// Where the database is, without starting anything; nothing where the private cluster does not run.
std::optional<std::string> reachable_database(const config::Settings& settings);

}  // namespace skerry::cli
