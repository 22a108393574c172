#include "tests/guestbook/capability.hpp"

#include <span>
#include <utility>

#include <spdlog/fmt/fmt.h>

#include "native-host/program/human.hpp"
#include "native-host/program/status.hpp"
#include "tests/guestbook/desk.hpp"
#include "tests/guestbook/settings.hpp"

namespace skerry::guestbook {

std::span<const std::pair<std::string_view, std::string_view>> migration_files();

namespace {

using program::Check;
using program::Finding;

std::vector<postgres::Migration> migrations() {
  return postgres::migrations_of(migration_files());
}

Result<Counted> look(const program::Inspection& at) {
  if (const auto* desk = at.find<Desk>(); desk != nullptr) return desk->counted();
  auto connection = at.connect();
  if (!connection) return std::unexpected(connection.error());
  return count(*connection);
}

void check(const program::Inspection& at, program::Findings& findings) {
  const auto counted = look(at);
  if (counted) {
    findings.push_back({Finding::Status::ok, "guestbook", fmt::format("{} entries.", counted->entries)});
  } else {
    // From outside, the program may just not run.
    const auto status = at.from_outside() ? Finding::Status::warning : Finding::Status::failed;
    findings.push_back({status, "guestbook", program::with_code(counted.error()),
                        "Nobody can read or write until the database is there again; see its line."});
  }
}

void add_checks(program::Checks& checks) {
  checks.add({.name = "guestbook", .shown = Check::health | Check::ready | Check::doctor, .probe = check});
}

void add_status(program::Status& status) {
  const auto counted = look(status.at);
  auto& json = status.json["guestbook"] = nlohmann::ordered_json::object();
  if (!counted) return;
  json["entries"] = counted->entries;
  if (!counted->last.empty()) json["last"] = counted->last;
  status.line("Guestbook", counted->last.empty()
                               ? "no entries"
                               : fmt::format("{} entries, the last of {}", counted->entries, counted->last));
  status.known = true;
}

Result<std::unique_ptr<program::Running>> open(program::Host& host) {
  if (!host.roles().serves) return nullptr;
  return std::make_unique<Desk>(host);
}

}  // namespace

program::Capability capability() {
  return {.name = "guestbook",
          .settings = settings_table,
          .migrations = migrations,
          .commands = add_commands,
          .checks = add_checks,
          .status = add_status,
          .open = open};
}

}  // namespace skerry::guestbook
