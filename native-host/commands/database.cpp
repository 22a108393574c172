#include "native-host/program/database.hpp"

#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <libpq-fe.h>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/commands/commands.hpp"
#include "native-host/postgres/upgrade.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/stop_signal.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/world.hpp"

namespace skerry::commands {
namespace {

using program::Exit;
using program::Invocation;

struct Flags {
  int to = 0;
  bool dry_run = false;
  bool json = false;
};

nlohmann::ordered_json as_json(const postgres::Upgraded& upgraded, const Flags& flags) {
  return {{"from", upgraded.from},          {"to", upgraded.to},
          {"upgraded", upgraded.done},      {"dry_run", flags.dry_run},
          {"kept", upgraded.kept.string()}, {"bytes", upgraded.bytes},
          {"free_bytes", upgraded.free},    {"tables", upgraded.tables},
          {"rows", upgraded.rows}};
}

std::string as_text(const postgres::Upgraded& upgraded) {
  if (upgraded.from == upgraded.to)
    return fmt::format("Nothing to do: the database is PostgreSQL {}'s, the newest that is installed.\n",
                       upgraded.from);
  if (!upgraded.done) {
    return fmt::format(
        "`skerry db upgrade` would carry {} of PostgreSQL {} over to {} and keep the old cluster as {}; {} "
        "are "
        "free.\n",
        program::human_size(static_cast<double>(upgraded.bytes)), upgraded.from, upgraded.to,
        upgraded.kept.string(), program::human_size(static_cast<double>(upgraded.free)));
  }
  return fmt::format(
      "Carried {} tables with {} rows over from PostgreSQL {} to {}. Start skerry again. The old cluster is "
      "{}: "
      "remove it when all is well.\n",
      upgraded.tables, upgraded.rows, upgraded.from, upgraded.to, upgraded.kept.string());
}

Result<postgres::Upgraded> upgrade(const Invocation& invocation, const Flags& flags) {
  const auto world = program::World::to_look_at(invocation.loaded, invocation.capabilities);
  if (!world.database_url().empty()) {
    return fail(ErrorKind::usage, "database_elsewhere",
                "database_url names a PostgreSQL elsewhere, which is not this program's to upgrade.");
  }
  program::StopSignal signals;
  Result<postgres::Upgraded> upgraded;
  run_until_stopped(signals, [&](const std::stop_token& stop) {
    upgraded = postgres::upgrade({.data_dir = world.data_dir(),
                                  .to = flags.to,
                                  .dry_run = flags.dry_run,
                                  .stop = stop,
                                  .say = program::note});
  });
  return upgraded;
}

Result<Exit> run_upgrade(const Invocation& invocation, const Flags& flags) {
  const auto upgraded = upgrade(invocation, flags);
  if (!upgraded) return std::unexpected(upgraded.error());
  if (flags.json)
    program::say_json(as_json(*upgraded, flags).dump(2) + "\n");
  else
    program::say(as_text(*upgraded));
  return Exit::ok;
}

/// Becomes psql: comes back only where that can't be. What it must know goes through its environment, which
/// other users can't read.
Result<Exit> become_psql(const Invocation& invocation, std::vector<std::string> words) {
  const auto world = program::World::to_look_at(invocation.loaded, invocation.capabilities);
  const auto conninfo = program::find_database(world);
  if (!conninfo) return std::unexpected(conninfo.error());
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options(
      PQconninfoParse(conninfo->c_str(), nullptr), PQconninfoFree);
  if (!options) return fail(ErrorKind::usage, "config_invalid", "database_url is no connection string.");
  for (const auto* option = options.get(); option->keyword != nullptr; ++option)
    if (option->envvar != nullptr && option->val != nullptr) setenv(option->envvar, option->val, 1);
  std::string name = "psql";
  std::vector<char*> arguments{name.data()};
  for (auto& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  program::restore_streams();
  execvp(name.c_str(), arguments.data());
  return fail(ErrorKind::not_installed, "psql_missing", "There is no psql here: install postgresql-client.");
}

}  // namespace

void add_database(program::Commands& commands) {
  CLI::App& db = commands.add("db", "The private PostgreSQL");
  db.require_subcommand(1);
  const auto flags = std::make_shared<Flags>();
  CLI::App& to_upgrade = *db.add_subcommand(
      "upgrade",
      "Carries the private database over to a newer PostgreSQL that is installed; keeps the old one");
  program::whole_number(
      *to_upgrade.add_option("--to", flags->to, "The major version (default: the newest that is installed)"),
      15, 99);
  to_upgrade.add_flag("--dry-run", flags->dry_run, "Checks everything, and changes nothing");
  to_upgrade.add_flag("--json", flags->json, "As JSON");
  commands.data_dir(to_upgrade);
  commands.on(to_upgrade, [flags](const Invocation& invocation) { return run_upgrade(invocation, *flags); });
  CLI::App& psql =
      *db.add_subcommand("psql", "Opens psql on the database of the settings, with what follows");
  psql.prefix_command();
  psql.fallthrough(false);  // flags behind it are psql's
  commands.data_dir(psql);
  commands.on(psql,
              [&psql](const Invocation& invocation) { return become_psql(invocation, psql.remaining()); });
  commands.example("skerry db psql -c 'TABLE broker.latest_times'",
                   "the view's rows as the database has them");
  commands.example("skerry db upgrade --dry-run", "whether the database can go to a newer PostgreSQL");
}

}  // namespace skerry::commands
