#include "native-host/cli/update_loop.hpp"

#include <cstdio>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/pause.hpp"

namespace skerry::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kRetry{10'000};
constexpr double kLargeShare = 80;  ///< percent of the interval

broker::UpdaterOptions updater_options(const config::Settings& settings,
                                       std::vector<broker::Collector> collectors,
                                       const UpdateOptions& options, ProgressLine& line) {
  broker::UpdaterOptions out;
  out.collectors = std::move(collectors);
  out.only = settings.collectors;
  out.since = options.since;
  out.dry_run = options.dry_run;
  out.plan = {.probe = settings.update_probe,
              .listing_interval = std::chrono::ceil<Seconds>(settings.update_listing_interval)};
  out.exact_sizes = settings.update_exact_sizes;
  out.fetch.concurrency = static_cast<std::size_t>(settings.update_concurrency);
  out.fetch.per_host = static_cast<std::size_t>(settings.update_per_host);
  out.fetch.connect_timeout = settings.update_connect_timeout;
  out.fetch.total_timeout = settings.update_timeout;
  out.fetch.attempts = static_cast<int>(settings.update_attempts);
  out.fetch.backoff = settings.update_backoff;
  out.fetch.run_timeout = std::chrono::ceil<Seconds>(settings.update_run_timeout);
  out.progress = [&line](const broker::Progress& progress) { line.show(progress); };
  return out;
}

}  // namespace

UpdateLoop::UpdateLoop(const Parts& parts, std::vector<broker::Collector> collectors,
                       const UpdateOptions& options, std::function<void()> after_round)
    : parts_(parts),
      options_(options),
      collectors_(std::move(collectors)),
      after_round_(std::move(after_round)),
      updater_([&] {
        auto out = updater_options(parts.settings, collectors_, options, line_);
        out.database = parts.database.conninfo();
        out.meters = parts.database.meters();
        return out;
      }()),
      client_({.timeout = std::chrono::seconds(10)}),
      retry_(std::min<milliseconds>(kRetry, parts.settings.update_interval)) {}

Exit UpdateLoop::run(const std::stop_token& stop) {
  for (;;) {
    const auto began = Clock::now();
    const Exit exit = round(stop);
    after_round_();
    if (options_.once || stop.stop_requested()) return exit;
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    pause(pause_after(exit, took), stop);
    if (stop.stop_requested()) return exit;
  }
}

milliseconds UpdateLoop::pause_after(Exit exit, milliseconds took) {
  const milliseconds interval = parts_.settings.update_interval;
  if (exit == Exit::ok || exit == Exit::partly) {
    retry_ = std::min(kRetry, interval);
    return std::max(interval - took, milliseconds(0));
  }
  return std::exchange(retry_, std::min(retry_ * 2, interval));
}

Exit UpdateLoop::round(const std::stop_token& stop) {
  const auto cycle = cycle_and_publish(stop);
  line_.clear();
  if (!cycle && cycle.error().code == "stopped") {
    if (!options_.once) return Exit::ok;
    parts_.report.warning("stopped", "Stopped before the round was over; the next one goes on");
    return Exit::failed;
  }
  Exit exit = Exit::ok;
  if (cycle) {
    show(*cycle);
    beat(stop);
    if (cycle->failed_collectors > 0) exit = Exit::partly;
  } else {
    parts_.report.error("cycle_failed", cycle.error());
    exit = exit_for(cycle.error());
  }
  if (options_.dry_run) return exit;
  if (!cycle && cycle.error().code == "db_unreachable" && parts_.database.is_ready() && !options_.once) {
    if (auto ready = parts_.database.ensure(stop); !ready)
      parts_.report.error("database_failed", ready.error());
  }
  parts_.publication.publish_health(parts_.database);
  if (!options_.once) return exit;
  if (!parts_.publication.push_now(stop)) {
    parts_.publication.publish_health(parts_.database);
    if (exit == Exit::ok) exit = Exit::partly;
  }
  return exit;
}

/// A cycle in which every collector failed publishes nothing: the last view stays, and its age tells. One
/// that was stopped in the middle may have moved the index.
Result<broker::CycleReport> UpdateLoop::cycle_and_publish(const std::stop_token& stop) {
  if (!parts_.database.is_ready()) {
    if (auto ready = parts_.database.ensure(stop); !ready) return std::unexpected(ready.error());
  }
  auto cycle = updater_.run_cycle(system_now, stop);
  if (options_.dry_run) return cycle;
  parts_.publication.note_cycle(cycle);
  const bool index_may_have_moved = cycle || cycle.error().code == "stopped";
  if (!index_may_have_moved) return cycle;
  if (auto published = parts_.publication.publish_index(parts_.database, collectors_); !published)
    return std::unexpected(published.error());
  return cycle;
}

void UpdateLoop::show(const broker::CycleReport& cycle) {
  for (const auto& collector : cycle.collectors) show_collector(collector);
  if (options_.json) {
    fmt::print("{}\n", report_json(cycle));
    std::fflush(stdout);
    return;
  }
  auto fields = cycle_fields(cycle);
  const double share = static_cast<double>(cycle.duration.count()) /
                       static_cast<double>(parts_.settings.update_interval.count()) * 100;
  if (!options_.once) fields.emplace_back("interval_percent", share);
  parts_.report.info("cycle_done", "Updated", fields);
  if (!options_.once && share > kLargeShare) {
    parts_.report.warning(
        "cycle_slow", "A round takes most of update.interval",
        {{"interval_percent", share}, {"seconds", static_cast<double>(cycle.duration.count()) / 1e3}});
  }
}

/// Once when it begins, once for each other reason, once when it is over.
void UpdateLoop::show_collector(const broker::CollectorReport& collector) {
  const auto known = failing_.find(collector.id);
  if (collector.failures.empty()) {
    if (known == failing_.end()) return;
    parts_.report.info("collector_recovered", "A collector can be read again", {{"collector", collector.id}});
    failing_.erase(known);
    return;
  }
  const auto& first = collector.failures.front();
  if (known != failing_.end() && known->second == first.error.code) return;
  failing_[collector.id] = first.error.code;
  parts_.report.warning("listing_failed", first.error,
                        {{"collector", collector.id},
                         {"url", first.url},
                         {"failed", collector.failures.size()},
                         {"listings", collector.listings}});
}

void UpdateLoop::beat(const std::stop_token& stop) {
  const auto& url = parts_.settings.heartbeat_url;
  if (url.empty() || options_.dry_run) return;
  const auto answer = client_.send({.url = url}, stop);
  const bool good = answer && answer->status >= 200 && answer->status < 300;
  if (!good && !heartbeat_failing_) {
    parts_.report.warning(
        "heartbeat_failed",
        answer ? Error{"http_" + std::to_string(answer->status), "heartbeat.url did not answer 2xx."}
               : Error{answer.error().code, "heartbeat.url does not answer."});
  }
  if (good && heartbeat_failing_) parts_.report.info("heartbeat_recovered", "heartbeat.url answers again");
  heartbeat_failing_ = !good;
}

}  // namespace skerry::cli
