#include "native-host/events/checks.hpp"

#include <algorithm>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "native-host/events/log_view.hpp"
#include "native-host/events/place.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/files/files.hpp"
#include "native-host/program/human.hpp"

namespace skerry::events {
namespace {

using program::Check;
using program::Finding;
using program::human_size;
using program::Inspection;
using program::with_code;
using Status = Finding::Status;

/// A log of the disk that takes no event of this size takes hardly any.
constexpr std::uint64_t kHardlyRoom = std::uint64_t{64} << 10U;
constexpr double kFilling = 0.8;
constexpr std::string_view kMakeRoom =
    "Let its readers go on (`skerry events readers`), make room with `skerry events trim`, raise "
    "events.max_bytes, or let the oldest go with events.when_full.";

void check_queue(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  if (const auto* place = at.find<Place>(); place != nullptr) {
    findings.push_back(judge_queue(place->stats(), settings.drops_oldest()));
  } else if (at.from_outside()) {
    const auto log = inspect_log(settings, at.world.data_dir() / "events");
    auto finding = log ? judge_queue(*log, settings.drops_oldest())
                       : Finding{Status::failed, "queue", with_code(log.error()),
                                 "Look at " + (at.world.data_dir() / "events").string() +
                                     ", as the user whose folder it is."};
    if (settings.queue == "redis") finding.message = "The log beside Redis: " + finding.message;
    findings.push_back(std::move(finding));
  }
}

/// Where the last segment ends; behind that, its file may have room that is reserved. Sees the number of the
/// record to come in `next`.
Result<std::uint64_t> end_of(const LogView& log, std::uint64_t& next) {
  const auto& last = log.segments().back();
  const auto file = log.storage()->open(last.path, false);
  if (!file) return std::unexpected(storage_error(last.path, file.error()));
  FrameReader frames(**file, last.salt, last.first, last.end, last.proven);
  next = last.first;
  for (;;) {
    const auto step = frames.next();
    if (step.kind == FrameReader::Step::Kind::failed)
      return std::unexpected(storage_error(last.path, step.error));
    if (step.kind == FrameReader::Step::Kind::frame) next = step.header.sequence + step.header.count;
    if (step.kind == FrameReader::Step::Kind::end) return step.offset;
  }
}

void check_redis(const Inspection& at, program::Findings& findings) {
  const auto& settings = at.settings<Settings>();
  if (settings.queue == "redis") findings.push_back(judge_redis(inspect_redis(settings)));
}

}  // namespace

void add_checks(program::Checks& checks) {
  checks.add({.name = "queue",
              .shown = Check::health | Check::ready | Check::doctor,
              .probe = check_queue,
              .part = "events"});
  checks.add({.name = "events", .shown = Check::doctor, .probe = check_redis});
}

Finding judge_queue(const Stats& queue, bool drops_oldest) {
  Finding finding{queue.trouble ? Status::failed : Status::ok, "queue"};
  const auto bytes = static_cast<double>(queue.bytes);
  const auto most = static_cast<double>(queue.max_bytes);
  if (queue.trouble) {
    finding.message = with_code(*queue.trouble) + ' ';
    finding.advice =
        queue.trouble->code == "events_full" ? std::string(kMakeRoom) : "Look at the disk of the event log.";
  } else if (queue.dropped > 0) {
    finding.status = Status::warning;
    finding.message = fmt::format(
        "The log was full: {} events were dropped since the start, not read by all readers. ", queue.dropped);
    finding.advice = "Let its readers go on (`skerry events readers`), or raise events.max_bytes.";
  } else if (most > 0 && bytes >= kFilling * most && !drops_oldest) {
    finding.status = Status::warning;
    finding.message =
        fmt::format("The log is {} % full; then events are refused. ", static_cast<int>(100 * bytes / most));
    finding.advice = kMakeRoom;
  }
  finding.message += fmt::format("{} in {}", program::counted(queue.records, "event"), human_size(bytes));
  if (most > 0) finding.message += " of " + human_size(most);
  finding.message += '.';
  return finding;
}

Result<Stats> inspect_log(const Settings& settings, const std::filesystem::path& folder) {
  Stats stats{.max_bytes = static_cast<std::uint64_t>(settings.max_bytes)};
  const auto log = LogView::open(folder);
  if (!log && log.error().code != "events_missing") return std::unexpected(log.error());
  if (log && !log->segments().empty()) {
    std::uint64_t next = 0;
    const auto end = end_of(*log, next);
    if (!end) return std::unexpected(end.error());
    for (const auto& segment : log->segments()) stats.bytes += segment.file_bytes;
    stats.bytes -= log->segments().back().file_bytes - std::min(*end, log->segments().back().file_bytes);
    stats.records = next - log->first();
    stats.oldest = log->segments().front().created;
  }
  if (!settings.drops_oldest() && stats.bytes + kHardlyRoom > stats.max_bytes)
    stats.trouble = over_max_bytes(stats.max_bytes);
  const auto place = log ? folder : files::nearest_folder(folder);
  const auto free = disk_storage()->free_bytes(place);
  if (free && *free < static_cast<std::uint64_t>(settings.min_free))
    stats.trouble = under_min_free(place, static_cast<std::uint64_t>(settings.min_free));
  return stats;
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
