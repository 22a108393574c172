#include "native-host/broker/collectors.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <unistd.h>

#include "native-host/broker/layout.hpp"

namespace skerry::broker {
namespace {

const Collector* find(const std::vector<Collector>& collectors, std::string_view id) {
  const auto found = std::ranges::find(collectors, id, &Collector::id);
  return found == collectors.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("the collectors that are built in") {
  const auto collectors = default_collectors();
  CHECK(collectors.size() == 85);
  CHECK(std::ranges::count(collectors, "riperis", &Collector::project) == 26);
  CHECK(std::ranges::count(collectors, "routeviews", &Collector::project) == 59);
  CHECK(std::ranges::count(collectors, true, &Collector::deprecated) == 6);
  CHECK(std::ranges::is_sorted(collectors, {}, &Collector::id));
  CHECK(std::ranges::count_if(collectors, [](const auto& c) { return c.url.starts_with("http://"); }) == 6);
  CHECK(*find(collectors, "rrc00") ==
        Collector{"rrc00", "riperis", Layout::riperis, "https://data.ris.ripe.net/rrc00", false});
  CHECK(*find(collectors, "route-views2") == Collector{"route-views2", "routeviews", Layout::routeviews,
                                                       "https://archive.routeviews.org/route-views2/bgpdata",
                                                       false});
  CHECK(find(collectors, "getafix.mnl")->url == "http://archive.routeviews.org/getafix.mnl/bgpdata");
  CHECK(find(collectors, "rrc17") == nullptr);
}

TEST_CASE("a file of users") {
  const auto base = default_collectors();
  const auto apply = [&](std::string_view json) { return apply_collectors(base, json, "my.json").value(); };

  SUBCASE("the short form") {
    const auto collectors = apply(R"([
      {"id": "rrc00", "url": "http://127.0.0.1:9000/rrc00/"},
      {"id": "rrc01", "disabled": true},
      {"id": "rrc99", "project": "RIPE-RIS", "url": "data.ris.ripe.net/rrc99"},
      {"id": "lab-1", "project": "lab", "layout": "routeviews", "url": "HTTP://lab.example/bgpdata//", "deprecated": true},
      {"id": "gone", "disabled": true}
    ])");
    CHECK(collectors.size() == 86);
    CHECK(find(collectors, "rrc00")->url == "http://127.0.0.1:9000/rrc00");
    CHECK(find(collectors, "rrc00")->project == "riperis");
    CHECK(find(collectors, "rrc01") == nullptr);
    CHECK(*find(collectors, "rrc99") ==
          Collector{"rrc99", "riperis", Layout::riperis, "https://data.ris.ripe.net/rrc99", false});
    CHECK(*find(collectors, "lab-1") ==
          Collector{"lab-1", "lab", Layout::routeviews, "http://lab.example/bgpdata", true});
  }
  SUBCASE("an archive of its own way, in a folder of this machine") {
    const auto collectors = apply(R"([
      {"id": "lab-1", "project": "lab", "url": "file:///srv/lab/",
       "layout": {"rib": "{year}/{month}/ribs/", "update": "{year}/{month}/", "rib_seconds": 3600,
                  "update_seconds": 60}}
    ])");
    CHECK(*find(collectors, "lab-1") == Collector{"lab-1",
                                                  "lab",
                                                  Layout::custom,
                                                  "file:///srv/lab",
                                                  false,
                                                  {"{year}/{month}/ribs/", "{year}/{month}/",
                                                   std::chrono::hours(1), std::chrono::minutes(1)}});
    CHECK(find(with_origin(collectors, "http://127.0.0.1:1"), "lab-1")->url == "file:///srv/lab");
  }
  SUBCASE("requirement 38: a base with http stays so, with every layout") {
    const auto collectors = apply(R"([{"id": "rrc00", "url": "http://mirror.example/rrc00"},
      {"id": "lab", "project": "lab", "url": "http://lab.example/x", "layout": {"rib": "r/", "rib_seconds": 60}}])");
    CHECK(month_listings(*find(collectors, "rrc00"), std::chrono::year(2026) / 11).front().url ==
          "http://mirror.example/rrc00/2026.11/");
    CHECK(month_listings(*find(collectors, "lab"), std::chrono::year(2026) / 11).front().url ==
          "http://lab.example/x/r/");
  }
  SUBCASE("two at one place that read other folders of it, and one that takes another's place") {
    const auto collectors = apply(R"([
      {"id": "a", "project": "lab", "layout": {"rib": "a/", "rib_seconds": 60}, "url": "file:///srv"},
      {"id": "b", "project": "lab", "layout": {"rib": "b/", "rib_seconds": 60}, "url": "file:///srv"},
      {"id": "rrc00", "disabled": true},
      {"id": "ours", "project": "ris", "url": "https://data.ris.ripe.net/rrc00"}])");
    CHECK(collectors.size() == 87);
  }
  SUBCASE("the form of broker v2") {
    const auto collectors = apply(
        R"({"projects":[{"name":"riperis","collectors":[{"id":"rrc00","url":"http://127.0.0.1:9000/rrc00"}]},
                        {"name":"routeviews","collectors":[{"id":"new","url":"http://x.example/bgpdata"}]}]})");
    CHECK(find(collectors, "rrc00")->url == "http://127.0.0.1:9000/rrc00");
    CHECK(find(collectors, "new")->layout == Layout::routeviews);
  }
}

