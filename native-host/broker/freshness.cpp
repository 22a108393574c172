#include "native-host/broker/freshness.hpp"

#include <nlohmann/json.hpp>

#include "shared/broker/lateness.hpp"

namespace skerry::broker {
namespace {

std::string text_at(const nlohmann::json& object, const char* name) {
  if (!object.is_object()) return {};
  const auto found = object.find(name);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

}  // namespace

Result<FreshnessReport> read_freshness(std::string_view view, Time now) {
  const auto json = nlohmann::json::parse(view, nullptr, false);
  const auto updated = parse_rfc3339(text_at(json, "last_updated_at"));
  if (!updated || !json.contains("latest") || !json["latest"].is_array())
    return fail("view_unreadable", "The stored view can't be read; the next cycle writes a new one.");
  const auto mark = json.find("made_up");
  FreshnessReport report{.last_updated_at = *updated,
                         .made_up = mark != json.end() && mark->is_boolean() && mark->get<bool>(),
                         .rows = {}};
  for (const auto& item : json["latest"]) {
    const auto type = parse_data_type(text_at(item, "data_type"));
    const auto newest = parse_naive(text_at(item, "timestamp"));
    if (!type || !newest) return fail("view_unreadable", "A row of the stored view has no type or no time.");
    report.rows.push_back({.collector = text_at(item, "collector_id"),
                           .type = *type,
                           .newest = *newest,
                           .late = is_late(*type, now - *newest),
                           .late_since = *newest + late_after(*type)});
  }
  return report;
}

}  // namespace skerry::broker
