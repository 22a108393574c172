#include "native-host/program/conninfo.hpp"

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

}  // namespace

void read_conninfo_parts(const config::Environment& environment, const std::string& prefix,
                         const std::string& port, int weight, config::ForeignNames& out) {
  const auto part = [&](const char* name) { return value_of(environment, prefix + name); };
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

}  // namespace skerry::program
