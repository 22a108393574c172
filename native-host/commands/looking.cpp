#include <filesystem>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>
#include <unistd.h>

#include "native-host/commands/commands.hpp"
#include "native-host/commands/doctor.hpp"
#include "native-host/program/database.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/status.hpp"
#include "native-host/program/terminal.hpp"
#include "native-host/program/trunk_checks.hpp"
#include "shared/health/document.hpp"

namespace skerry::commands {
namespace {

using program::Exit;
using program::Inspection;
using program::Invocation;
using program::World;

Exit run_doctor(const Invocation& invocation, bool json) {
  const auto world = World::to_look_at(invocation.loaded, invocation.capabilities);
  const auto schemas = schemas_of(invocation.capabilities);
  program::Checks checks;
  add_trunk_checks(checks);
  for (const auto& capability : invocation.capabilities)
    if (capability.checks != nullptr) capability.checks(checks);
  add_last_checks(checks);

  program::Findings findings{judge_settings(invocation.unreadable, invocation.loaded.warnings)};
  const auto store = open_store(world);
  if (!store) findings.push_back(program::judge_store(store_path(world).string(), store.error()));
  std::vector<Time> clocks;
  const Inspection inspection{
      .loaded = invocation.loaded,
      .world = world,
      .now = program::system_now(),
      .store = store ? store->get() : nullptr,
      .schemas = schemas,
      .clocks = &clocks,
      .connect = [&] { return connect_to(world, "skerry doctor", program::kInspecting); }};
  std::ranges::move(checks.run(program::Check::doctor, inspection), std::back_inserter(findings));
  if (json)
    program::say_json(doctor_json(findings) + "\n");
  else
    program::put(doctor_text(findings, program::takes_colour(STDOUT_FILENO)));
  return is_well(findings) ? Exit::ok : Exit::failed;
}

/// What the last self-check found wrong. False where that is anything.
bool add_health(program::Status& status) {
  auto& health = status.json["health"] = nlohmann::ordered_json::array();
  const auto entry = status.at.stored("health");
  const auto document = entry ? health::parse(entry->value) : std::nullopt;
  if (!document) return true;
  bool is_well = true;
  for (const auto& check : document->checks) {
    health.push_back({{"name", check.name},
                      {"ok", check.ok},
                      {"message", check.message},
                      {"since", check.since ? nlohmann::ordered_json(format_rfc3339(*check.since))
                                            : nlohmann::ordered_json()}});
    if (check.ok) continue;
    is_well = false;
    const auto since = check.since ? " since " + program::human_minute(*check.since) : "";
    status.lines += fmt::format("Not well: {}{}: {}\n", check.name, since, check.message);
  }
  return is_well;
}

void add_database(program::Status& status, const std::optional<Error>& away) {
  status.json["database"] = {{"ok", !away}};
  if (away) {
    status.json["database"]["code"] = away->code;
    status.json["database"]["message"] = away->message;
  } else {
    status.known = true;
  }
  status.line("Database", away ? "not asked: " + program::with_code(*away) : "PostgreSQL answers");
}

Exit run_status(const Invocation& invocation, int rounds, bool json) {
  const auto world = World::to_look_at(invocation.loaded, invocation.capabilities);
  const auto store = open_store(world);
  auto connection =
      connect_to(world, "skerry status",
                 {.timeout = std::chrono::seconds(5), .statement_timeout = std::chrono::seconds(10)});
  const auto away = connection ? std::nullopt : std::optional(connection.error());
  const Inspection inspection{.loaded = invocation.loaded,
                              .world = world,
                              .now = program::system_now(),
                              .store = store ? store->get() : nullptr,
                              .store_error = store ? std::nullopt : std::optional(store.error()),
                              .connect = [&]() -> Result<postgres::Connection> {
                                if (away) return std::unexpected(*away);
                                return connect_to(world, "skerry status",
                                                  {.timeout = std::chrono::seconds(5),
                                                   .statement_timeout = std::chrono::seconds(10)});
                              }};
  program::Status status(inspection, rounds);
  status.json["now"] = format_rfc3339(inspection.now);
  for (const auto& capability : invocation.capabilities)
    if (capability.status != nullptr) capability.status(status);
  if (!store) {
    status.json["store"] = {{"ok", false}, {"code", store.error().code}, {"message", store.error().message}};
    status.line("Store", "can't be read: " + program::with_code(store.error()));
  }
  add_database(status, away);
  const bool is_well = add_health(status);
  std::optional<Error> unknown;
  if (!status.known) {
    unknown = store ? away.value_or(Error{"view_missing", "There is nothing to show yet."}) : store.error();
    status.json["error"] = {{"code", unknown->code}, {"message", unknown->message}};
  }
  if (json)
    program::say_json(status.json.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
  else
    program::say(status.lines + status.text);
  program::flush();
  if (unknown) return program::complain(*unknown);
  return is_well ? Exit::ok : Exit::failed;
}

}  // namespace

void add_looking(program::Commands& commands) {
  CLI::App& status = commands.add("status", "Shows the last rounds, what is late and what fails");
  const auto rounds = std::make_shared<int>(10);
  const auto json = std::make_shared<bool>(false);
  program::whole_number(*status.add_option("--cycles", *rounds, "How many of the last rounds (default 10)"),
                        0, 10'000);
  status.add_flag("--json", *json, "As JSON");
  commands.data_dir(status);
  commands.on(status, [rounds, json](const Invocation& invocation) {
    return run_status(invocation, *rounds, *json);
  });
  commands.example("skerry status", "what is late, what fails, since when");

  CLI::App& doctor = commands.add("doctor", "Checks everything, and says what to do");
  doctor.add_flag("--json", *json, "As JSON");
  commands.data_dir(doctor);
  commands.on(doctor, [json](const Invocation& invocation) { return run_doctor(invocation, *json); }, true);
  commands.example("skerry doctor", "what is wrong here, and what to do");
}

}  // namespace skerry::commands
