#include "native-host/cli/report.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace skerry;
using namespace skerry::cli;

namespace {

broker::CycleReport sample() {
  broker::CycleReport report;
  broker::CollectorReport rrc00{
      .id = "rrc00", .listings = 2, .unchanged = 1, .files_added = 3, .bytes = 1'500'000};
  rrc00.failures.push_back({.url = "https://x/\xff", .error = {"http_503", "busy"}});
  report.collectors.push_back(rrc00);
  report.total = {
      .listings = 10, .unchanged = 5, .absent = 1, .files_added = 3, .files_changed = 1, .bytes = 1'500'000};
  report.failed_listings = 1;
  report.failed_collectors = 1;
  report.duration = std::chrono::milliseconds(2140);
  return report;
}

}  // namespace

TEST_CASE("a cycle in one line") {
  CHECK(summary_line(sample()) ==
        "10 listings: 3 read, 5 unchanged, 1 absent, 1 failed; 3 new files, 1 changed; 1.5 MB in 2.1 s");
}

TEST_CASE("a cycle as JSON, whatever the archive called its files") {
  const auto json = nlohmann::json::parse(report_json(sample()));
  CHECK(json["duration_ms"] == 2140);
  CHECK(json["total"]["files_added"] == 3);
  CHECK(json["collectors"][0]["id"] == "rrc00");
  CHECK(json["collectors"][0]["failures"][0]["code"] == "http_503");
}
