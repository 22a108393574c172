#include <cstdio>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/broker/capability.hpp"
#include "native-host/broker/filters.hpp"
#include "native-host/broker/gap_report.hpp"
#include "native-host/broker/gaps.hpp"
#include "native-host/broker/settings.hpp"
#include "native-host/program/commands.hpp"
#include "native-host/program/database.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::broker {
namespace {

using program::Exit;
using program::Invocation;
using program::parse_moment;

struct GapOptions {
  std::string since = "48h";  ///< a moment, or so long ago
  std::string until;          ///< empty: now
  std::string project;
  std::string data_type;
  bool json = false;
};

Result<std::string> gaps(const Invocation& invocation, const GapOptions& options) {
  const auto& loaded = invocation.loaded;
  const auto& settings = loaded.get<Settings>();
  const auto now = program::system_now();
  const auto since = parse_moment(options.since, now);
  if (!since) return std::unexpected(since.error());
  const auto until = options.until.empty() ? Result<Time>(now) : parse_moment(options.until, now);
  if (!until) return std::unexpected(until.error());
  if (*since >= *until)
    return fail(
        ErrorKind::usage, "bad_time",
        "--since (" + format_rfc3339(*since) + ") must be before --until (" + format_rfc3339(*until) + ").");
  const auto type = wanted_type(options.data_type);
  if (!type) return std::unexpected(type.error());
  auto known = load_collectors(settings.collectors_file);
  if (!known) return std::unexpected(known.error());
  const auto chosen = choose_collectors(*std::move(known), settings.collectors, options.project);
  if (!chosen) return std::unexpected(chosen.error());

  const auto world = program::World::to_look_at(loaded, invocation.capabilities);
  auto connection = connect_to(world, "skerry gaps");
  if (!connection) return std::unexpected(connection.error());
  auto found = find_gaps(*connection, *chosen, *since, *until, now);
  if (!found) return std::unexpected(found.error());
  if (*type) std::erase_if(*found, [&](const Gap& gap) { return gap.data_type != **type; });
  return options.json ? gaps_json(*found, world.is_made_up()) : gaps_table(*found, world.is_made_up());
}

}  // namespace

void add_gaps_command(program::Commands& commands) {
  CLI::App& command = commands.add("gaps", "Shows where files are missing, by the collectors' cadence");
  const auto options = std::make_shared<GapOptions>();
  command.add_option("--since", options->since, "From when: 48h (the default), 2026-11, 2026-11-21T08:00:00");
  command.add_option("--until", options->until, "Up to when (default now)");
  offer_filters(commands, *command.add_option("--project", options->project, kProjectHelp),
                *command.add_option("--type", options->data_type, kTypeHelp));
  command.add_flag("--json", options->json, "As JSON");
  commands.data_dir(command);
  commands.setting(command, "--collector", "collectors", "Only these, a comma list");
  commands.example("skerry gaps --since 2026-11 --project ris", "what is missing at RIPE RIS since November");
  commands.on(command, [options](const Invocation& invocation) -> Result<Exit> {
    const auto text = gaps(invocation, *options);
    if (!text) return std::unexpected(text.error());
    options->json ? program::say_json(*text) : program::say(*text);
    return Exit::ok;
  });
}

}  // namespace skerry::broker
