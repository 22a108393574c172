#pragma once

#include <filesystem>

#include "native-host/events/queue.hpp"
#include "native-host/events/redis/open_redis_queue.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/program/checks.hpp"

namespace skerry::events {

/// `queue`: it takes events; the message says how full it is, also from outside, of the log on the disk.
/// `events`, from outside: how durable Redis is.
void add_checks(program::Checks& checks);

/// A warning from 80 % of `max_bytes` on, unless the oldest goes when it is full (`drops_oldest`).
program::Finding judge_queue(const Stats& queue, bool drops_oldest);
/// The log in a folder as it is there, for who does not have it open; one that is not there yet is empty.
/// `trouble` where it has hardly a byte left of events.max_bytes, or the disk less than events.min_free.
/// Errors: those of LogView.
Result<Stats> inspect_log(const Settings& settings, const std::filesystem::path& folder);
/// Where events go when Redis has them.
program::Finding judge_redis(const Result<RedisFacts>& facts);

}  // namespace skerry::events
