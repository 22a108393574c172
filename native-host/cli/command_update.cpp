#include <cstdlib>

#include <unistd.h>

#include "native-host/cli/commands.hpp"
#include "native-host/cli/log_settings.hpp"
#include "native-host/cli/stop_signal.hpp"

namespace skerry::cli {
namespace {

/// One round for cron says nothing when all is well; at a terminal, in systemd's journal, or asked for with a
/// level of its own, it does.
std::string log_level(const config::Settings& settings, const UpdateOptions& options) {
  const bool watched = isatty(STDERR_FILENO) == 1 || std::getenv("JOURNAL_STREAM") != nullptr;
  const bool quiet = options.once && !options.dry_run && !watched && settings.log_level == "info";
  return quiet ? "warning" : settings.log_level;
}

Exit update(const config::Settings& settings, const UpdateOptions& options, Report& report,
            StopSignal& signals) {
  const auto complain = [&](const Error& error) {
    report.error("failed", error);
    return exit_for(error);
  };
  auto collectors = broker::load_collectors(settings.collectors_file);
  if (!collectors) return complain(collectors.error());
  const auto store = open_store(settings);
  if (!store) return complain(store.error());
  Database database(settings, report);
  metrics::Registry registry;
  Publication publication(settings, **store, report, registry);
  if (!options.once && !options.dry_run) publication.start();
  Result<void> ready;
  run_until_stopped(signals, [&](const std::stop_token& stop) { ready = database.ensure(stop); });
  if (!ready) {
    // A database that is away comes back; the rounds look for it.
    const Exit exit = complain(ready.error());
    if (!options.dry_run) publication.publish_health(database, ready.error());
    if (options.once && !options.dry_run) publication.push_now({});
    const auto kind = ready.error().kind;
    if (options.once || (kind != ErrorKind::unavailable && kind != ErrorKind::busy)) return exit;
  }

  UpdateLoop loop({settings, database, publication, report}, *std::move(collectors), options);
  Exit exit = Exit::ok;
  run_until_stopped(signals, [&](const std::stop_token& stop) { exit = loop.run(stop); });
  return exit;
}

}  // namespace

Exit run_update(const config::Loaded& loaded, const UpdateOptions& options) {
  StopSignal signals;
  Report report(log_level(loaded.settings, options), loaded.settings.log_format);
  log_settings(loaded, report);
  return update(loaded.settings, options, report, signals);
}

}  // namespace skerry::cli
