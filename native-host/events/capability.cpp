#include "native-host/events/capability.hpp"

#include <spdlog/fmt/fmt.h>

#include "native-host/events/checks.hpp"
#include "native-host/events/place.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/program/settings.hpp"
#include "shared/events/event.hpp"
#include "shared/ingest.hpp"

namespace skerry::events {
namespace {

Result<std::unique_ptr<program::Running>> open(program::Host& host) {
  // Who does not serve takes no events, and leaves the log to who does.
  if (!host.roles().serves) return nullptr;
  auto place = std::make_unique<Place>(host);
  host.services().offer<Place>(*place);
  if (auto* port = place->port(); port != nullptr) host.services().offer<sandbox::EventsPort>(*port);
  if (auto* gate = place->gate(); gate != nullptr) host.services().offer<sandbox::EventsGate>(*gate);
  host.routes()
      .mount("events", "ingest",
             {.serve = [&to = *place](http::Exchange& exchange) { return to.ingest(exchange); },
              .admit = [&to = *place](const Request& head) { return to.refuse_ingest(head); },
              .max_body_bytes = kMaxBatch,
              .max_concurrent = static_cast<unsigned>(host.settings<program::Settings>().max_waiting)})
      .path(std::string(ingest::kPath));
  host.routes().show(3, "the tracker", "/t");
  return place;
}

}  // namespace

program::Capability capability() {
  return {.name = "events",
          .settings = settings_table,
          .commands = add_commands,
          .checks = add_checks,
          .open = open};
}

}  // namespace skerry::events
