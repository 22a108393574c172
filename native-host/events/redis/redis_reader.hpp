#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "native-host/events/queue.hpp"
#include "native-host/events/redis/redis_stream.hpp"

namespace skerry::events {

struct RedisReaderOptions {
  RedisOptions redis;
  std::string group;     ///< its name in Redis, and its position there; made where it is missing
  std::string consumer;  ///< the same after a restart, another one in each process that reads
  /// What another consumer has neither acknowledged nor asked for in this time is taken from it.
  std::chrono::milliseconds claim_after{60'000};
  /// Entries that every group has acknowledged are deleted when they are older.
  std::chrono::milliseconds keep{3'600'000};
  std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
  std::shared_ptr<const void> lease = {};  ///< kept as long as the reader lives
};

/// Reads the stream as a consumer of a group (XREADGROUP, XACK, XAUTOCLAIM): first what this consumer was
/// given before it was restarted, then what comes. The group begins at the oldest entry, again after the
/// stream was emptied. An entry that is no event, and one that was deleted unread, is told as damage and
/// acknowledged with what follows it. Error: `events_unavailable`; the next call connects again.
Result<std::unique_ptr<Reader>> open_redis_reader(RedisReaderOptions options);

}  // namespace skerry::events
