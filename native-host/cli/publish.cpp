#include "native-host/cli/publish.hpp"

#include <chrono>

#include "native-host/broker/latest_document.hpp"

namespace skerry::cli {

Time system_now() {
  return std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
}

broker::UpdaterOptions updater_options(const config::Settings& settings, const std::string& conninfo,
                                       std::vector<broker::Collector> collectors) {
  broker::UpdaterOptions options;
  options.database = conninfo;
  options.collectors = std::move(collectors);
  options.only = settings.collectors;
  options.fetch.concurrency = static_cast<std::size_t>(settings.update_concurrency);
  options.fetch.per_host = static_cast<std::size_t>(settings.update_per_host);
  options.fetch.connect_timeout = settings.update_connect_timeout;
  options.fetch.total_timeout = settings.update_timeout;
  options.fetch.attempts = static_cast<int>(settings.update_attempts);
  options.fetch.run_timeout = std::chrono::ceil<Seconds>(settings.update_run_timeout);
  return options;
}

Result<void> publish_view(const Database& database, kv::Store& store) {
  auto connection = database.connect();
  if (!connection) return std::unexpected(std::move(connection.error()));
  auto document = broker::latest_document(*connection, system_now());
  if (!document) return std::unexpected(std::move(document.error()));
  return store.put("latest", {.value = *std::move(document)});
}

Result<broker::CycleReport> update_and_publish(broker::Updater& updater, const Database& database,
                                               kv::Store& store, const std::stop_token& stop) {
  auto cycle = updater.run_cycle(system_now, stop);
  const bool index_may_have_moved = cycle || cycle.error().code == "stopped";
  if (!index_may_have_moved) return cycle;
  if (auto published = publish_view(database, store); !published) return std::unexpected(published.error());
  return cycle;
}

Result<std::unique_ptr<kv::Store>> open_store(const config::Settings& settings) {
  return kv::Store::open({.path = std::filesystem::path(settings.data_dir) / "kv.sqlite3"});
}

}  // namespace skerry::cli
