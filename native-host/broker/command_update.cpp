#include <cstdlib>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/broker/capability.hpp"
#include "native-host/broker/rounds.hpp"
#include "native-host/broker/source.hpp"
#include "native-host/program/commands.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/run.hpp"
#include "native-host/program/settings.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::broker {
namespace {

using program::Exit;
using program::Invocation;
using program::Program;
using program::Report;
using program::StopSignal;

constexpr const char* kNote =
    "With --once it prints nothing when all is well and no terminal watches. It ends with 1 where nothing "
    "could\n"
    "be read or there is no database, with 4 where some collectors or publishing targets failed and the rest "
    "is\n"
    "done, with 5 where another updater is at work on this database: each time, but without a terminal it "
    "is\n"
    "told why once, when it begins, and once that it is over.\n";

/// Of rrc00, the oldest of all collectors.
constexpr Month kFirstMonth{std::chrono::year(1999), std::chrono::October};

/// `2024-01`
std::optional<Month> parse_month(const std::string& text) {
  const auto first = text.size() == 7 ? parse_naive(text + "-01T00:00:00") : std::nullopt;
  return first ? std::optional(month_of(*first)) : std::nullopt;
}

/// One round for cron says nothing when all is well; at a terminal, in systemd's journal, or asked for with a
/// level of its own, it does. So does what takes long.
std::string log_level(const program::Settings& settings, const RoundOptions& options) {
  const bool watched = isatty(STDERR_FILENO) == 1 || std::getenv("JOURNAL_STREAM") != nullptr;
  const bool quiet =
      options.once && !options.since && !options.dry_run && !watched && settings.log_level == "info";
  return quiet ? "warning" : settings.log_level;
}

Exit round(Program& program, Rounds& rounds, const RoundOptions& options, const std::stop_token& stop) {
  const auto outcome = rounds.run(stop);
  auto exit = outcome ? (outcome->partly ? Exit::partly : Exit::ok) : program::exit_for(outcome.error());
  if (!outcome && options.json) program::say_json(program::error_json(outcome.error()));
  if (options.dry_run) return exit;
  if (!program.settle(stop)) {
    program.host().check();
    if (exit == Exit::ok) exit = Exit::partly;
  }
  return exit;
}

Result<Exit> once(Program& program, Rounds& rounds, const RoundOptions& options, StopSignal& signals) {
  auto& host = program.host();
  Result<void> ready;
  run_until_stopped(signals, [&](const std::stop_token& stop) { ready = program.ready_database(stop); });
  if (!ready) {
    if (!options.dry_run) {
      host.check();
      program.settle({});
    }
    if (ready.error().kind == ErrorKind::stopped) return std::unexpected(std::move(ready).error());
    rounds.tell_failure(ready.error());
    if (options.json) program::say_json(program::error_json(ready.error()));
    return program::exit_for(ready.error());
  }
  host.services().offer(rounds);
  Exit exit = Exit::ok;
  run_until_stopped(signals,
                    [&](const std::stop_token& stop) { exit = round(program, rounds, options, stop); });
  return exit;
}

Result<Exit> run(const Invocation& invocation, const RoundOptions& options) {
  if (options.since && !options.once) return fail(ErrorKind::usage, "bad_usage", "--since goes with --once.");
  if (options.since && *options.since > month_of(program::system_now()))
    return fail(ErrorKind::usage, "bad_time",
                "--since is a month that is still to come: nothing is there to be read.");
  if (options.since && *options.since < kFirstMonth)
    return fail(ErrorKind::usage, "bad_time",
                "--since is a month before the archives begin: the first files are of 1999-10.");
  const auto work = [&](Program& program, Report&, StopSignal& signals) -> Result<Exit> {
    auto& host = program.host();
    Rounds rounds(host, host.world().kept<Source>()->collectors, options);
    if (options.once) return once(program, rounds, options, signals);
    add_loop(host, rounds);
    if (auto ended = program.run(signals); !ended) return std::unexpected(std::move(ended).error());
    return Exit::ok;
  };
  return program::run_program(invocation, {.works = true, .once = options.once, .keeps = !options.dry_run},
                              log_level(invocation.loaded.get<program::Settings>(), options), work);
}

}  // namespace

void add_update_command(program::Commands& commands) {
  CLI::App& update = commands.add("update", "Reads the archives' listings and publishes the view");
  const auto options = std::make_shared<RoundOptions>();
  commands.note(update, kNote);
  update.add_flag("--once", options->once, "One round; else one every update.interval");
  update.add_flag("--dry-run", options->dry_run, "Ask the archives, keep nothing, publish nothing");
  update.add_flag("--json", options->json, "Print each round's report as JSON");
  commands.data_dir(update);
  commands.setting(update, "--collector", "collectors", "Only these, a comma list");
  const auto since = std::make_shared<std::string>();
  update
      .add_option("--since", *since,
                  "YYYY-MM: read every month from then on, not only what is new; with --once. Rounds of a "
                  "service wait until it is done")
      ->check([](const std::string& text) {
        return parse_month(text) ? std::string() : "There is no month " + text + ": write it as 2024-01.";
      });
  commands.on(update, [options, since, &update](const Invocation& invocation) {
    options->in_part = options->once && update.count("--collector") > 0;
    options->since = parse_month(*since);
    options->watched = isatty(STDERR_FILENO) == 1;
    return run(invocation, *options);
  });
  commands.example("skerry update --once", "one round, for cron");
  commands.example("skerry update --once --since 2024-01 --collector rrc00,route-views2",
                   "older months, once");
  commands.example("skerry update --once --dry-run", "what a round would find; keeps nothing");
  for (CLI::App* each : {&update, &commands.get("up")})
    commands.setting(*each, "--archive", "archive",
                     "auto, real or replica: which archives to read (default auto)");
}

}  // namespace skerry::broker
