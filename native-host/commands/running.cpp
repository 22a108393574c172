#include <CLI/CLI.hpp>

#include "native-host/commands/commands.hpp"
#include "native-host/program/log_settings.hpp"
#include "native-host/program/program.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::commands {
namespace {

using program::Exit;
using program::Invocation;
using program::Program;
using program::Roles;

Exit run(const Invocation& invocation, Roles roles) {
  program::StopSignal stop;
  const auto& settings = invocation.loaded.get<program::Settings>();
  program::Report report(settings.log_level, settings.log_format);
  log_settings(invocation.loaded, report);
  const auto ended = [&]() -> Result<void> {
    auto opened = Program::open(
        invocation.loaded,
        {.capabilities = invocation.capabilities, .roles = roles, .reread = invocation.reread}, report);
    if (!opened) return std::unexpected(std::move(opened).error());
    return (*opened)->run(stop);
  }();
  if (!ended) {
    report.error("failed", ended.error());
    return program::exit_for(ended.error());
  }
  report.info("stopped", "Stopped");
  return Exit::ok;
}

}  // namespace

void add_running(program::Commands& commands) {
  CLI::App& up = commands.add("up", "Starts database, updater and server");
  commands.example("skerry up", "database, updater and server, until Ctrl-C");
  commands.on(up,
              [](const Invocation& invocation) { return run(invocation, {.serves = true, .works = true}); });
  CLI::App& serve = commands.add("serve", "Serves the functions and the key-value store");
  commands.on(serve, [](const Invocation& invocation) { return run(invocation, {.serves = true}); });
  for (CLI::App* each : {&up, &serve}) {
    commands.data_dir(*each);
    commands.setting(*each, "--listen", "listen", "Address of the server (default 127.0.0.1:8080)");
    commands.setting(*each, "--workers", "workers", "Threads that serve (default: one for each processor)");
  }
}

}  // namespace skerry::commands
