#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::events {

/// What the queue of events is set to.
struct Settings {
  std::string queue = "disk";
  config::Secret ingest_secret;  ///< without it nothing is taken from the edge
  std::int64_t max_bytes = std::int64_t{1} << 30U;
  std::string when_full = "refuse";
  std::int64_t min_free = std::int64_t{512} << 20U;
  std::int64_t segment_bytes = std::int64_t{64} << 20U;
  config::Duration dedupe_window = std::chrono::hours(1);
  std::int64_t dedupe_ids = 1'000'000;
  config::Duration limits_burst = std::chrono::seconds(30);  ///< 0: no limits
  std::int64_t client_events = 1'000;                        ///< these: 0 is no limit
  std::int64_t client_bytes = std::int64_t{2} << 20U;
  std::int64_t client_daily = std::int64_t{512} << 20U;
  std::int64_t site_events = 5'000;
  std::int64_t site_bytes = std::int64_t{16} << 20U;
  std::int64_t site_daily = 0;
  std::int64_t key_events = 5'000;
  std::int64_t key_bytes = std::int64_t{16} << 20U;
  std::int64_t key_daily = 0;
  std::string redis_url = "redis://127.0.0.1:6379";
  std::string redis_stream = "skerry:events";
  std::int64_t redis_max_length = 0;

  [[nodiscard]] bool drops_oldest() const { return when_full == "drop_oldest"; }
};

config::Table settings_table();

}  // namespace skerry::events
