#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/broker/listing.hpp"
#include "native-host/cli/command_events.hpp"
#include "native-host/cli/commands.hpp"

namespace {

using namespace skerry;

constexpr const char* kAbout =
    "Skerry: a public data service from the edge of the network.\n"
    "Settings come from skerry.toml (or --config), then .env (or --env), then the environment\n"
    "(SKERRY_LISTEN), then flags; the later wins.\n";

constexpr const char* kExamples =
    "\nExamples:\n"
    "  skerry up                                  database, updater and server, until Ctrl-C\n"
    "  skerry update --once                       one round, for cron\n"
    "  skerry doctor                              what is wrong here, and what to do\n"
    "  skerry status                              what is late, what fails, since when\n"
    "  skerry latest --project ris --late         what is late at RIPE RIS\n"
    "  skerry latest --url https://example.org    the view of another server\n"
    "  skerry events tail -f                      what the tracker takes, as it comes\n"
    "  skerry config --json                       every setting and where it came from\n"
    "\nExit codes: 0 all well, 1 failed, 2 wrong flags or settings, 3 something is not installed,\n"
    "4 some collectors or publishing targets failed, 5 another updater is at work.\n";

constexpr const char* kUpdateExamples =
    "\nFrom cron, every five minutes; it prints nothing when all is well:\n"
    "  */5 * * * *  skerry update --once\n"
    "\nOlder months, once:\n"
    "  skerry update --once --since 2024-01 --collector rrc00,route-views2\n"
    "\nExit codes: 0 all well; 1 failed as a whole (nothing could be read, no database); 2 wrong flags or\n"
    "settings; 3 PostgreSQL is not installed; 4 some collectors or publishing targets failed, the rest is\n"
    "done; 5 another updater is at work on this database.\n";

constexpr const char* kEventsExamples =
    "\nExamples:\n"
    "  skerry events tail -f --type page                 what comes, as it comes\n"
    "  skerry events tail --from 2h --json               the last two hours, a JSON object in each line\n"
    "  skerry events stats --verify                      how much waits for whom; reads and checks all of "
    "it\n"
    "  skerry events replay --reader kafka --from 2h     let a reader go back (while no server runs)\n"
    "  skerry events replay --from 100 --until 200 --to https://other.example.org\n"
    "  skerry events import /srv/edge/events             what a wasmtime edge has written\n"
    "\ntail and stats work beside a running server. Exit codes: 0 all well, 1 failed or damaged, 2 wrong "
    "flags\n"
    "or settings, 4 a file's torn end was left.\n";

/// `2024-01`
std::optional<broker::Month> parse_month(const std::string& text) {
  const auto first = text.size() == 7 ? parse_naive(text + "-01T00:00:00") : std::nullopt;
  return first ? std::optional(broker::month_of(*first)) : std::nullopt;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(kAbout, "skerry");
  app.footer(kExamples);
  app.set_version_flag("--version", "skerry " SKERRY_VERSION);
  app.require_subcommand(1);
  app.fallthrough();

  std::string config_file;
  std::string env_file;
  std::vector<std::pair<std::string, std::string>> flags;
  app.add_option("--config", config_file, "The TOML file with settings");
  app.add_option("--env", env_file, "A file of NAME=value lines; the environment wins over it");
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
  auto* status = app.add_subcommand("status", "Shows the last rounds, what is late and what fails");
  auto* gaps = app.add_subcommand("gaps", "Shows where files are missing, by the collectors' cadence");
  auto* doctor = app.add_subcommand("doctor", "Checks everything, and says what to do");
  auto* events = app.add_subcommand("events", "Shows and moves what waits in the event log");
  auto* config = app.add_subcommand("config", "Shows every setting, its value and where it came from");

  for (CLI::App* command : {up, update, serve, latest, status, gaps, doctor, events}) {
    setting(command, "--data-dir", "data_dir", "Where everything is kept (default .skerry)");
  }
  for (CLI::App* command : {up, serve}) {
    setting(command, "--listen", "listen", "Address of the server (default 127.0.0.1:8080)");
    setting(command, "--workers", "workers", "Threads that serve (default: one for each processor)");
  }
  setting(up, "--archive", "archive", "auto, real or replica: which archives to read (default auto)");

  cli::UpdateOptions update_options;
  update->footer(kUpdateExamples);
  update->add_flag("--once", update_options.once, "One round; else one every update.interval");
  update->add_flag("--dry-run", update_options.dry_run, "Ask the archives, keep nothing, publish nothing");
  update->add_flag("--json", update_options.json, "Print each round's report as JSON");
  setting(update, "--collector", "collectors", "Only these, a comma list");
  update
      ->add_option_function<std::string>(
          "--since", [&](const std::string& text) { update_options.since = parse_month(text); },
          "YYYY-MM: read every month from then on, not only what is new; with --once")
      ->check([](const std::string& text) {
        return parse_month(text) ? std::string() : "There is no month " + text + ": write it as 2024-01.";
      });

  cli::LatestOptions latest_options;
  latest->add_option("--project", latest_options.table.project, "riperis or routeviews");
  latest->add_option("--collector", latest_options.table.collector_id, "A comma list of collectors");
  latest->add_option("--type", latest_options.table.data_type, "rib or update");
  latest->add_flag("--late", latest_options.table.late_only, "Only what is late");
  latest->add_option("--url", latest_options.url, "Ask this server instead of the local store");
  latest->add_flag("--json", latest_options.json, "The document as it is served");
  latest->add_flag("--stored", latest_options.stored,
                   "The value as it is stored, to copy it to another KV store");

  cli::GapOptions gap_options;
  gaps->add_option("--since", gap_options.since,
                   "From when: 48h (the default), 2026-11, 2026-11-21T08:00:00");
  gaps->add_option("--until", gap_options.until, "Up to when (default now)");
  gaps->add_option("--project", gap_options.project, "riperis or routeviews");
  gaps->add_option("--type", gap_options.data_type, "rib or update");
  gaps->add_flag("--json", gap_options.json, "As JSON");
  setting(gaps, "--collector", "collectors", "Only these, a comma list");

  cli::StatusOptions status_options;
  status->add_option("--cycles", status_options.cycles, "How many of the last rounds (default 10)")
      ->check(CLI::Range(0, 10'000));
  status->add_flag("--json", status_options.json, "As JSON");
  bool doctor_json = false;
  doctor->add_flag("--json", doctor_json, "As JSON");
  events->footer(kEventsExamples);
  events->require_subcommand(1);
  cli::TailOptions tail_options;
  auto* events_tail = events->add_subcommand("tail", "Prints events, the last ones or from a place on");
  events_tail->add_option("--from", tail_options.from,
                          "beginning, end, a record's number, 2h or 2026-11-21T08:00:00");
  events_tail->add_option("-n,--last", tail_options.last, "How many, without --from (default 10)");
  events_tail->add_flag("-f,--follow", tail_options.follow, "Go on with what comes, until Ctrl-C");
  events_tail->add_option("--type", tail_options.filter.type,
                          "Only these: `type` of the body, else the last word of the path");
  events_tail->add_option("--path", tail_options.filter.path, "Only these: how the path begins");
  events_tail->add_flag("--json", tail_options.json, "A JSON object in each line");
  cli::EventStatsOptions event_stats_options;
  auto* events_stats = events->add_subcommand("stats", "Shows segments, records and how far readers are");
  events_stats->add_flag("--verify", event_stats_options.verify, "Read and check everything");
  events_stats->add_flag("--json", event_stats_options.json, "As JSON");
  cli::ReplayOptions replay_options;
  auto* events_replay = events->add_subcommand("replay", "Sets a reader back, or sends events to a server");
  events_replay
      ->add_option("--from", replay_options.from, "beginning, a record's number, 2h or 2026-11-21T08:00:00")
      ->required();
  events_replay->add_option("--until", replay_options.until, "Up to, without it (default: all); with --to");
  events_replay->add_option("--reader", replay_options.reader, "Set this reader to there");
  events_replay->add_option("--to", replay_options.to, "Send to POST /ingest of this server, signed");
  events_replay->add_flag("--dry-run", replay_options.dry_run, "Only say what would be done");
  cli::ImportOptions import_options;
  auto* events_import = events->add_subcommand("import", "Takes batch files that an edge has written");
  events_import->add_option("files", import_options.files, "Files, or folders with *.events")->required();
  events_import->add_option("--to", import_options.to, "Send to POST /ingest of this server, signed");
  events_import->add_flag("--remove", import_options.remove, "Delete files that were taken whole");
  events_import->add_flag("--dry-run", import_options.dry_run, "Only say what is in them");
  bool config_json = false;
  config->add_flag("--json", config_json, "As JSON");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(cli::Exit::usage);
  }

  if (update_options.since && !update_options.once) {
    fmt::print(stderr, "skerry: --since goes with --once.\n");
    return static_cast<int>(cli::Exit::usage);
  }
  const auto loaded = config::load_from_system(config_file, env_file, flags);
  if (*doctor) return static_cast<int>(cli::run_doctor(loaded, doctor_json));
  if (!loaded) {
    fmt::print(stderr, "skerry: {}\n", loaded.error().message);
    return static_cast<int>(cli::Exit::usage);
  }
  for (const std::string& warning : loaded->warnings) fmt::print(stderr, "skerry: {}\n", warning);

  cli::Exit exit = cli::Exit::usage;
  if (*up) exit = cli::run_up(*loaded);
  if (*update) exit = cli::run_update(*loaded, update_options);
  if (*serve) exit = cli::run_serve(*loaded);
  if (*latest) exit = cli::run_latest(loaded->settings, latest_options);
  if (*status) exit = cli::run_status(loaded->settings, status_options);
  if (*gaps) exit = cli::run_gaps(loaded->settings, gap_options);
  if (*events_tail) exit = cli::run_events_tail(loaded->settings, tail_options);
  if (*events_stats) exit = cli::run_events_stats(loaded->settings, event_stats_options);
  if (*events_replay) exit = cli::run_events_replay(loaded->settings, replay_options);
  if (*events_import) exit = cli::run_events_import(loaded->settings, import_options);
  if (*config) exit = cli::run_config(*loaded, config_json);
  return static_cast<int>(exit);
}
