#include "native-host/events/checks.hpp"

#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "native-host/events/place.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/trunk_checks.hpp"

namespace skerry::events {
namespace {

using program::Check;
using program::Finding;
using program::human_size;
using program::Inspection;
using program::with_code;
using Status = Finding::Status;

/// Another process than the server's does not have the queue.
void check_queue(const Inspection& at, program::Findings& findings) {
  if (const auto* place = at.find<Place>(); place != nullptr) findings.push_back(judge_queue(place->stats()));
}

/// From inside it is the queue's own trouble.
void check_room(const Inspection& at, program::Findings& findings) {
  std::error_code error;
  const auto space = std::filesystem::space(program::nearest_folder(at.world.data_dir()), error);
  if (error) return;
  findings.push_back(judge_room(space.available, space.capacity,
                                static_cast<std::uint64_t>(at.settings<Settings>().min_free)));
}

void check_redis(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  if (settings.queue == "redis") findings.push_back(judge_redis(inspect_redis(settings)));
}

}  // namespace

void add_checks(program::Checks& checks) {
  checks.add(
      {.name = "queue", .shown = Check::health | Check::ready, .probe = check_queue, .part = "events"});
  checks.add({.name = "events.min_free", .shown = Check::doctor, .probe = check_room});
  checks.add({.name = "events", .shown = Check::doctor, .probe = check_redis});
}

Finding judge_queue(const Stats& queue) {
  Finding finding{queue.trouble ? Status::failed : Status::ok, "queue"};
  if (queue.trouble) {
    finding.message = with_code(*queue.trouble) + ' ';
    finding.advice =
        "Let its readers go on (`skerry events readers`), make room with `skerry events trim` or on its "
        "disk, "
        "or raise events.max_bytes.";
  } else if (queue.dropped > 0) {
    finding.status = Status::warning;
    finding.message = fmt::format(
        "The log was full: {} events were dropped since the start, not read by all readers. ", queue.dropped);
    finding.advice = "Let its readers go on (`skerry events readers`), or raise events.max_bytes.";
  }
  finding.message +=
      fmt::format("{} in {}", program::counted(static_cast<std::int64_t>(queue.records), "event"),
                  human_size(static_cast<double>(queue.bytes)));
  if (queue.max_bytes > 0) finding.message += " of " + human_size(static_cast<double>(queue.max_bytes));
  finding.message += '.';
  return finding;
}

Finding judge_room(std::uint64_t free, std::uint64_t capacity, std::uint64_t min_free) {
  const auto size = [](std::uint64_t bytes) { return human_size(static_cast<double>(bytes)); };
  Finding finding{Status::ok, "events.min_free",
                  size(free) + " are free, " + size(min_free) + " are left to others."};
  if (free >= min_free) return finding;
  finding.status = Status::failed;
  finding.message = min_free > capacity
                        ? fmt::format("It is {}, and the whole disk has {}: every event is refused.",
                                      size(min_free), size(capacity))
                        : fmt::format("{} are free, and {} are left to others: every event is refused.",
                                      size(free), size(min_free));
  finding.advice = "Make room on the disk, or lower events.min_free.";
  return finding;
}

Finding judge_redis(const Result<RedisFacts>& facts) {
  if (!facts) {
    return {Status::warning, "events", with_code(facts.error()),
            "Start Redis, or correct events.redis_url; meanwhile the log of the disk takes the events."};
  }
  std::string advice;
  for (const auto& line : facts->advice) advice += (advice.empty() ? "" : "\n") + line;
  return {advice.empty() ? Status::ok : Status::warning, "events",
          "Redis " + facts->version + " answers. " + facts->durable, advice};
}

}  // namespace skerry::events
