#include <algorithm>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/commands/commands.hpp"
#include "native-host/commands/completions.hpp"
#include "native-host/commands/manual.hpp"
#include "native-host/commands/tree.hpp"
#include "native-host/config/reference.hpp"
#include "native-host/program/terminal.hpp"
#include "shared/printable.hpp"

namespace skerry::commands {
namespace {

using program::Exit;
using program::Invocation;

struct ConfigOptions {
  std::vector<std::string> names;  ///< only these; empty: all
  bool json = false;
  bool reference = false;
  bool sample = false;
};

/// Those that are asked for, each by its name or by what it begins with: `update`.
Result<std::vector<config::Shown>> chosen(const config::Loaded& loaded,
                                          const std::vector<std::string>& names) {
  auto all = config::describe(loaded);
  if (names.empty()) return all;
  std::vector<config::Shown> found;
  for (const auto& name : names) {
    const auto before = found.size();
    std::ranges::copy_if(all, std::back_inserter(found), [&](const config::Shown& setting) {
      return setting.name == name || setting.name.starts_with(name + ".");
    });
    if (found.size() > before) continue;
    std::vector<std::string_view> known;
    known.reserve(all.size());
    for (const auto& setting : all) known.push_back(setting.name);
    return fail(ErrorKind::usage, "unknown_setting",
                fmt::format("There is no setting \"{}\"; the nearest is \"{}\". `skerry config` lists all.",
                            name, config::nearest_of_all(name, known)));
  }
  return found;
}

Result<Exit> show_settings(const config::Loaded& loaded, const ConfigOptions& options) {
  const auto shown = chosen(loaded, options.names);
  if (!shown) return std::unexpected(shown.error());
  if (options.json) {
    auto out = nlohmann::ordered_json::object();
    for (const auto& setting : *shown)
      out[setting.name] = {{"value", setting.value}, {"origin", setting.origin}};
    program::say_json(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
    return Exit::ok;
  }
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const auto& setting : *shown) {
    name_width = std::max(name_width, setting.name.size());
    value_width = std::max(value_width, std::min<std::size_t>(setting.value.size(), 40));
  }
  for (const auto& setting : *shown)
    program::say(fmt::format("{:<{}}  {:<{}}  {}\n", setting.name, name_width, printable(setting.value),
                             value_width, setting.origin));
  return Exit::ok;
}

Result<Exit> run_config(const Invocation& invocation, const ConfigOptions& options) {
  if (options.reference && options.sample)
    return fail(ErrorKind::usage, "bad_usage", "Say either --reference or --sample.");
  const auto& schema = *invocation.loaded.schema;
  if (options.sample) {
    program::put(config::sample_file(schema));
    return Exit::ok;
  }
  if (options.reference) {
    program::put(options.json ? config::reference_json(schema) : config::reference_page(schema));
    return Exit::ok;
  }
  for (const std::string& warning : invocation.loaded.warnings) program::warn(warning);
  if (invocation.unreadable != nullptr) return std::unexpected(*invocation.unreadable);
  return show_settings(invocation.loaded, options);
}

void add_config(program::Commands& commands) {
  CLI::App& config = commands.add("config", "Shows every setting, its value and where it came from");
  const auto options = std::make_shared<ConfigOptions>();
  config.add_option("names", options->names, "Only these settings: listen, or update for all of update")
      ->type_name(program::kSetting);
  config.add_flag("--json", options->json, "As JSON");
  config.add_flag("--reference", options->reference,
                  "What each means, its unit, default and range, as a page or with --json");
  config.add_flag("--sample", options->sample, "A skerry.toml of comments, with every setting's default");
  commands.on(
      config, [options](const Invocation& invocation) { return run_config(invocation, *options); }, true);
  commands.example("skerry config", "every setting and where it came from");
  commands.example("skerry config listen update --json", "some of them, for programs");
  commands.example("skerry config --reference", "what each means and may be");
  commands.example("skerry config --sample", "a skerry.toml to begin with");
}

void add_completions(program::Commands& commands) {
  CLI::App& completions = commands.add("completions", "Prints what makes a shell complete the command line");
  const auto shell = std::make_shared<std::string>();
  completions.add_option("shell", *shell, "The shell it is for")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  commands.on(
      completions,
      [shell, &commands](const Invocation& invocation) {
        const auto root = tree_of(commands, *invocation.loaded.schema);
        const auto& schema = *invocation.loaded.schema;
        program::put(*shell == "bash"  ? bash_completions(root, schema)
                     : *shell == "zsh" ? zsh_completions(root, schema)
                                       : fish_completions(root, schema));
        return Exit::ok;
      },
      true);
  commands.example("skerry completions bash", "`source <(skerry completions bash)` tries it");
}

void add_manual(program::Commands& commands) {
  CLI::App& page = commands.add("manual", "Prints the page skerry(1) as man reads it");
  commands.on(
      page,
      [&commands](const Invocation& invocation) {
        program::put(
            manual(tree_of(commands, *invocation.loaded.schema), *invocation.loaded.schema, SKERRY_VERSION));
        return Exit::ok;
      },
      true);
  commands.example("skerry manual", "`skerry manual | man -l -` reads it");
}

}  // namespace

void add_describing(program::Commands& commands) {
  add_config(commands);
  add_completions(commands);
  add_manual(commands);
}

}  // namespace skerry::commands
