#pragma once

#include <functional>
#include <string_view>

#include "native-host/program/commands.hpp"
#include "native-host/program/exit.hpp"
#include "native-host/program/host.hpp"
#include "native-host/program/program.hpp"
#include "native-host/program/report.hpp"
#include "native-host/program/stop_signal.hpp"

namespace skerry::program {

/// What a command does with its program, which is open.
using Work = std::function<Result<Exit>(Program&, Report&, StopSignal&)>;

/// Opens the capabilities of a command in their roles, lets it work, and closes them. What fails is reported
/// as the event `failed`, and gives the exit code of its kind.
Exit run_program(const Invocation& invocation, Roles roles, std::string_view log_level, const Work& work);

}  // namespace skerry::program
