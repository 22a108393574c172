#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/cli/commands.hpp"

namespace {

using namespace skerry;

constexpr const char* kAbout =
    "Skerry: a public data service from the edge of the network.\n"
    "Settings come from skerry.toml (or --config), then the environment (SKERRY_LISTEN), then flags.\n";

constexpr const char* kExamples =
    "\nExamples:\n"
    "  skerry up                                  database, updater and server, until Ctrl-C\n"
    "  skerry update --once                       one cycle, for cron\n"
    "  skerry latest --project ris --late         what is late at RIPE RIS\n"
    "  skerry latest --url https://example.org    the view of another server\n"
    "  skerry config --json                       every setting and where it came from\n"
    "\nExit codes: 0 ok, 1 failed, 2 wrong flags or settings, 3 something is not installed.\n";

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "skerry");
  app.footer(kExamples);
  app.set_version_flag("--version", "skerry " SKERRY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  std::string config_file;
  std::vector<std::pair<std::string, std::string>> flags;
  app.add_option("--config", config_file, "The TOML file with settings");
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&](const std::vector<std::string>& pairs) {
           for (const std::string& pair : pairs) {
             const auto equals = pair.find('=');
             flags.emplace_back(pair.substr(0, equals),
                                equals == std::string::npos ? "" : pair.substr(equals + 1));
           }
         },
         "One setting, name=value, as `skerry config` shows them; may be repeated")
      ->take_all();
  const auto setting = [&](CLI::App* to, const std::string& flag, const char* name, const char* help) {
    to->add_option_function<std::string>(
        flag, [&flags, name](const std::string& value) { flags.emplace_back(name, value); }, help);
  };

  auto* up = app.add_subcommand("up", "Starts database, updater and server");
  auto* update = app.add_subcommand("update", "Reads the archives' listings and publishes the view");
  auto* serve = app.add_subcommand("serve", "Serves the functions and the key-value store");
  auto* latest = app.add_subcommand("latest", "Shows the latest view as a table");
  auto* config = app.add_subcommand("config", "Shows every setting, its value and where it came from");

  for (CLI::App* command : {up, update, serve, latest}) {
    setting(command, "--data-dir", "data_dir", "Where everything is kept (default .skerry)");
  }
  for (CLI::App* command : {up, serve}) {
    setting(command, "--listen", "listen", "Address of the server (default 127.0.0.1:8080)");
    setting(command, "--workers", "workers", "Threads that serve (default: one for each processor)");
  }
  setting(up, "--archive", "archive", "auto, real or replica: which archives to read (default auto)");

  cli::UpdateOptions update_options;
  update->add_flag("--once", update_options.once, "One cycle; else one every update.interval");
  update->add_flag("--dry-run", update_options.dry_run, "Ask the archives, keep nothing");
  update->add_flag("--json", update_options.json, "Print each cycle's report as JSON");
  setting(update, "--collector", "collectors", "Only these, a comma list");

  cli::LatestOptions latest_options;
  latest->add_option("--project", latest_options.table.project, "riperis or routeviews");
  latest->add_option("--collector", latest_options.table.collector_id, "A comma list of collectors");
  latest->add_option("--type", latest_options.table.data_type, "rib or update");
  latest->add_flag("--late", latest_options.table.late_only, "Only what is late");
  latest->add_option("--url", latest_options.url, "Ask this server instead of the local store");
  latest->add_flag("--json", latest_options.json, "The document as it is served");
  latest->add_flag("--stored", latest_options.stored,
                   "The value as it is stored, to copy it to another KV store");

  bool config_json = false;
  config->add_flag("--json", config_json, "As JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(cli::Exit::usage);
  }

  const auto loaded = config::load_from_system(config_file, {}, flags);
  if (!loaded) {
    fmt::print(stderr, "skerry: {}\n", loaded.error().message);
    return static_cast<int>(cli::Exit::usage);
  }
  for (const std::string& warning : loaded->warnings) fmt::print(stderr, "skerry: {}\n", warning);

  cli::Exit exit = cli::Exit::usage;
  if (*up) exit = cli::run_up(loaded->settings);
  if (*update) exit = cli::run_update(loaded->settings, update_options);
  if (*serve) exit = cli::run_serve(loaded->settings);
  if (*latest) exit = cli::run_latest(loaded->settings, latest_options);
  if (*config) exit = cli::run_config(*loaded, config_json);
  return static_cast<int>(exit);
}
