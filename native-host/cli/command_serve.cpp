#include "native-host/cli/commands.hpp"
#include "native-host/cli/log_settings.hpp"
#include "native-host/cli/notify.hpp"
#include "native-host/cli/serving.hpp"
#include "native-host/cli/stop_signal.hpp"

namespace skerry::cli {
namespace {

Result<void> serve(const config::Settings& settings, Report& report, StopSignal& stop) {
  const auto serving = Serving::open(settings, report);
  if (!serving) return std::unexpected(serving.error());
  // What `skerry update` beside this process puts into the store goes on to the targets from here, too.
  (*serving)->start();
  announce((*serving)->door(), report);
  notify_service_manager("READY=1");
  while (!stop.wait(std::chrono::hours(1))) {
  }
  notify_service_manager("STOPPING=1");
  report.info("stopping", "Stopping");
  (*serving)->close();
  return {};
}

}  // namespace

Exit run_serve(const config::Loaded& loaded) {
  StopSignal stop;
  Report report(loaded.settings.log_level, loaded.settings.log_format);
  log_settings(loaded, report);
  if (auto ended = serve(loaded.settings, report, stop); !ended) {
    report.error("failed", ended.error());
    return exit_for(ended.error());
  }
  report.info("stopped", "Stopped");
  return Exit::ok;
}

}  // namespace skerry::cli
