#include "native-host/cli/database.hpp"

#include <filesystem>
#include <fstream>

#include "native-host/broker/schema.hpp"

namespace skerry::cli {

Result<void> Database::ensure(const std::stop_token& stop) {
  ready_ = false;
  if (settings_->database_url.empty()) {
    cluster_.reset();
    auto cluster =
        postgres::Cluster::start({.data_dir = settings_->data_dir,
                                  .say = [this](std::string_view line) { report_->info("postgres", line); }});
    if (!cluster) return std::unexpected(std::move(cluster.error()));
    cluster_.emplace(*std::move(cluster));
    remember(cluster_->conninfo());
  } else {
    remember(settings_->database_url);
  }
  auto connection = connect(stop);
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto applied = broker::migrate(
      *connection, {.lock = {.say = [this](std::string_view line) { report_->info("postgres", line); }}});
  if (!applied) return std::unexpected(applied.error());
  for (const std::string& name : *applied)
    report_->info("migrated", "Migrated the database", {{"migration", name}});
  ready_ = true;
  return {};
}

std::string Database::conninfo() const {
  const std::lock_guard lock(mutex_);
  return conninfo_;
}

void Database::remember(std::string conninfo) {
  const std::lock_guard lock(mutex_);
  conninfo_ = std::move(conninfo);
}

std::optional<std::string> reachable_database(const config::Settings& settings) {
  if (!settings.database_url.empty()) return settings.database_url;
  // PostgreSQL's postmaster.pid: pid, data folder, start, port, socket folder, …
  std::ifstream file(std::filesystem::path(settings.data_dir) / "postgres/data/postmaster.pid");
  std::string lines[5];
  for (auto& line : lines)
    if (!std::getline(file, line)) return std::nullopt;
  return "host='" + lines[4] + "' port=" + lines[3] + " user=skerry dbname=skerry";
}

}  // namespace skerry::cli
