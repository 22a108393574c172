#include "native-host/commands/main.hpp"

#include <algorithm>
#include <cstdio>

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

}  // namespace

int main(std::span<const Capability> capabilities, int argc, char** argv) {
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
    return app.exit(error) == 0 ? 0 : static_cast<int>(Exit::usage);
  }
  const auto called = commands.called();
  if (called.action == nullptr) return static_cast<int>(Exit::usage);

  const auto schema = schema_of(capabilities);
  const auto read = [&] { return config::read_from_system(schema, config_file, env_file, commands.flags()); };
  const auto reading = read();
  if (!called.anyway) {
    if (reading.error) {
      fmt::print(stderr, "skerry: {}\n", reading.error->message);
      return static_cast<int>(exit_for(*reading.error));
    }
    for (const std::string& warning : reading.loaded.warnings) fmt::print(stderr, "skerry: {}\n", warning);
  }
  return static_cast<int>((*called.action)({.loaded = reading.loaded,
                                            .capabilities = capabilities,
                                            .unreadable = reading.error ? &*reading.error : nullptr,
                                            .reread = [&]() -> Result<config::Loaded> {
                                              auto again = read();
                                              if (again.error)
                                                return std::unexpected(*std::move(again.error));
                                              return std::move(again.loaded);
                                            }}));
}

}  // namespace skerry::commands
