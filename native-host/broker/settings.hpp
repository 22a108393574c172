#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/config/settings.hpp"

namespace skerry::broker {

/// What the archive index is set to.
struct Settings {
  std::string archive = "auto";
  std::string replica_listen;
  config::Duration archive_probe_timeout = std::chrono::seconds(3);
  std::string collectors_file;          ///< empty: the collectors that come with the program
  std::vector<std::string> collectors;  ///< empty: all

  config::Duration interval = std::chrono::seconds(300);
  std::int64_t concurrency = 24;
  std::int64_t per_host = 6;
  config::Duration connect_timeout = std::chrono::seconds(10);
  config::Duration timeout = std::chrono::seconds(60);
  std::int64_t attempts = 3;
  config::Duration backoff = std::chrono::seconds(1);
  bool probe = true;
  config::Duration listing_interval = std::chrono::hours(1);
  std::int64_t exact_sizes = 0;
  config::Duration run_timeout = std::chrono::seconds(240);

  std::string heartbeat_url;  ///< empty: none
};

config::Table settings_table();

/// Whether `collectors` chooses this one: what is said of collectors, and shown of them, is of these alone.
/// Of the others the index keeps what it has.
bool selects(const Settings& settings, std::string_view collector_id);
std::vector<Collector> chosen(const Settings& settings, std::vector<Collector> collectors);

}  // namespace skerry::broker
