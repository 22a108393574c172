#include "native-host/cli/event_place.hpp"

#include <filesystem>
#include <optional>
#include <utility>

#include "native-host/cli/publication.hpp"
#include "native-host/cli/secret.hpp"
#include "native-host/events/disk_log.hpp"
#include "native-host/events/ingest.hpp"
#include "native-host/events/meters.hpp"
#include "native-host/events_redis/open_redis_queue.hpp"

namespace skerry::cli {

EventPlace::EventPlace(const config::Settings& settings, metrics::Registry& registry, Report& report)
    : settings_(settings), report_(report), secret_(read_secret(ingest_secret(settings), report)) {
  if (auto opened = open(registry); !opened) {
    failed_ = opened.error();
    report_.error("events_failed", *failed_);
  }
}

Result<void> EventPlace::open(metrics::Registry& registry) {
  const auto meters = events::Meters::of(registry);
  const auto folder = std::filesystem::path(settings_.data_dir) / "events";
  auto log = events::DiskLog::open(
      {.folder = folder,
       .max_bytes = static_cast<std::uint64_t>(settings_.events_max_bytes),
       .min_free = static_cast<std::uint64_t>(settings_.events_min_free),
       .segment_bytes = static_cast<std::uint64_t>(settings_.events_segment_bytes),
       .keep = settings_.events_dedupe_window,
       .tell = [this](const Error& error) { report_.warning("events_trouble", error); },
       .committed = [commit = meters.commit](double seconds) { commit.observe(seconds); }});
  if (!log) return std::unexpected(std::move(log).error());
  queue_ = *std::move(log);
  if (settings_.events_queue == "redis") {
    auto redis = events::open_redis_queue(settings_, folder, std::move(queue_),
                                          [this](const std::optional<Error>& away) {
                                            if (away)
                                              report_.warning("redis_away", *away);
                                            else
                                              report_.info("redis_back", "All events are in Redis again");
                                          });
    if (!redis) return std::unexpected(std::move(redis).error());
    queue_ = *std::move(redis);
  }
  auto intake = events::Intake::open(*queue_,
                                     {.window = settings_.events_dedupe_window,
                                      .ids = static_cast<std::size_t>(settings_.events_dedupe_ids),
                                      .meters = meters},
                                     system_now());
  if (!intake) return std::unexpected(std::move(intake).error());
  intake_ = *std::move(intake);
  port_.emplace(*intake_);
  shown_ = events::show(*queue_, registry);
  return {};
}

events::Stats EventPlace::stats() const {
  return intake_ ? queue_->stats() : events::Stats{.trouble = failed_};
}

void EventPlace::ingest(Request& request, http::Later later) {
  if (!intake_) {
    auto refused = error_response(503, failed_->code, failed_->message);
    refused.headers.set("Retry-After", "30");
    return later(std::move(refused));
  }
  events::ingest({.method = request.method, .headers = request.headers, .body = std::move(request.body)},
                 secret_, system_now(), *intake_, std::move(later));
}

}  // namespace skerry::cli
