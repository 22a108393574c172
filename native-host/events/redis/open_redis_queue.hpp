#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "native-host/events/queue.hpp"
#include "native-host/events/redis/redis_stream.hpp"
#include "native-host/events/settings.hpp"

namespace skerry::events {

/// The queue that the settings `events.redis_*` describe, in front of `log`, a DiskLog in `folder`. `tell`:
/// see RedisQueue. Errors: `redis_settings`, `file_failed`.
Result<std::unique_ptr<Queue>> open_redis_queue(const Settings& settings, const std::filesystem::path& folder,
                                                std::unique_ptr<Queue> log,
                                                std::function<void(const std::optional<Error>&)> tell);

/// What an operator should know of the Redis of the settings.
struct RedisFacts {
  std::string version;
  std::string durable;              ///< a sentence: what "acknowledged" means there
  std::vector<std::string> advice;  ///< what should be changed, and why; empty: nothing
};

/// Asks the Redis; what the user may not ask is left out. Errors: `redis_settings`, those of
/// redis_connection.hpp.
Result<RedisFacts> inspect_redis(const Settings& settings);

}  // namespace skerry::events
