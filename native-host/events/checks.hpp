#pragma once

#include "native-host/events/queue.hpp"
#include "native-host/events/redis/open_redis_queue.hpp"
#include "native-host/program/checks.hpp"

namespace skerry::events {

/// `queue`: it takes events; the message says how full it is. `events`, from outside: how durable Redis is.
void add_checks(program::Checks& checks);

program::Finding judge_queue(const Stats& queue);
/// `events.min_free`, from outside: whether the disk, of so many bytes, lets the log take anything.
program::Finding judge_room(std::uint64_t free, std::uint64_t capacity, std::uint64_t min_free);
/// Where events go when Redis has them.
program::Finding judge_redis(const Result<RedisFacts>& facts);

}  // namespace skerry::events
