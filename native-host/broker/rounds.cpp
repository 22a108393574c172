#include "native-host/broker/rounds.hpp"

#include <cstdio>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/broker/history_document.hpp"
#include "native-host/broker/latest_document.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::broker {
namespace {

constexpr std::chrono::milliseconds kRetry{10'000};
constexpr double kLargeShare = 80;  ///< percent of the interval

UpdaterOptions updater_options(const Settings& settings, std::vector<Collector> collectors,
                               const RoundOptions& options, ProgressLine& line) {
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
  out.progress = [&line](const Progress& progress) { line.show(progress); };
  return out;
}

}  // namespace

Rounds::Rounds(program::Host& host, std::vector<Collector> collectors, RoundOptions options)
    : host_(host), collectors_(std::move(collectors)), options_(options) {
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
    host_.report().error("cycle_failed", cycle.error());
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
    auto options = updater_options(host_.settings<Settings>(), collectors_, options_, line_);
    options.database = conninfo;
    options.meters = host_.database().meters();
    updater_.emplace(std::move(options));
    conninfo_ = std::move(conninfo);
  }
  return updater_->run_cycle(program::system_now, stop);
}

/// The documents of the index as it is. One that can't be made or stored leaves the last one; without the
/// view that is a failure, without the history a warning.
Result<void> Rounds::publish_index() {
  auto connection = host_.database().connect();
  if (!connection) return std::unexpected(std::move(connection.error()));
  const auto now = program::system_now();
  auto latest = latest_document(
      *connection, now, {.projects = own_projects(collectors_), .made_up = host_.world().is_made_up()});
  if (!latest) return std::unexpected(std::move(latest.error()));
  if (auto put = host_.documents().put("latest", *std::move(latest)); !put) return put;
  auto history = history_document(*connection, collectors_, now);
  auto put =
      history ? host_.documents().put("history", *std::move(history)) : std::unexpected(history.error());
  if (!put) host_.report().warning("history_failed", put.error());
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
  }
  const std::lock_guard lock(mutex_);
  last_ = cycle ? Last{.failed_listings = cycle->failed_listings} : Last{.error = cycle.error()};
}

void Rounds::show(const CycleReport& cycle) {
  for (const auto& collector : cycle.collectors) show_collector(collector);
  if (options_.json) {
    program::say_json(report_json(cycle) + "\n");
    std::fflush(stdout);
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

/// Once when it begins, once for each other reason, once when it is over.
void Rounds::show_collector(const CollectorReport& collector) {
  const auto known = failing_.find(collector.id);
  if (collector.failures.empty()) {
    if (known == failing_.end()) return;
    host_.report().info("collector_recovered", "A collector can be read again",
                        {{"collector", collector.id}});
    failing_.erase(known);
    return;
  }
  const auto& first = collector.failures.front();
  if (known != failing_.end() && known->second == first.error.code) return;
  failing_[collector.id] = first.error.code;
  host_.report().warning("listing_failed", first.error,
                         {{"collector", collector.id},
                          {"url", first.url},
                          {"failed", collector.failures.size()},
                          {"listings", collector.listings}});
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
      host.report().info("started", "Reading the listings", {{"collectors", rounds.collectors()}});
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