TEST_CASE("files that are refused") {
  const struct {
    const char* json;
    const char* complaint;
  } cases[] = {
      {"", "line 1 is not JSON"},
      {"[\n{\"id\": \"a\",}\n]", "line 2 is not JSON"},
      {"3", "the file is not an object"},
      {"{}", "the file has no array projects"},
      {R"({"projects": [], "x": 1})", "the file has the unknown member \"x\""},
      {R"([3])", "collector 1 is not an object"},
      {R"([{"id": ""}])", "collector 1 () has a id that is no string, or an empty one"},
      {R"([{"project": "ris"}])", "collector 1 needs an id"},
      {R"([{"id": "a/b", "project": "ris", "url": "x"}])", "collector 1 (a/b) needs an id"},
      {R"([{"id": "a", "project": "ris", "url": 5}])", "collector 1 (a) has a url that is no string"},
      {R"([{"id": "a", "project": "ris", "url": "ftp://x/y"}])", "has a url that is not like"},
      {R"([{"id": "a", "project": "ris", "url": "https:///y"}])", "has a url that is not like"},
      {R"([{"id": "a", "project": "ris", "url": "https://u:p@x/y"}])", "has a url that is not like"},
      {R"([{"id": "a", "project": "ris", "url": "https://x/y?z"}])", "has a url that is not like"},
      {R"([{"id": "a", "project": "ris", "url": "https://x/ y"}])", "has a url that is not like"},
      {R"([{"id": "a", "project": "ris"}])", "is new and needs a project and a url"},
      {R"([{"id": "a", "url": "https://x/y"}])", "is new and needs a project and a url"},
      {R"([{"id": "a", "project": "lab", "url": "https://x/y"}])", "needs a layout"},
      {R"([{"id": "a", "project": "lab", "layout": "flat", "url": "https://x/y"}])",
       "has a layout that is neither"},
      {R"([{"id": "a", "project": "lab", "layout": 3, "url": "https://x/y"}])",
       "has a layout that is no string"},
      {R"([{"id": "a", "project": "lab", "layout": {}, "url": "https://x/y"}])",
       "layout needs a folder rib or update"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "x/"}, "url": "https://x/y"}])",
       "layout needs both rib and rib_seconds"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib_seconds": 60}, "url": "https://x/y"}])",
       "layout needs both rib and rib_seconds"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "../x/", "rib_seconds": 60}, "url": "https://x/y"}])",
       "layout has a rib that is no folder"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "/x/", "rib_seconds": 60}, "url": "https://x/y"}])",
       "layout has a rib that is no folder"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "{day}/", "rib_seconds": 60}, "url": "https://x/y"}])",
       "layout has a rib that is no folder"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "x/", "rib_seconds": 59}, "url": "https://x/y"}])",
       "rib_seconds that are not from 60 to 86400"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "x/", "rib_seconds": 1e3}, "url": "https://x/y"}])",
       "rib_seconds that is no whole number"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "x/", "rib_seconds": 60, "day": 1}, "url": "https://x/y"}])",
       "layout has the unknown member \"day\""},
      {R"([{"id": "rrc00", "disabled": "yes"}])", "has a disabled that is neither true nor false"},
      {R"([{"id": "rrc00", "Url": "https://x/y"}])", "has the unknown member \"Url\""},
      {R"([{"id": "rrc00"}, {"id": "rrc00"}])", "collector 2 (rrc00) has an id that another one has already"},
      {R"([{"id": "a", "project": "lab", "layout": "routeviews", "url": "https://x/y"},
           {"id": "b", "project": "lab", "layout": "routeviews", "url": "x/y/"}])",
       "collector 1 (a) has the url of b"},
      {R"([{"id": "ours", "project": "ris", "url": "https://data.ris.ripe.net/rrc00"}])",
       "collector 1 (ours) has the url of rrc00"},
      {R"([{"id": "rrc01", "url": "https://data.ris.ripe.net/rrc00"}])",
       "collector 1 (rrc01) has the url of rrc00"},
      {R"([{"id": "a", "project": "lab", "layout": {"rib": "x/", "rib_seconds": 60}, "url": "file:///srv"},
           {"id": "b", "project": "lab", "layout": {"rib": "x/", "rib_seconds": 600}, "url": "file:///srv"}])",
       "collector 1 (a) has the url of b"},
      {R"({"projects":[{"collectors":[]}]})", "project 1 has no name"},
      {R"({"projects":[{"name":"ris"}]})", "project 1 has no array collectors"},
      {R"({"projects":[{"name":"ris","collectors":[{"id":"rrc00","project":"ris"}]}]})",
       "project 1, collector 1 (rrc00) has the unknown member \"project\""},
  };
  for (const auto& [json, complaint] : cases) {
    CAPTURE(json);
    const auto result = apply_collectors(default_collectors(), json, "my.json");
    REQUIRE_FALSE(result);
    CHECK(result.error().code == "collectors_invalid");
    CAPTURE(result.error().message);
    CHECK(result.error().message.starts_with("my.json: "));
    CHECK(result.error().message.contains(complaint));
  }
  CHECK(load_collectors("/nonexistent.json").error().code == "collectors_invalid");
  CHECK(load_collectors("").value() == default_collectors());
}

