#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/archive.hpp"
#include "native-host/cli/commands.hpp"
#include "native-host/cli/front_door.hpp"
#include "native-host/cli/publish.hpp"
#include "native-host/cli/stop_signal.hpp"

namespace skerry::cli {
namespace {

constexpr std::chrono::seconds kRetry{
    10};  // after a cycle that failed as a whole; doubles up to the interval

/// The updater's loop on a thread of its own. It begins at once and ends within moments when it is destroyed.
class UpdateLoop {
 public:
  UpdateLoop(const config::Settings& settings, std::vector<broker::Collector> collectors, Database& database,
             kv::Store& store, Report& report)
      : settings_(settings),
        database_(database),
        store_(store),
        report_(report),
        thread_([this, list = std::move(collectors)](const std::stop_token& stop) { run(list, stop); }) {}

  /// True once the first cycle has ended, well or not.
  bool first_cycle_done() {
    const std::lock_guard lock(mutex_);
    return first_done_;
  }

 private:
  void run(const std::vector<broker::Collector>& collectors, const std::stop_token& stop) {
    auto options = updater_options(settings_, database_.conninfo(), collectors);
    ProgressLine line;
    options.progress = [&line](const broker::Progress& progress) { line.show(progress); };
    broker::Updater updater(std::move(options));
    std::chrono::milliseconds pause = kRetry;
    while (!stop.stop_requested()) {
      const auto began = std::chrono::steady_clock::now();
      const auto cycle = update_and_publish(updater, database_, store_, stop);
      line.clear();
      if (cycle) {
        show(*cycle);
        pause = kRetry;
        wait_until(began + settings_.update_interval, stop);
      } else if (cycle.error().code != "stopped") {
        report_.error(cycle.error());
        if (cycle.error().code == "db_unreachable") revive();
        wait_until(std::chrono::steady_clock::now() + pause, stop);
        pause = std::min<std::chrono::milliseconds>(pause * 2, settings_.update_interval);
      }
      const std::lock_guard lock(mutex_);
      first_done_ = true;
    }
  }

  void show(const broker::CycleReport& cycle) {
    for (const auto& collector : cycle.collectors) {
      if (collector.failures.empty()) continue;
      const auto& first = collector.failures.front();
      report_.warning(fmt::format("{}: {} of {} listings failed, first {}: {} ({})", collector.id,
                                  collector.failures.size(), collector.listings, first.url,
                                  first.error.message, first.error.code));
    }
    report_.info("Updated: " + summary_line(cycle));
  }

  void revive() {
    if (auto ready = database_.ensure(); !ready) report_.error(ready.error());
  }

  void wait_until(std::chrono::steady_clock::time_point when, const std::stop_token& stop) {
    {
      const std::lock_guard lock(mutex_);
      first_done_ = true;
    }
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, stop, when, [] { return false; });
  }

  const config::Settings& settings_;
  Database& database_;
  kv::Store& store_;
  Report& report_;
  std::mutex mutex_;
  std::condition_variable_any woken_;
  bool first_done_ = false;
  std::jthread thread_;  // last: it uses all of the above
};

/// Which archives this run reads. Made-up listings never mix with real ones: the replica gets a data folder
/// of its own, and never the database that an operator named.
struct Source {
  std::vector<broker::Collector> collectors;
  std::optional<ReplicaProcess> replica;
};

Result<Source> choose_source(config::Settings& settings, Report& report) {
  auto collectors = broker::load_collectors(settings.collectors_file);
  if (!collectors) return std::unexpected(collectors.error());
  bool use_replica = settings.archive == "replica";
  if (settings.archive == "auto" && settings.database_url.empty() &&
      !archives_answer(*collectors, settings.archive_probe_timeout)) {
    // An index of the real archives goes on being served, and is tried again, rather than hidden by made-up
    // rows.
    use_replica = !std::filesystem::exists(std::filesystem::path(settings.data_dir) / "kv.sqlite3");
    report.warning(use_replica
                       ? "No archive host answers: using the archive replica, whose listings are made up. "
                         "Its data is kept apart, in " +
                             settings.data_dir + "/replica."
                       : "No archive host answers: the last view stays until one does.");
  }
  if (!use_replica) return Source{*std::move(collectors), std::nullopt};
  if (!settings.database_url.empty()) {
    return fail("config_invalid",
                "archive = \"replica\" would write made-up listings into the database of database_url.");
  }
  auto replica = ReplicaProcess::start();
  if (!replica) return std::unexpected(replica.error());
  settings.data_dir = (std::filesystem::path(settings.data_dir) / "replica").string();
  report.info("The archive replica listens at " + replica->origin());
  return Source{broker::with_origin(*std::move(collectors), replica->origin()), *std::move(replica)};
}

Result<void> up(config::Settings settings, Report& report, StopSignal& stop) {
  auto source = choose_source(settings, report);
  if (!source) return std::unexpected(source.error());
  const auto store = open_store(settings);
  if (!store) return std::unexpected(store.error());
  // First what can be refused at once; it serves the last view, if there is one, while the rest gets ready.
  const auto door = FrontDoor::open(settings, **store, report);
  if (!door) return std::unexpected(door.error());

  Database database(settings, report);
  report.info(settings.database_url.empty()
                  ? "Starting PostgreSQL in " + settings.data_dir + "/postgres"
                  : "Connecting to " + config::hide_password(settings.database_url));
  if (auto ready = database.ensure(); !ready) return ready;

  report.info(fmt::format("Reading the listings of {} collectors", source->collectors.size()));
  UpdateLoop loop(settings, std::move(source->collectors), database, **store, report);
  bool shown = false;
  for (;;) {
    const bool stopping = stop.wait(std::chrono::milliseconds(shown ? 1000 : 50));
    if (!shown && (stopping || loop.first_cycle_done())) {
      for (const std::string& address : (*door)->addresses())
        report.info("The view:     " + address + "/latest");
      for (const std::string& address : (*door)->kv_addresses()) report.info("For workerd:  " + address);
      report.info("Ctrl-C stops everything.");
      shown = true;
    }
    if (stopping) break;
  }
  report.info("Stopping.");
  (*door)->close();
  return {};
}

}  // namespace

Exit run_up(const config::Settings& settings) {
  StopSignal stop;
  Report report(settings.log_level, settings.log_format);
  if (auto ended = up(settings, report, stop); !ended) {
    report.error(ended.error());
    return exit_for(ended.error());
  }
  return Exit::ok;
}

}  // namespace skerry::cli
