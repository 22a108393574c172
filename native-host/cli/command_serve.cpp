#include <spdlog/fmt/fmt.h>

#include "native-host/cli/commands.hpp"
#include "native-host/cli/front_door.hpp"
#include "native-host/cli/publish.hpp"
#include "native-host/cli/stop_signal.hpp"

namespace skerry::cli {

Exit run_serve(const config::Settings& settings) {
  StopSignal stop;
  Report report(settings.log_level, settings.log_format);
  const auto store = open_store(settings);
  if (!store) {
    report.error(store.error());
    return exit_for(store.error());
  }
  const auto door = FrontDoor::open(settings, **store, report);
  if (!door) {
    report.error(door.error());
    return exit_for(door.error());
  }
  for (const std::string& address : (*door)->addresses()) report.info("Serving " + address + "/latest");
  for (const std::string& address : (*door)->kv_addresses())
    report.info("Serving the key-value store at " + address);
  while (!stop.wait(std::chrono::hours(1))) {
  }
  report.info("Stopping.");
  (*door)->close();
  return Exit::ok;
}

}  // namespace skerry::cli
