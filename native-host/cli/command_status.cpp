#include <cstdio>
#include <filesystem>

#include <spdlog/fmt/fmt.h>

#include "native-host/cli/commands.hpp"
#include "native-host/cli/status_report.hpp"
#include "native-host/cli/targets.hpp"

namespace skerry::cli {
namespace {

void ask_database(const config::Settings& settings, int cycles, StatusReport& report) {
  const auto conninfo = reachable_database(settings);
  if (!conninfo) {
    report.database = Error{"db_unreachable", "The private PostgreSQL does not run; `skerry up` starts it."};
    return;
  }
  auto connection = postgres::Connection::open(
      *conninfo,
      {.timeout = Seconds(5), .application_name = "skerry status", .statement_timeout = Seconds(10)});
  if (!connection) {
    report.database = connection.error();
    return;
  }
  auto rows = read_cycles(*connection, cycles);
  auto failing = rows ? read_failing(*connection) : std::unexpected(rows.error());
  if (!failing) {
    report.database = failing.error();
    return;
  }
  report.cycles = *std::move(rows);
  report.failing = *std::move(failing);
}

void read_store(const config::Settings& settings, StatusReport& report) {
  if (!std::filesystem::exists(std::filesystem::path(settings.data_dir) / "kv.sqlite3")) return;
  const auto store = open_store(settings);
  if (!store) {
    report.view = std::unexpected(store.error());
    return;
  }
  const auto latest = (*store)->get("latest");
  if (latest && *latest) report.view = read_freshness((*latest)->value, report.now);
  const auto health = (*store)->get("health");
  if (health && *health) report.health = health::parse((*health)->value);
}

}  // namespace

Exit run_status(const config::Settings& given, const StatusOptions& options) {
  const auto settings = to_look_at(given);
  StatusReport report{.now = system_now()};
  report.interval = settings.update_interval;
  read_store(settings, report);
  ask_database(settings, options.cycles, report);
  for (const auto& target : targets_of(settings))
    report.targets.push_back(
        {target->name(), publish::remembered(settings.data_dir, target->name(), target->address())});
  fmt::print("{}{}", options.json ? status_json(report) : status_text(report), options.json ? "\n" : "");
  return !report.view && report.database ? Exit::failed : Exit::ok;
}

}  // namespace skerry::cli
