#include "tests/archive/collectors.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "shared/url.hpp"

namespace skerry::archive {
namespace {

std::string text_of(const nlohmann::json& object, const char* name) {
  const auto member = object.find(name);
  return member != object.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Result<Collector> read_collector(const nlohmann::json& entry) {
  if (!entry.is_object()) return fail("collectors_invalid", "not an object");
  Collector collector{.id = text_of(entry, "id"), .project = {}, .host = {}, .path = {}};
  if (collector.id.empty()) return fail("collectors_invalid", "no id");

  const auto project = broker::parse_project(text_of(entry, "project"));
  if (!project) return fail("collectors_invalid", "the project must be riperis or routeviews");
  collector.project = *project;

  const auto url = text_of(entry, "url");
  const auto parsed = Url::parse(url);
  if (!parsed || !parsed->scheme().starts_with("http") || parsed->path().empty() || parsed->query() ||
      parsed->fragment()) {
    return fail("collectors_invalid", "the url must be like https://host/path");
  }
  collector.host = parsed->authority();
  collector.path = parsed->path();
  while (collector.path.ends_with('/')) collector.path.pop_back();
  if (collector.path.empty()) return fail("collectors_invalid", "the url needs a path");
  return collector;
}

}  // namespace

Result<std::vector<Collector>> parse_collectors(std::string_view json) {
  const auto list = nlohmann::json::parse(json, nullptr, false);
  if (!list.is_array()) return fail("collectors_invalid", "The list of collectors is not a JSON array.");
  std::vector<Collector> collectors;
  for (const auto& entry : list) {
    auto collector = read_collector(entry);
    if (!collector) {
      return fail("collectors_invalid",
                  fmt::format("Collector number {}: {}.", collectors.size() + 1, collector.error().message));
    }
    collectors.push_back(std::move(*collector));
  }
  return collectors;
}

}  // namespace skerry::archive
