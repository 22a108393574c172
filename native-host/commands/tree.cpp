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

std::vector<std::string> choices_of_setting(const config::Schema& schema, const std::string& name) {
  std::vector<std::string> choices;
  for (const auto& table : schema.tables)
    for (const auto& setting : table.settings())
      if (setting.name == name) choices.assign(setting.choices.begin(), setting.choices.end());
  return choices;
}

Flag flag_of(const program::Commands& commands, const config::Schema& schema, const CLI::Option& option) {
  Flag flag{.help = option.get_description()};
  for (const auto& name : option.get_snames()) flag.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) flag.names.push_back("--" + name);
  if (option.get_items_expected_max() == 0) return flag;
  const std::string type = option.get_type_name();
  flag.choices = choices_of(type);
  if (flag.choices.empty()) flag.choices = commands.offered(option);
  if (flag.choices.empty()) flag.choices = choices_of_setting(schema, commands.setting_of(option));
  flag.value = type.substr(0, type.find_first_of(": "));
  return flag;
}

Command command_of(const program::Commands& commands, const config::Schema& schema, const CLI::App& app,
                   const std::string& above) {
  Command command{.path = above + app.get_name(),
                  .name = app.get_name(),
                  .help = app.get_description(),
                  .note = commands.note(app),
                  .examples = commands.examples(app)};
  for (const CLI::Option* option : app.get_options())
    command.flags.push_back(flag_of(commands, schema, *option));
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; }))
    command.below.push_back(command_of(commands, schema, *each, command.path + " "));
  return command;
}

}  // namespace

Command tree_of(const program::Commands& commands, const config::Schema& schema) {
  return command_of(commands, schema, commands.app(), "");
}

}  // namespace skerry::commands
