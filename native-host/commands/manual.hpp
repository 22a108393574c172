#pragma once

#include <span>
#include <string>
#include <string_view>

#include "native-host/commands/tree.hpp"
#include "native-host/config/settings.hpp"

namespace skerry::commands {

/// What the exit codes mean, a line each, the same for every command: exit.hpp.
struct ExitCode {
  int code;
  std::string_view meaning;
};
std::span<const ExitCode> exit_codes();

/// The page skerry(1), in the macros of man(7): all commands, flags, examples, settings and files.
std::string manual(const Command& root, const config::Schema& schema, std::string_view version);

}  // namespace skerry::commands
