#include "native-host/publish/health.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "native-host/publish/json_text_at.hpp"

namespace skerry::publish {
namespace {

using Json = nlohmann::ordered_json;

}  // namespace

std::string render_health(Time now, const std::vector<Check>& checks, std::string_view previous) {
  const auto before = parse_health(previous);
  auto rows = Json::array();
  for (const auto& check : checks) {
    Time since = now;
    if (before) {
      const auto known = std::ranges::find(before->checks, check.name, &Check::name);
      if (known != before->checks.end() && known->ok == check.ok && known->since) since = *known->since;
    }
    rows.push_back({{"name", check.name},
                    {"ok", check.ok},
                    {"message", check.message},
                    {"since", format_rfc3339(since)}});
  }
  const Json out{{"format", 1}, {"checked_at", format_rfc3339(now)}, {"checks", std::move(rows)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::optional<Health> parse_health(std::string_view text) {
  const auto json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return std::nullopt;
  const auto checked_at = parse_rfc3339(text_at(json, "checked_at"));
  const auto rows = json.find("checks");
  if (!checked_at || rows == json.end() || !rows->is_array()) return std::nullopt;
  Health health{.checked_at = *checked_at, .checks = {}};
  for (const auto& row : *rows) {
    if (!row.is_object()) continue;
    const auto ok = row.find("ok");
    health.checks.push_back({.name = text_at(row, "name"),
                             .ok = ok != row.end() && ok->is_boolean() && ok->get<bool>(),
                             .message = text_at(row, "message"),
                             .since = parse_rfc3339(text_at(row, "since"))});
  }
  return health;
}

}  // namespace skerry::publish
