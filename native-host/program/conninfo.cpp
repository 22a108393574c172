#include "native-host/program/conninfo.hpp"

#include <algorithm>
#include <string_view>

namespace skerry::program {
namespace {

std::string_view value_of(const config::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

/// `'it''s'` in the form of a libpq connection string (PostgreSQL manual, 34.1.1.1).
void append_keyword(std::string& out, std::string_view keyword, std::string_view value) {
  if (value.empty()) return;
  out.append(out.empty() ? "" : " ").append(keyword).append("='");
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

/// Those that libpq reads by itself (PostgreSQL manual, 34.15) are none of these.
bool is_meant_for_database(std::string_view name) {
  if (!name.starts_with("PG")) return false;
  name.remove_prefix(2);
  const bool is_apart = name.starts_with('_');
  if (is_apart) name.remove_prefix(1);
  constexpr std::string_view kOurs[] = {"PASS", "PW", "DB", "DBNAME", "USERNAME", "URL", "URI", "DSN"};
  constexpr std::string_view kLibpqs[] = {"HOST", "PORT", "USER", "PASSWORD", "DATABASE"};
  const auto is_one_of = [&](const auto& names) { return std::ranges::find(names, name) != std::end(names); };
  return is_one_of(kOurs) || (is_apart && is_one_of(kLibpqs));
}

}  // namespace

void read_conninfo_parts(const config::Environment& environment, const std::string& prefix,
                         const std::string& port, int weight, config::ForeignNames& out) {
  const auto part = [&](const char* name) { return value_of(environment, prefix + name); };
  for (const auto& [name, value] : environment) {
    const auto rest =
        name.starts_with(prefix) ? std::string_view(name).substr(prefix.size()) : std::string_view();
    const bool is_known =
        rest == "HOST" || rest == "USER" || rest == "PASSWORD" || rest == "DB" || name == port;
    if (value.empty() || rest.empty() || is_known) continue;
    out.warnings.push_back(name + " has no effect: " +
                           (rest == "PORT" ? port + " is the port."
                                           : "database_url (SKERRY_DATABASE_URL) says all of the database."));
  }
  const auto host = part("HOST");
  if (host.empty()) {
    for (const char* name : {"USER", "PASSWORD", "DB"}) {
      if (part(name).empty()) continue;
      auto& warning = out.warnings.emplace_back(prefix);
      warning.append(name).append(" has no effect without ").append(prefix);
      warning += "HOST; database_url (SKERRY_DATABASE_URL) takes the place of both.";
      break;
    }
    return;
  }
  std::string url;
  append_keyword(url, "host", host);
  append_keyword(url, "port", value_of(environment, port));
  append_keyword(url, "user", part("USER"));
  append_keyword(url, "password", part("PASSWORD"));
  append_keyword(url, "dbname", part("DB"));
  out.settings.push_back(
      {.setting = "database_url", .value = std::move(url), .variable = prefix + "HOST", .weight = weight});
}

void warn_of_libpq_names(const config::Environment& environment, config::ForeignNames& out) {
  const bool is_named = !out.settings.empty() || !value_of(environment, "DATABASE_URL").empty() ||
                        !value_of(environment, "SKERRY_DATABASE_URL").empty();
  for (const auto& [name, value] : environment) {
    if (value.empty()) continue;
    const bool is_place =
        name == "PGHOST" || name == "PGHOSTADDR" || name == "PGDATABASE" || name == "PGSERVICE";
    if (is_meant_for_database(name) || (is_place && !is_named))
      out.warnings.push_back(name + " has no effect: database_url (SKERRY_DATABASE_URL) names the database.");
  }
}

}  // namespace skerry::program
