#pragma once

#include <functional>
#include <stop_token>

#include "native-host/broker/updater.hpp"
#include "native-host/cli/database.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/kv/store.hpp"

namespace skerry::cli {

Time system_now();

/// The updater's options by the settings, for these collectors.
broker::UpdaterOptions updater_options(const config::Settings& settings, const std::string& conninfo,
                                       std::vector<broker::Collector> collectors);

/// Puts the view into the KV store, as the key `latest`. A view that can't be stored leaves the last one.
Result<void> publish_view(const Database& database, kv::Store& store);

/// One cycle, and then the view; the view also where the cycle was stopped in the middle. A cycle in which
/// every collector failed publishes nothing: the last view stays, and its age tells.
Result<broker::CycleReport> update_and_publish(broker::Updater& updater, const Database& database,
                                               kv::Store& store, const std::stop_token& stop);

/// `<data_dir>/kv.sqlite3`, opened.
Result<std::unique_ptr<kv::Store>> open_store(const config::Settings& settings);

}  // namespace skerry::cli
