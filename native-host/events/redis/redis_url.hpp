#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::events {

/// Where a Redis is, and who asks:
///
///     redis://[[user]:password@]host[:port][/db]      redis://127.0.0.1:6379/2, redis://:secret@[::1]
///     unix:[//[[user]:password@]]/path[?db=N]         unix:/run/redis.sock?db=1
///
/// User and password are percent-decoded; a password alone is that of the user `default`.
struct RedisUrl {
  std::string host = {};
  std::uint16_t port = 6379;
  std::string path = {};  ///< of a Unix socket; then host and port mean nothing
  std::string user = {};
  std::string password = {};
  std::uint32_t database = 0;

  [[nodiscard]] bool is_unix() const { return !path.empty(); }
  /// For people: without user and password.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const RedisUrl&, const RedisUrl&) = default;
};

/// Error: `redis_settings`, also for `rediss://`: this build's hiredis has no TLS. No message holds a
/// password.
Result<RedisUrl> parse_redis_url(std::string_view text);

}  // namespace skerry::events
