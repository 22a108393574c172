#include "native-host/cli/database.hpp"

#include "native-host/postgres/migrate.hpp"

namespace skerry::cli {

Result<void> Database::ensure() {
  if (settings_->database_url.empty()) {
    cluster_.reset();
    auto cluster = postgres::Cluster::start(
        {.data_dir = settings_->data_dir, .say = [this](std::string_view line) { report_->info(line); }});
    if (!cluster) return std::unexpected(std::move(cluster.error()));
    cluster_.emplace(*std::move(cluster));
    conninfo_ = cluster_->conninfo();
  } else {
    conninfo_ = settings_->database_url;
  }
  auto connection = connect();
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto applied = postgres::migrate(*connection);
  if (!applied) return std::unexpected(applied.error());
  for (const std::string& name : *applied) report_->info("Migrated the database: " + name);
  return {};
}

}  // namespace skerry::cli
