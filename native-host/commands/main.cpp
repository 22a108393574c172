#include "native-host/commands/main.hpp"

#include <algorithm>
#include <exception>
#include <span>
#include <sstream>
#include <system_error>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/commands/commands.hpp"
#include "native-host/commands/manual.hpp"
#include "native-host/config/masking.hpp"
#include "native-host/program/commands.hpp"
#include "native-host/program/settings.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/world.hpp"

namespace skerry::commands {
namespace {

using program::Capability;
using program::Commands;
using program::complain;
using program::Exit;

constexpr const char* kAbout =
    "Skerry: a public data service from the edge of the network.\n"
    "Settings come from skerry.toml (or --config), then .env (or --env), then the environment\n"
    "(SKERRY_LISTEN), then flags; the later wins. Where there is neither file here, /etc/skerry has them.\n";

std::string exit_code_lines() {
  std::string out = "Exit codes, of every command:\n";
  for (const auto& [code, meaning] : exit_codes()) out += fmt::format("  {}  {}\n", code, meaning);
  return out;
}

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

/// The command that was called, as far as its words are known.
const CLI::App& deepest(const CLI::App& app) {
  const CLI::App* at = &app;
  while (!at->get_subcommands().empty()) at = at->get_subcommands().front();
  return *at;
}

std::string path_of(const CLI::App& app) {
  const auto* above = app.get_parent();
  return above == nullptr ? app.get_name() : path_of(*above) + " " + app.get_name();
}

std::string nearest_in(std::string_view word, const std::vector<std::string>& known) {
  return std::string(config::nearest_of_all(word, std::vector<std::string_view>(known.begin(), known.end())));
}

bool has_flag(const CLI::App& app, std::string_view word) {
  return app.get_option_no_throw(std::string(word)) != nullptr;
}

/// Of a word where a command was expected: that there is none, and which is meant; empty where none was.
std::string unknown_command(const CLI::App& at, std::string_view word) {
  std::vector<std::string> names;
  for (const CLI::App* each : at.get_subcommands([](const CLI::App*) { return true; }))
    names.push_back(each->get_name());
  const auto flag = "--" + std::string(word);  // others have commands for help and version
  const auto near = !names.empty() && has_flag(at, flag) ? flag : nearest_in(word, names);
  if (near.empty()) return {};
  return fmt::format("There is no command `{0} {1}`; the nearest is `{0} {2}`. `{0} --help` lists all.",
                     path_of(at), word, near);
}

/// The commands below `app` that have a flag.
void append_owners(std::vector<std::string>& owners, const CLI::App& app, std::string_view word) {
  for (const CLI::App* each : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (has_flag(*each, word)) owners.push_back("`" + path_of(*each) + "`");
    append_owners(owners, *each, word);
  }
}

/// The same of a flag: where it belongs, or the nearest; one of a command above counts, too.
std::string unknown_flag(const CLI::App& at, std::string_view word) {
  std::vector<std::string> names;
  const CLI::App* top = &at;
  for (const CLI::App* app = &at; app != nullptr; app = app->get_parent()) {
    top = app;
    for (const CLI::Option* option : app->get_options())
      for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  if (has_flag(at, word))
    return fmt::format("{1} belongs behind the command: `{0} {1}`. `{0} --help` lists all.", path_of(at),
                       word);
  std::vector<std::string> owners;
  append_owners(owners, *top, word);
  if (!owners.empty()) {
    return fmt::format("`{0}` has no flag {1}, which is one of {2}. `{0} --help` lists all.", path_of(at),
                       word, fmt::join(owners, ", "));
  }
  return fmt::format("`{0}` has no flag {1}; the nearest is {2}. `{0} --help` lists all.", path_of(at), word,
                     nearest_in(word, names));
}

/// What is wrong with the command line, and what may be meant.
Error bad_usage(const CLI::App& app, const CLI::ParseError& error) {
  const CLI::App& at = deepest(app);
  for (const std::string& word : app.remaining(true)) {
    if (word == "--") continue;
    const auto meant =
        word.starts_with('-') ? unknown_flag(at, word.substr(0, word.find('='))) : unknown_command(at, word);
    if (!meant.empty()) return {"bad_usage", meant, ErrorKind::usage};
  }
  std::string what = error.what();
  while (what.ends_with('\n') || what.ends_with('.')) what.pop_back();
  return {"bad_usage", fmt::format("{}. `{} --help` says more.", what, path_of(at)), ErrorKind::usage};
}

/// Many programs have commands for these: `help latest` is `latest --help`.
std::vector<std::string> without_habits(std::span<char*> words) {
  std::vector<std::string> line(words.begin(), words.end());
  if (line.empty() || (line[0] != "help" && line[0] != "version")) return line;
  line.push_back("--" + line[0]);
  line.erase(line.begin());
  return line;
}

/// Whether a line that can't be read asks for JSON.
bool asks_for_json(std::span<char*> words) {
  return std::ranges::any_of(words, [](const char* word) { return std::string_view(word) == "--json"; });
}

int run(std::span<const Capability> capabilities, int argc, char** argv) {
  CLI::App app(kAbout, "skerry");
  app.set_version_flag("-V,--version", "skerry " SKERRY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  std::string config_file;
  std::string env_file;
  Commands commands(app);
  app.add_option("--config", config_file, "The TOML file with settings")->type_name(program::kFile);
  app.add_option("--env", env_file, "A file of NAME=value lines; the environment wins over it")
      ->type_name(program::kFile);
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
      ->take_all()
      ->type_name(program::kAssignment);
  commands.data_dir(app);
  add_running(commands);
  for (const Capability& capability : capabilities)
    if (capability.commands != nullptr) capability.commands(commands);
  add_looking(commands);
  add_database(commands);
  add_describing(commands);
  commands.note(app, exit_code_lines());
  commands.finish();

  try {
    auto line = without_habits({argv + 1, argv + std::max(argc, 1)});
    std::ranges::reverse(line);  // as the parser wants it
    app.parse(std::move(line));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      std::ostringstream asked;
      app.exit(error, asked, asked);
      program::put(asked.view());
      return static_cast<int>(Exit::ok);
    }
    return static_cast<int>(
        complain(bad_usage(app, error), asks_for_json({argv, static_cast<std::size_t>(argc)})));
  }
  for (const char* word : std::span(argv, static_cast<std::size_t>(argc)))
    if (!config::mask_urls(word).secrets.empty())
      program::warn("There is a password in the address in \"" +
                    std::string(word).substr(0, std::string_view(word).find("://")) +
                    "://…\", and a command line can be read by everyone.");
  const auto* asked = deepest(app).get_option_no_throw("--json");
  const bool json = asked != nullptr && asked->count() > 0;
  const auto called = commands.called();
  if (called.action == nullptr) return static_cast<int>(Exit::usage);

  const auto schema = schema_of(capabilities);
  const auto reading = config::read_from_system(schema, config_file, env_file, commands.flags());
  if (!called.anyway) {
    for (const std::string& warning : reading.loaded.warnings) program::warn(warning);
    if (reading.error) return static_cast<int>(complain(*reading.error, json));
  }
  // A file that was there at the start is missed, not taken for an empty one.
  const auto reread = [&]() -> Result<config::Loaded> {
    const auto& file = config_file.empty() ? reading.file : config_file;
    const auto& lines = env_file.empty() ? reading.env_file : env_file;
    auto fresh = config::read_from_system(schema, file, lines, commands.flags(), true);
    if (fresh.error) return std::unexpected(*std::move(fresh.error));
    return std::move(fresh.loaded);
  };
  if (const auto became = program::settle_owner(reading.loaded); !became)
    return static_cast<int>(complain(became.error(), json));
  const auto ended = (*called.action)({.loaded = reading.loaded,
                                       .capabilities = capabilities,
                                       .unreadable = reading.error ? &*reading.error : nullptr,
                                       .json = json,
                                       .reread = reread});
  return static_cast<int>(ended ? *ended : complain(ended.error(), json));
}

}  // namespace

namespace {

/// What the program expects comes back as a value. This is for what it did not.
int run_guarded(std::span<const Capability> capabilities, int argc, char** argv) {
  try {
    return run(capabilities, argc, argv);
  } catch (const std::exception& error) {
    program::warn(fmt::format("Something unforeseen happened: {}. (internal_error)", error.what()));
  } catch (...) {
    program::warn("Something unforeseen happened. (internal_error)");
  }
  return static_cast<int>(Exit::failed);
}

}  // namespace

int main(std::span<const Capability> capabilities, int argc, char** argv) {
  program::prepare_streams();
  const int ended = run_guarded(capabilities, argc, argv);
  const auto lost = program::output_error();
  if (!lost) return ended;
  const auto worse = complain(*lost);
  return ended == static_cast<int>(Exit::ok) ? static_cast<int>(worse) : ended;
}

}  // namespace skerry::commands
