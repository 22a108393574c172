#include "shared/routes.hpp"

#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry {

std::span<const std::pair<std::string_view, std::string_view>> routes_test_files();

namespace {

class MapConfig final : public Config {
 public:
  explicit MapConfig(std::map<std::string, std::string, std::less<>> values) : values_(std::move(values)) {}
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    const auto found = values_.find(name);
    if (found == values_.end()) return std::nullopt;
    return found->second;
  }

 private:
  std::map<std::string, std::string, std::less<>> values_;
};

TEST_CASE("every request finds its function, as in JavaScript") {
  const auto table = nlohmann::json::parse(routes_test_files()[0].second);
  std::vector<RouteTable::Path> paths;
  std::vector<RouteTable::Path> html;
  std::vector<RouteTable::Hosts> hosts;
  const auto& functions = table["functions"];
  for (std::size_t i = 0; i < functions.size(); ++i) {
    for (const auto& route : functions[i]["routes"]) {
      paths.push_back({route.get_ref<const std::string&>(), i});
    }
    if (functions[i].contains("html_routes")) {
      for (const auto& route : functions[i]["html_routes"])
        html.push_back({route.get_ref<const std::string&>(), i});
    }
    if (functions[i].contains("host_setting")) {
      hosts.push_back({functions[i]["host_setting"].get_ref<const std::string&>(), i});
    }
  }
  const MapConfig config(table["settings"]);
  REQUIRE(table["cases"].size() > 30);
  for (const auto& item : table["cases"]) {
    CAPTURE(item.dump());
    Request request;
    request.target = item["target"];
    if (item.contains("host")) request.headers.add("host", item["host"].get<std::string>());
    if (item.contains("accept")) request.headers.add("accept", item["accept"].get<std::string>());
    const auto found = find_route({paths, hosts, html}, request, config);
    CHECK((found ? functions[*found]["name"] : nlohmann::json()) == item["function"]);
  }
  CHECK_FALSE(find_route({}, Request{}, config));
}

TEST_CASE("host names come without their port") {
  for (const auto& [header, name] :
       std::vector<std::pair<std::string, std::string>>{{"example.org", "example.org"},
                                                        {" example.org:8080 ", "example.org"},
                                                        {"example.org.", "example.org"},
                                                        {"example.org.:8080", "example.org"},
                                                        {"[::1]:80", "[::1]"},
                                                        {"[::1]", "[::1]"},
                                                        {"[::1", "[::1"},
                                                        {"a:b:c", "a"},
                                                        {":", ""},
                                                        {"", ""}}) {
    CAPTURE(header);
    Request request;
    request.headers.add("Host", header);
    CHECK(host_name(request) == name);
  }
  CHECK(host_name(Request{}).empty());
}

}  // namespace
}  // namespace skerry
