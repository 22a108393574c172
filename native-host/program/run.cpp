#include "native-host/program/run.hpp"

#include <utility>

#include "native-host/program/log_settings.hpp"
#include "native-host/program/memory.hpp"
#include "native-host/program/settings.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::program {

Exit run_program(const Invocation& invocation, Roles roles, std::string_view log_level, const Work& work) {
  const auto& settings = invocation.loaded.get<Settings>();
  const auto hangup = roles.once ? StopSignal::Hangup::stop : StopSignal::Hangup::reload;
  StopSignal signals(settings.stop_timeout, hangup);  // before there are threads
  keep_memory_in_pieces();
  Report report(log_level, settings.log_format);
  log_settings(invocation.loaded, report);
  const auto ended = [&]() -> Result<Exit> {
    auto program = Program::open(
        invocation.loaded,
        {.capabilities = invocation.capabilities, .roles = roles, .reread = invocation.reread}, report);
    if (!program) return std::unexpected(std::move(program).error());
    return work(**program, report, signals);
  }();
  if (ended) return *ended;
  report.error("failed", ended.error());
  if (invocation.json) {
    say_json(error_json(ended.error()));
    flush();
  }
  return exit_for(ended.error());
}

}  // namespace skerry::program
