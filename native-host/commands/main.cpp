#include "native-host/commands/main.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <system_error>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/commands/commands.hpp"
#include "native-host/program/commands.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::commands {
namespace {

using program::Capability;
using program::Commands;
using program::Exit;
using program::exit_for;

constexpr const char* kAbout =
    "Skerry: a public data service from the edge of the network.\n"
    "Settings come from skerry.toml (or --config), then .env (or --env), then the environment\n"
    "(SKERRY_LISTEN), then flags; the later wins. Where there is neither file here, /etc/skerry has them.\n";

constexpr const char* kExitCodes =
    "\nExit codes: 0 all well, 1 failed, 2 wrong flags or settings, 3 something is not installed,\n"
    "4 some of several things failed, 5 somebody else is at work on the same thing.\n";

std::shared_ptr<const config::Schema> schema_of(std::span<const Capability> capabilities) {
  auto schema = std::make_shared<config::Schema>();
  schema->tables.push_back(program::settings_table());
  for (const Capability& capability : capabilities) {
    if (capability.settings != nullptr) schema->tables.push_back(capability.settings());
    if (capability.functions != nullptr)
      std::ranges::move(capability.functions(), std::back_inserter(schema->functions));
  }
  return schema;
}

/// Of a word where a command was expected: that there is none, and which is meant.
std::string unknown_command(const CLI::App& app) {
  const CLI::App* at = &app;
  std::string path = "skerry ";
  while (!at->get_subcommands().empty()) {
    at = at->get_subcommands().front();
    path += at->get_name() + " ";
  }
  const auto known = at->get_subcommands([](const CLI::App*) { return true; });
  if (known.empty()) return {};
  for (const std::string& word : app.remaining(true)) {
    if (word.starts_with('-')) continue;
    std::vector<std::string> names;
    names.reserve(known.size());
    for (const CLI::App* each : known) names.push_back(each->get_name());
    const auto near = config::nearest(word, std::vector<std::string_view>(names.begin(), names.end()));
    return fmt::format("skerry: There is no command `{}{}`.{}\n", path, word,
                       near.empty() ? fmt::format(" `{}--help` lists them.", path)
                                    : fmt::format(" Do you mean `{}{}`?", path, near));
  }
  return {};
}

int run(std::span<const Capability> capabilities, int argc, char** argv) {
  CLI::App app(kAbout, "skerry");
  app.set_version_flag("--version", "skerry " SKERRY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  std::string config_file;
  std::string env_file;
  Commands commands(app);
  app.add_option("--config", config_file, "The TOML file with settings");
  app.add_option("--env", env_file, "A file of NAME=value lines; the environment wins over it");
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&](const std::vector<std::string>& pairs) {
           for (const std::string& pair : pairs) {
             const auto equals = pair.find('=');
             commands.flags().emplace_back(pair.substr(0, equals),
                                           equals == std::string::npos ? "" : pair.substr(equals + 1));
           }
         },
         "One setting, name=value, as `skerry config` shows them; may be repeated")
      ->take_all();
  add_running(commands);
  for (const Capability& capability : capabilities)
    if (capability.commands != nullptr) capability.commands(commands);
  add_looking(commands);
  app.footer("\nExamples:\n" + commands.examples() + kExitCodes);

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (const auto unknown = error.get_exit_code() != 0 ? unknown_command(app) : std::string();
        !unknown.empty()) {
      fmt::print(stderr, "{}", unknown);
      return static_cast<int>(Exit::usage);
    }
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  const auto called = commands.called();
  if (called.action == nullptr) return static_cast<int>(Exit::usage);

  const auto schema = schema_of(capabilities);
  const auto reading = config::read_from_system(schema, config_file, env_file, commands.flags());
  if (!called.anyway) {
    for (const std::string& warning : reading.loaded.warnings) fmt::print(stderr, "skerry: {}\n", warning);
    if (reading.error) {
      fmt::print(stderr, "skerry: {}\n", reading.error->message);
      return static_cast<int>(exit_for(*reading.error));
    }
  }
  // A file that was there at the start is missed, not taken for an empty one.
  const auto reread = [&]() -> Result<config::Loaded> {
    const auto& file = config_file.empty() ? reading.file : config_file;
    const auto& lines = env_file.empty() ? reading.env_file : env_file;
    auto fresh = config::read_from_system(schema, file, lines, commands.flags(), true);
    if (fresh.error) return std::unexpected(*std::move(fresh.error));
    return std::move(fresh.loaded);
  };
  return static_cast<int>((*called.action)({.loaded = reading.loaded,
                                            .capabilities = capabilities,
                                            .unreadable = reading.error ? &*reading.error : nullptr,
                                            .reread = reread}));
}

}  // namespace

int main(std::span<const Capability> capabilities, int argc, char** argv) {
  // What the program expects comes back as a value. This is for what it did not.
  try {
    return run(capabilities, argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "skerry: Something unforeseen happened: {}. (internal_error)\n", error.what());
  } catch (...) {
    fmt::print(stderr, "skerry: Something unforeseen happened. (internal_error)\n");
  }
  return static_cast<int>(Exit::failed);
}

}  // namespace skerry::commands
