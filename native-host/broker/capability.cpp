#include "native-host/broker/capability.hpp"

#include "native-host/broker/rounds.hpp"
#include "native-host/broker/schema.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/broker/source.hpp"
#include "native-host/program/cadence.hpp"
#include "native-host/program/commands.hpp"

namespace skerry::broker {
namespace {

/// The rounds beside a server.
class Index final : public program::Running {
 public:
  explicit Index(program::Host& host) : cadence_{host.settings<Settings>().interval} {
    host.services().offer(cadence_);
    if (host.roles().serves) {
      host.routes().show(1, "the view", "/latest");
      host.routes().show(2, "the page", "/status");
    }
    // `skerry update` makes its own.
    if (!host.roles().works || !host.roles().serves) return;
    rounds_.emplace(host, host.world().kept<Source>()->collectors);
    add_loop(host, *rounds_);
  }

 private:
  program::Cadence cadence_;
  std::optional<Rounds> rounds_;
};

Result<std::unique_ptr<program::Running>> open(program::Host& host) {
  if (auto opened = open_source(host); !opened) return std::unexpected(std::move(opened).error());
  return std::make_unique<Index>(host);
}

void add_commands(program::Commands& commands) {
  add_update_command(commands);
  add_latest_command(commands);
  add_gaps_command(commands);
}

}  // namespace

program::Capability capability() {
  return {.name = kSchema,
          .settings = settings_table,
          .migrations = migrations,
          .commands = add_commands,
          .checks = add_checks,
          .status = add_status,
          .makes_up = makes_up,
          .prepare = choose_source,
          .open = open};
}

}  // namespace skerry::broker
