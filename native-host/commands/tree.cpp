#include "native-host/commands/tree.hpp"

#include <utility>

#include <CLI/CLI.hpp>

namespace skerry::commands {
namespace {

/// `TEXT:{auto,real,replica}`: CLI11 says what a value may be behind its type.
std::vector<std::string> choices_of(const std::string& type) {
  const auto open = type.find('{');
  const auto close = type.find('}', open == std::string::npos ? 0 : open);
  std::vector<std::string> choices;
  if (open == std::string::npos || close == std::string::npos) return choices;
  std::string word;
  for (const char c : type.substr(open + 1, close - open - 1) + ',') {
    if (c != ',') {
      word += c;
    } else {
      choices.push_back(std::exchange(word, {}));
    }
  }
  return choices;
}

Flag flag_of(const CLI::Option& option) {
  Flag flag{.help = option.get_description()};
  for (const auto& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return flag;
  const std::string type = option.get_type_name();
  flag.choices = choices_of(type);
  flag.value = type.substr(0, type.find_first_of(": "));
  return flag;
}

Command command_of(const program::Commands& commands, const CLI::App& app, const std::string& above) {
  Command command{.path = above + app.get_name(),
                  .name = app.get_name(),
                  .help = app.get_description(),
                  .note = commands.note(app),
                  .examples = commands.examples(app)};
  for (const CLI::Option* option : app.get_options()) command.flags.push_back(flag_of(*option));
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    command.below.push_back(command_of(commands, *each, command.path + " "));
  return command;
}

}  // namespace

Command tree_of(const program::Commands& commands) {
  return command_of(commands, commands.app(), "");
}

}  // namespace skerry::commands