TEST_CASE("each entry that can't be read is named, up to ten of them") {
  const auto message = [](const std::string& json) {
    const auto result = apply_collectors(default_collectors(), json, "my.json");
    return result ? std::string() : result.error().message;
  };
  const auto lines = [](const std::string& text) { return 1 + std::ranges::count(text, '\n'); };
  CHECK(message(R"([{"id": "rrc00"}, 3, {"id": "rrc01"}, {"id": ""}])") ==
        "my.json: collector 2 is not an object.\n"
        "my.json: collector 4 () has a id that is no string, or an empty one.");
  std::string all = "[3";
  for (int i = 1; i < 1000; ++i) all += ",3";
  CHECK(lines(message(all + "]")) == 11);
  CHECK(message(all + "]").ends_with("\n990 further entries can't be read."));
  CHECK(lines(message(R"({"projects":[{"name":"ris","collectors":[3,4]}]})")) == 2);

  const auto path = std::filesystem::temp_directory_path() / ("collectors-" + std::to_string(::getpid()));
  std::string none;
  for (const auto& collector : default_collectors())
    none += (none.empty() ? "[" : ",") + (R"({"disabled":true,"id":")" + collector.id + "\"}");
  std::ofstream(path) << none << "]";
  const auto loaded = load_collectors(path);
  std::filesystem::remove(path);
  REQUIRE_FALSE(loaded);
  CHECK(loaded.error().code == "collectors_invalid");
  CHECK(loaded.error().message.contains("every collector is disabled"));
}

TEST_CASE("another origin") {
  const auto moved = with_origin(default_collectors(), "http://127.0.0.1:9000/");
  CHECK(find(moved, "rrc00")->url == "http://127.0.0.1:9000/rrc00");
  CHECK(find(moved, "amsix.ams")->url == "http://127.0.0.1:9000/amsix.ams/bgpdata");
}

}  // namespace skerry::broker
