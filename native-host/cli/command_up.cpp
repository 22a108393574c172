#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "native-host/cli/archive.hpp"
#include "native-host/cli/commands.hpp"
#include "native-host/cli/log_settings.hpp"
#include "native-host/cli/notify.hpp"
#include "native-host/cli/serving.hpp"
#include "native-host/cli/stop_signal.hpp"
#include "native-host/cli/update_loop.hpp"

namespace skerry::cli {
namespace {

/// Which archives this run reads. Made-up listings never mix with real ones: the replica gets a data folder
/// of its own, and never the database, the publishing targets or the heartbeat that an operator named.
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
    report.warning("archives_unreachable",
                   use_replica
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
  settings.cloudflare_account.clear();
  settings.fastly_store.clear();
  settings.heartbeat_url.clear();
  report.info("replica", "The archive replica listens", {{"address", replica->origin()}});
  return Source{broker::with_origin(*std::move(collectors), replica->origin()), *std::move(replica)};
}

Result<void> up(config::Settings settings, Report& report, StopSignal& stop) {
  auto source = choose_source(settings, report);
  if (!source) return std::unexpected(source.error());
  // First what can be refused at once; it serves the last view, if there is one, while the rest gets ready.
  const auto serving = Serving::open(settings, report);
  if (!serving) return std::unexpected(serving.error());
  notify_service_manager("READY=1");

  Database& database = (*serving)->database();
  if (settings.database_url.empty())
    report.info("postgres", "Starting PostgreSQL in " + settings.data_dir + "/postgres");
  else
    report.info("postgres", "Connecting to " + config::hide_password(settings.database_url));
  // A database that is away comes back; the rounds look for it. Meanwhile the last view is served.
  Result<void> ready;
  run_until_stopped(stop, [&](const std::stop_token& stopping) { ready = database.ensure(stopping); });
  if (!ready) {
    const auto kind = ready.error().kind;
    if (kind == ErrorKind::stopped) return {};
    if (kind != ErrorKind::unavailable && kind != ErrorKind::busy) return ready;
    report.error("database_failed", ready.error());
  }

  report.info("started", "Reading the listings", {{"collectors", source->collectors.size()}});
  std::atomic<bool> first_round_over = false;
  (*serving)->start();
  UpdateLoop loop({settings, database, (*serving)->publication(), report}, std::move(source->collectors), {},
                  [&] { first_round_over = true; });
  const std::jthread updater([&](const std::stop_token& ending) { loop.run(ending); });
  for (bool shown = false;;) {
    const bool stopping = stop.wait(std::chrono::milliseconds(shown ? 1000 : 50));
    if (!shown && (stopping || first_round_over)) {
      announce((*serving)->door(), report);
      report.info("ready", "Ctrl-C stops everything.");
      shown = true;
    }
    if (stopping) break;
  }
  notify_service_manager("STOPPING=1");
  report.info("stopping", "Stopping");
  (*serving)->close();
  return {};
}

}  // namespace

Exit run_up(const config::Loaded& loaded) {
  StopSignal stop;
  Report report(loaded.settings.log_level, loaded.settings.log_format);
  log_settings(loaded, report);
  if (auto ended = up(loaded.settings, report, stop); !ended) {
    report.error("failed", ended.error());
    return exit_for(ended.error());
  }
  report.info("stopped", "Stopped");
  return Exit::ok;
}

}  // namespace skerry::cli
