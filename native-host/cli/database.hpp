#pragma once

#include <optional>
#include <string>

#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/postgres/cluster.hpp"
#include "native-host/postgres/connection.hpp"

namespace skerry::cli {

/// The database of the settings: the private cluster under `data_dir`, or the one that `database_url` names.
class Database {
 public:
  Database(const config::Settings& settings, Report& report) : settings_(&settings), report_(&report) {}

  /// Makes it ready: starts the private cluster where it does not run (again), and migrates.
  Result<void> ensure();

  [[nodiscard]] const std::string& conninfo() const { return conninfo_; }
  Result<postgres::Connection> connect() const { return postgres::Connection::open(conninfo_); }

 private:
  const config::Settings* settings_;
  Report* report_;
  std::optional<postgres::Cluster> cluster_;
  std::string conninfo_;
};

}  // namespace skerry::cli
