#pragma once

#include "native-host/events/queue.hpp"
#include "native-host/events/redis/open_redis_queue.hpp"
#include "native-host/program/checks.hpp"

namespace skerry::events {

/// `queue`: it takes events; the message says how full it is. `events`, from outside: how durable Redis is.
void add_checks(program::Checks& checks);

program::Finding judge_queue(const Stats& queue);
/// Where events go when Redis has them.
program::Finding judge_redis(const Result<RedisFacts>& facts);

}  // namespace skerry::events
