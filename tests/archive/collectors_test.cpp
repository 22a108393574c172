#include "tests/archive/collectors.hpp"

#include <algorithm>
#include <set>
#include <string>

#include <doctest/doctest.h>

using namespace skerry::archive;

TEST_CASE("the built-in collectors are the 85 known ones") {
  const auto collectors = parse_collectors(built_in_collectors());
  REQUIRE(collectors);
  CHECK(collectors->size() == 85);
  CHECK(std::ranges::count(*collectors, Project::riperis, &Collector::project) == 26);
  std::set<std::string> paths;
  for (const auto& collector : *collectors) paths.insert(collector.host + collector.path);
  CHECK(paths.size() == 85);
}

TEST_CASE("a collector's host and path") {
  const auto collectors = parse_collectors(R"([
    {"id": "rrc00", "project": "riperis", "url": "https://data.ris.ripe.net/rrc00"},
    {"id": "own", "project": "routeviews", "url": "http://127.0.0.1:9000/a/bgpdata//", "note": 1}])");
  REQUIRE(collectors);
  REQUIRE(collectors->size() == 2);
  CHECK(collectors->at(0).host == "data.ris.ripe.net");
  CHECK(collectors->at(0).path == "/rrc00");
  CHECK(collectors->at(1).project == Project::routeviews);
  CHECK(collectors->at(1).host == "127.0.0.1:9000");
  CHECK(collectors->at(1).path == "/a/bgpdata");
}

TEST_CASE("bad lists of collectors") {
  for (const auto* json : {
           "",
           "{}",
           "[1]",
           "[{}]",
           "nonsense",
           R"([{"id": 1}])",
           R"([{"id": "a", "project": "other", "url": "https://h/p"}])",
           R"([{"id": "a", "project": "riperis", "url": "h/p"}])",
           R"([{"id": "a", "project": "riperis", "url": "ftp://h/p"}])",
           R"([{"id": "a", "project": "riperis", "url": "https://h"}])",
           R"([{"id": "a", "project": "riperis", "url": "https://h/"}])",
           R"([{"id": "a", "project": "riperis", "url": "https:///p"}])",
           R"([{"id": "a", "project": "riperis", "url": "https://h/p?q"}])",
       }) {
    CAPTURE(json);
    const auto collectors = parse_collectors(json);
    REQUIRE(!collectors);
    CHECK(collectors.error().code == "collectors_invalid");
  }
}
