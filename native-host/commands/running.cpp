#include <CLI/CLI.hpp>

#include "native-host/commands/commands.hpp"
#include "native-host/program/run.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::commands {
namespace {

using program::Exit;
using program::Invocation;
using program::Program;
using program::Roles;

Exit run(const Invocation& invocation, Roles roles) {
  const auto work = [](Program& program, program::Report& report, program::StopSignal& stop) -> Result<Exit> {
    if (auto ended = program.run(stop); !ended) return std::unexpected(std::move(ended).error());
    report.info("stopped", "Stopped");
    return Exit::ok;
  };
  return program::run_program(invocation, roles, invocation.loaded.get<program::Settings>().log_level, work);
}

}  // namespace

void add_running(program::Commands& commands) {
  CLI::App& up = commands.add("up", "Starts database, updater and server");
  commands.example("skerry up", "database, updater and server, until Ctrl-C");
  commands.on(up,
              [](const Invocation& invocation) { return run(invocation, {.serves = true, .works = true}); });
  CLI::App& serve = commands.add("serve", "Serves the functions and the key-value store");
  commands.on(serve, [](const Invocation& invocation) { return run(invocation, {.serves = true}); });
  commands.example("skerry serve --listen 0.0.0.0:8080", "the server alone; `skerry update` works elsewhere");
  for (CLI::App* each : {&up, &serve}) {
    commands.data_dir(*each);
    commands.setting(*each, "--listen", "listen", "Address of the server (default 127.0.0.1:8080)");
    commands.setting(*each, "--workers", "workers", "Threads that serve (default: one for each processor)");
  }
}

}  // namespace skerry::commands
