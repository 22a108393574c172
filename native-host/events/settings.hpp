#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::events {

/// What the queue of events is set to.
struct Settings {
  std::string queue = "disk";
  config::Secret ingest_secret;  ///< without it nothing is taken from the edge
  std::int64_t max_bytes = std::int64_t{1} << 30U;
  std::int64_t min_free = std::int64_t{512} << 20U;
  std::int64_t segment_bytes = std::int64_t{64} << 20U;
  config::Duration dedupe_window = std::chrono::hours(1);
  std::int64_t dedupe_ids = 1'000'000;
  std::string redis_url = "redis://127.0.0.1:6379";
  std::string redis_stream = "skerry:events";
  std::int64_t redis_max_length = 0;
};

config::Table settings_table();

}  // namespace skerry::events
