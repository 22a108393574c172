#include "native-host/broker/latest_table.hpp"

#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace skerry;
using namespace skerry::broker;

namespace {

constexpr std::string_view kView = R"({"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[
{"timestamp":"2026-11-21T08:00:00","delay":312.3,"collector_id":"amsix.ams","data_type":"update","item_url":"","rough_size":12600000,"exact_size":0,"project":"routeviews","collector_url":""},
{"timestamp":"2026-11-19T08:00:00","delay":173112.3,"collector_id":"rrc00","data_type":"rib","item_url":"","rough_size":435415200,"exact_size":0,"project":"riperis","collector_url":""}]})";

}  // namespace

TEST_CASE("the view as a table") {
  CHECK(latest_table(kView, {}).value() ==
        "collector  type    newest file (UTC)           delay       size\n"
        "amsix.ams  update  2026-11-21 08:00:00         5 min    12.6 MB\n"
        "rrc00      rib     2026-11-19 08:00:00       2 d 0 h   435.4 MB  late\n"
        "2 of 2 rows, 1 late, as of 2026-11-21T08:05:12.345Z\n");
}

TEST_CASE("a selection") {
  const auto rows = [](const TableOptions& options) {
    const std::string table = latest_table(kView, options).value();
    return table.substr(table.rfind('\n', table.size() - 2) + 1, 1);
  };
  CHECK(rows({.project = "RIS"}) == "1");
  CHECK(rows({.collector_id = " rrc00, amsix.ams,"}) == "2");
  CHECK(rows({.collector_id = "rrc00,rrc01", .known_collectors = {"rrc01"}}) == "1");
  CHECK(rows({.data_type = "updates"}) == "1");
  CHECK(rows({.late_only = true}) == "1");
  CHECK(latest_table(kView, {.project = "x"}).error().code == "unknown_project");
  CHECK(latest_table(kView, {.data_type = "x"}).error().code == "unknown_data_type");
}

TEST_CASE("a filter that names nothing is refused, by the table and by the document") {
  for (const auto& [options, code] : std::vector<std::pair<TableOptions, std::string>>{
           {{.collector_id = "nope"}, "unknown_collector"},
           {{.collector_id = "rrc00,none"}, "unknown_collector"},
           {{.collector_id = "rrc0"}, "unknown_collector"},
           {{.project = "x"}, "unknown_project"},
           {{.data_type = "x"}, "unknown_data_type"},
       }) {
    for (const auto& refused : {latest_table(kView, options), latest_json(std::string(kView), options)}) {
      REQUIRE(!refused);
      CHECK(refused.error().code == code);
      CHECK(refused.error().kind == ErrorKind::usage);
    }
  }
  CHECK(latest_table(kView, {.collector_id = "rrc0"}).error().message ==
        "There is no collector \"rrc0\"; the nearest is \"rrc00\".");
}

TEST_CASE("a selection as JSON") {
  const auto ids = [](const TableOptions& options) {
    std::string ids;
    const auto view = nlohmann::ordered_json::parse(latest_json(std::string(kView), options).value());
    CHECK(view["last_updated_at"] == "2026-11-21T08:05:12.345Z");
    for (const auto& row : view["latest"]) ids += row["collector_id"].get<std::string>() + ' ';
    return ids;
  };
  CHECK(latest_json(std::string(kView), {}).value() == kView);
  CHECK(ids({}) == "amsix.ams rrc00 ");
  CHECK(ids({.project = "RIS"}) == "rrc00 ");
  CHECK(ids({.collector_id = "amsix.ams"}) == "amsix.ams ");
  CHECK(ids({.data_type = "updates"}) == "amsix.ams ");
  CHECK(latest_json(std::string(kView), {.late_only = true}).value() ==
        R"({"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)" +
            std::string(kView.substr(kView.rfind('{'), kView.rfind(']') - kView.rfind('{'))) + "]}");
  CHECK(latest_json(std::string(kView), {.project = "x"}).error().code == "unknown_project");
  CHECK(latest_json(std::string(kView), {.data_type = "x"}).error().code == "unknown_data_type");
}

TEST_CASE("what the replica made up says so first") {
  std::string view(kView);
  view.insert(1, R"("made_up":true,)");
  CHECK(latest_table(view, {}).value().starts_with("Made up: these listings are the archive replica's"));
  view.replace(view.find("true"), 4, "false");
  CHECK(latest_table(view, {}).value().starts_with("collector"));
}

TEST_CASE("a project of one's own") {
  std::string view(kView);
  view.replace(view.find("routeviews"), 10, "lab");
  for (const char* word : {"lab", "LAB", "Lab"})
    CHECK(latest_table(view, {.project = word}).value().contains("1 of 2 rows"));
  const auto unknown = latest_table(view, {.project = "isolario"});
  REQUIRE(!unknown);
  CHECK(unknown.error().message == "Unknown project isolario; there are: routeviews, riperis, lab.");
}

TEST_CASE("what is no view") {
  for (const auto* text :
       {"", "null", "[]", "{}", R"({"latest":{}})", R"({"latest":[1]})", R"({"latest":[{}]})", "\xff"}) {
    CHECK(latest_table(text, {}).error().code == "view_unreadable");
    CHECK(latest_json(text, {}).error().code == "view_unreadable");
  }
  CHECK(latest_table(R"({"latest":[],"last_updated_at":3})", {}).value().contains("as of an unknown time"));
}
