#include "native-host/events/place.hpp"

#include <utility>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/ingest.hpp"
#include "native-host/events/meters.hpp"
#include "native-host/events/redis/open_redis_queue.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/secrets.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::events {

Place::Place(program::Host& host) : report_(host.report()) {
  read_secret(host.settings<Settings>().ingest_secret);
  host.on_reload([this](const config::Loaded& loaded) { read_secret(loaded.get<Settings>().ingest_secret); });
  if (auto opened = open(host); !opened) {
    failed_ = opened.error();
    report_.error("events_failed", *failed_);
  }
}

Result<void> Place::open(program::Host& host) {
  const auto& settings = host.settings<Settings>();
  const auto meters = Meters::of(host.registry());
  const auto folder = host.data_dir() / "events";
  auto log = DiskLog::open(
      {.folder = folder,
       .max_bytes = static_cast<std::uint64_t>(settings.max_bytes),
       .min_free = static_cast<std::uint64_t>(settings.min_free),
       .segment_bytes = static_cast<std::uint64_t>(settings.segment_bytes),
       .keep = settings.dedupe_window,
       .drop_oldest = settings.drops_oldest(),
       .tell =
           [this](const Error& error) {
             // A log that is full drops a segment every now and then, for as long as it is.
             const bool dropped = error.code == "events_dropped";
             const auto repeated = dropped ? repeats_.take(error.code, std::chrono::steady_clock::now()) : 0;
             if (!repeated) return;
             report_.warning(dropped ? error.code : "events_trouble", error,
                             *repeated == 0 ? program::Fields() : program::Fields{{"repeated", *repeated}});
           },
       .committed = [commit = meters.commit](double seconds) { commit.observe(seconds); }});
  if (!log) return std::unexpected(std::move(log).error());
  queue_ = *std::move(log);
  if (settings.queue == "redis") {
    auto redis =
        open_redis_queue(settings, folder, std::move(queue_), [this](const std::optional<Error>& away) {
          if (away)
            report_.warning("redis_away", *away);
          else
            report_.info("redis_back", "All events are in Redis again");
        });
    if (!redis) return std::unexpected(std::move(redis).error());
    queue_ = *std::move(redis);
  }
  auto intake = Intake::open(*queue_,
                             {.window = settings.dedupe_window,
                              .ids = static_cast<std::size_t>(settings.dedupe_ids),
                              .meters = meters},
                             program::system_now());
  if (!intake) return std::unexpected(std::move(intake).error());
  intake_ = *std::move(intake);
  port_.emplace(*intake_);
  gate_.emplace(Gate::Parts{.limits = limits_of(settings),
                            .proxies = program::proxies_of(host.settings<program::Settings>()),
                            .report = &report_,
                            .registry = &host.registry()},
                *port_);
  shown_ = show(*queue_, host.registry());
  return {};
}

void Place::read_secret(const config::Secret& secret) {
  auto read = program::read_for_door(secret, report_);
  const std::lock_guard lock(secret_mutex_);
  secret_ = std::move(read);
}

Stats Place::stats() const {
  return intake_ ? queue_->stats() : Stats{.trouble = failed_};
}

Task<void> Place::ingest(http::Exchange& exchange) {
  if (intake_) co_return co_await events::ingest(exchange, secret(), program::system_now(), *intake_);
  auto refused = error_response(503, failed_->code, failed_->message);
  refused.headers.set("Retry-After", "30");
  std::ignore = co_await exchange.respond(std::move(refused));
}

std::optional<Response> Place::refuse_ingest(const Request& head) {
  return refuse_by_head(head, secret(), program::system_now());
}

std::string Place::secret() {
  const std::lock_guard lock(secret_mutex_);
  return secret_;
}

}  // namespace skerry::events
