#pragma once

#include <string>
#include <vector>

#include "native-host/config/settings.hpp"
#include "native-host/program/commands.hpp"

namespace skerry::commands {

/// One flag, or a word that stands without one.
struct Flag {
  std::vector<std::string> names = {};  ///< `-n`, `--last`; empty: a word by itself
  std::string value = {};  ///< what follows it, `TEXT`, or one of program::kFile…; empty: nothing
  std::vector<std::string> choices = {};  ///< of the value, to be offered; empty: nothing is known
  std::string help = {};
};

/// A command as manual, completions and messages see it.
struct Command {
  std::string path = {};  ///< `skerry events tail`
  std::string name = {};  ///< `tail`
  std::string help = {};
  std::string note = {};
  std::vector<Flag> flags = {};
  std::vector<program::Commands::Example> examples = {};  ///< of this one alone
  std::vector<Command> below = {};
};

/// The whole command line, read from what CLI11 parses by; the schema has the choices of a flag that sets a
/// setting.
Command tree_of(const program::Commands& commands, const config::Schema& schema);

}  // namespace skerry::commands
