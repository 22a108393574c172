#include "native-host/broker/rounds.hpp"

#include <algorithm>
#include <utility>

#include "native-host/broker/history_document.hpp"
#include "native-host/broker/latest_document.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::broker {
namespace {

constexpr std::chrono::milliseconds kRetry{10'000};
constexpr std::size_t kTold = 5;  ///< recovered collectors that get a line each
constexpr std::chrono::minutes kProgress{1};
constexpr double kLargeShare = 80;  ///< percent of the interval

UpdaterOptions updater_options(const Settings& settings, std::vector<Collector> collectors,
                               const RoundOptions& options) {
  UpdaterOptions out;
  out.collectors = std::move(collectors);
  out.only = settings.collectors;
  out.since = options.since;
  out.dry_run = options.dry_run;
  out.plan = {.probe = settings.probe,
              .listing_interval = std::chrono::ceil<Seconds>(settings.listing_interval)};
  out.exact_sizes = settings.exact_sizes;
  out.fetch.concurrency = static_cast<std::size_t>(settings.concurrency);
  out.fetch.per_host = static_cast<std::size_t>(settings.per_host);
  out.fetch.connect_timeout = settings.connect_timeout;
  out.fetch.total_timeout = settings.timeout;
  out.fetch.attempts = static_cast<int>(settings.attempts);
  out.fetch.backoff = settings.backoff;
  out.fetch.run_timeout = std::chrono::ceil<Seconds>(settings.run_timeout);
  return out;
}

}  // namespace

Rounds::Rounds(program::Host& host, std::vector<Collector> collectors, RoundOptions options)
    : host_(host),
      collectors_(std::move(collectors)),
      options_(options),
      outage_(host.world().data_dir() / "update.failing", options.once),
      history_outage_(host.world().data_dir() / "history.failing", options.once) {
  if (host.outward() != nullptr) client_ = host.outward()->client({.timeout = std::chrono::seconds(10)});
}

Result<Rounds::Outcome> Rounds::run(const std::stop_token& stop) {
  const auto cycle = cycle_and_publish(stop);
  line_.clear();
  if (!cycle && cycle.error().kind == ErrorKind::stopped) {
    if (options_.once)
      host_.report().warning("stopped", "Stopped before the round was over; the next one goes on");
    return std::unexpected(cycle.error());
  }
  if (cycle) {
    show(*cycle);
    beat(stop);
  } else {
    tell_failure(cycle.error());
  }
  if (!options_.dry_run) {
    const bool lost = !cycle && cycle.error().kind == ErrorKind::unavailable && host_.database().is_ready();
    if (lost && !options_.once) {
      if (auto ready = host_.ready_database(stop); !ready)
        host_.report().error("database_failed", ready.error());
    }
    host_.check();
  }
  if (!cycle) return std::unexpected(cycle.error());
  return Outcome{.partly = cycle->failed_collectors > 0};
}

void Rounds::tell_failure(const Error& error) {
  const bool is_news = options_.dry_run || outage_.begin(error, program::system_now());
  const auto kind = error.kind;
  const bool by_hand = kind == ErrorKind::usage || kind == ErrorKind::denied || kind == ErrorKind::conflict ||
                       kind == ErrorKind::not_installed;
  if (is_news || (options_.once && (by_hand || options_.watched)))
    host_.report().error("cycle_failed", error);
}

/// Of those that a round reads.
std::size_t Rounds::count(bool deprecated) const {
  const auto& settings = host_.settings<Settings>();
  return static_cast<std::size_t>(std::ranges::count_if(collectors_, [&](const Collector& collector) {
    return collector.deprecated == deprecated && selects(settings, collector.id);
  }));
}

Rounds::Last Rounds::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

/// A cycle in which every collector failed publishes nothing: the last view stays, and its age tells. One
/// that was stopped in the middle may have moved the index.
Result<CycleReport> Rounds::cycle_and_publish(const std::stop_token& stop) {
  auto report = cycle(stop);
  if (options_.dry_run) return report;
  note(report);
  const bool index_may_have_moved = report || report.error().kind == ErrorKind::stopped;
  if (!index_may_have_moved) return report;
  if (auto published = publish_index(); !published) return std::unexpected(published.error());
  return report;
}

/// The private cluster may have moved, or come up late.
Result<CycleReport> Rounds::cycle(const std::stop_token& stop) {
  if (!host_.database().is_ready()) {
    if (auto ready = host_.ready_database(stop); !ready) return std::unexpected(ready.error());
  }
  if (auto conninfo = host_.database().conninfo(); !updater_ || conninfo != conninfo_) {
    auto options = updater_options(host_.settings<Settings>(), collectors_, options_);
    options.progress = [this](const Progress& progress) { show_progress(progress); };
    options.database = conninfo;
    options.meters = host_.database().meters();
    watch_pauses(options);
    updater_.emplace(std::move(options));
    conninfo_ = std::move(conninfo);
  }
  return updater_->run_cycle(program::system_now, stop);
}

/// At a terminal always, else once in a minute.
void Rounds::show_progress(const Progress& progress) {
  line_.show(progress);
  const auto now = std::chrono::steady_clock::now();
  if (progress.done <= 1) progress_told_ = now;
  if (line_.is_shown() || now - progress_told_ < kProgress) return;
  progress_told_ = now;
  host_.report().info(
      "update_progress", "Reading",
      {{"done", progress.done}, {"listings", progress.total}, {"collector", progress.current}});
}

/// Each once: when a host asks to be left alone, and when it answers again.
void Rounds::watch_pauses(UpdaterOptions& options) {
  options.pauses = host_.world().data_dir() / "update.delayed";
  options.pause_news = {
      .begun =
          [this](const std::string& host, Time until) {
            line_.clear();
            host_.report().warning(
                "delayed", "A host asks to be left alone (Retry-After): its folders are delayed",
                {{"host", host}, {"until", format_rfc3339(std::chrono::ceil<Seconds>(until))}});
          },
      .over =
          [this](const std::string& host) {
            line_.clear();
            tell_good("delay_over", "A host that asked to be left alone answers again", {{"host", host}});
          }};
}

/// Whoever was told by cron that it began is told that it is over.
void Rounds::tell_good(std::string_view event, std::string_view message,
                       const program::Fields& fields) const {
  if (options_.once) {
    host_.report().warning(event, message, fields);
  } else {
    host_.report().info(event, message, fields);
  }
}

/// The documents of the index as it is, of the collectors that are chosen. One that can't be made or stored
/// leaves the last one; without the view that is a failure, without the history a warning.
Result<void> Rounds::publish_index() {
  auto connection = host_.database().connect();
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto now = program::system_now();
  const auto shown = options_.in_part ? collectors_ : chosen(host_.settings<Settings>(), collectors_);
  auto latest = latest_document(*connection, shown, now, host_.world().is_made_up());
  if (!latest) return std::unexpected(std::move(latest.error()));
  if (auto put = host_.documents().put("latest", *std::move(latest)); !put) return put;
  auto history = history_document(*connection, shown, now);
  auto put =
      history ? host_.documents().put("history", *std::move(history)) : std::unexpected(history.error());
  if (put) history_outage_.end();
  if (!put && history_outage_.begin(put.error(), now)) host_.report().warning("history_failed", put.error());
  return {};
}

void Rounds::note(const Result<CycleReport>& cycle) {
  auto& registry = host_.registry();
  registry
      .counter("skerry_update_cycles_total", "Rounds of the updater", {{"result", cycle ? "ok" : "error"}})
      .add();
  if (cycle) {
    registry.histogram("skerry_update_duration_seconds", "Of a round", {}, metrics::kRoundSeconds)
        .observe(std::chrono::duration<double>(cycle->duration).count());
    registry.counter("skerry_update_listings_failed_total", "Listings that could not be read")
        .add(cycle->failed_listings);
    registry.counter("skerry_update_rows_skipped_total", "Rows of files in listings that could not be read")
        .add(cycle->total.skipped_rows);
  }
  const std::lock_guard lock(mutex_);
  last_ = cycle ? Last{.failed_listings = cycle->failed_listings} : Last{.error = cycle.error()};
}

void Rounds::show(const CycleReport& cycle) {
  for (const auto& collector : cycle.collectors) show_collector(collector);
  show_recovered(cycle);
  if (options_.json) {
    program::say_json(report_json(cycle) + "\n");
    program::flush();
    return;
  }
  auto fields = cycle_fields(cycle);
  const double share = static_cast<double>(cycle.duration.count()) /
                       static_cast<double>(host_.settings<Settings>().interval.count()) * 100;
  if (!options_.once) fields.emplace_back("interval_percent", share);
  host_.report().info("cycle_done", "Updated", fields);
  if (!options_.once && share > kLargeShare) {
    host_.report().warning(
        "cycle_slow", "A round takes most of update.interval",
        {{"interval_percent", share}, {"seconds", static_cast<double>(cycle.duration.count()) / 1e3}});
  }
}

/// Once when it begins, once for each other reason, once when it is over: by what the index knows of the
/// rounds before, whoever made them.
void Rounds::show_collector(const CollectorReport& collector) {
  if (collector.failures.empty()) return;
  const auto& first = collector.failures.front();
  const bool is_known = std::ranges::any_of(collector.failures, [&](const ListingFailure& failure) {
    return failure.error.code == collector.failed_before;
  });
  if (is_known) return;
  host_.report().warning("listing_failed", first.error,
                         {{"collector", collector.id},
                          {"url", first.url},
                          {"failed", collector.failures.size()},
                          {"listings", collector.listings}});
}

/// After an outage of all of them, or of the rounds, it is one line.
void Rounds::show_recovered(const CycleReport& cycle) {
  std::vector<std::string> recovered;
  for (const auto& collector : cycle.collectors)
    if (collector.recovered && collector.failures.empty()) recovered.push_back(collector.id);
  const auto failing_since = options_.dry_run ? std::nullopt : outage_.end();
  if (failing_since) {
    tell_good("cycle_recovered", "Rounds go well again",
              {{"failing_since", format_rfc3339(*failing_since)}, {"collectors", recovered.size()}});
  } else if (recovered.size() > kTold) {
    tell_good("collectors_recovered", "Collectors can be read again", {{"collectors", recovered.size()}});
  } else {
    for (const auto& id : recovered)
      tell_good("collector_recovered", "A collector can be read again", {{"collector", id}});
  }
}

void Rounds::beat(const std::stop_token& stop) {
  const auto& url = host_.settings<Settings>().heartbeat_url;
  if (!client_ || url.empty() || options_.dry_run) return;
  const auto answer = client_->send({.url = url}, stop);
  const bool good = answer && answer->status >= 200 && answer->status < 300;
  if (!good && !heartbeat_failing_) {
    host_.report().warning(
        "heartbeat_failed",
        answer ? Error{"http_" + std::to_string(answer->status), "heartbeat.url did not answer 2xx."}
               : Error{answer.error().code, "heartbeat.url does not answer."});
  }
  if (good && heartbeat_failing_) host_.report().info("heartbeat_recovered", "heartbeat.url answers again");
  heartbeat_failing_ = !good;
}

void add_loop(program::Host& host, Rounds& rounds) {
  host.services().offer(rounds);
  const auto work = [&host, &rounds, started = false](const std::stop_token& stop) mutable -> Result<void> {
    if (!std::exchange(started, true))
      host.report().info("started", "Reading the listings",
                         {{"collectors", rounds.collectors()}, {"ended", rounds.ended()}});
    const auto outcome = rounds.run(stop);
    if (outcome || outcome.error().kind == ErrorKind::stopped) return {};
    return std::unexpected(outcome.error());
  };
  host.loops().add({.name = "update",
                    .interval = host.settings<Settings>().interval,
                    .work = work,
                    .retry = kRetry,
                    .of_start = true});
}

}  // namespace skerry::broker
