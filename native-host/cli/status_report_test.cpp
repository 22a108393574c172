#include "native-host/cli/status_report.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::cli {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

StatusReport sample() {
  StatusReport report{.now = kNow, .interval = 5min};
  report.view = FreshnessReport{
      .last_updated_at = kNow - 3min,
      .rows = {{.collector = "rrc00", .type = broker::DataType::update, .newest = kNow - 5min},
               {.collector = "rrc18",
                .type = broker::DataType::rib,
                .newest = kNow - 48h,
                .late = true,
                .late_since = kNow - 24h}}};
  report.cycles = {
      {.started = kNow - 3min, .duration = 2100ms, .listings = 255, .failed = 1, .bytes = 400'000},
      {.started = kNow - 8min, .duration = 1000ms, .error = "None of 2 collectors could be read."}};
  report.failing = {{"rrc18", "https://x/rrc18/2026.11/", kNow - 24h, 288, "timeout: no answer"}};
  StatusReport::TargetStatus fastly{"fastly", {}};
  fastly.state.failing_since = kNow - 1h;
  fastly.state.failures = 12;
  fastly.state.error = {"publish_denied", "The platform answered with status 401."};
  fastly.state.not_before = kNow + 1min;
  report.targets = {fastly};
  report.health =
      health::Document{kNow, {{"database", true, "yes", kNow}, {"disk", false, "1 MB are free.", kNow - 2h}}};
  return report;
}

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a status for people") {
  const auto text = status_text(sample());
  for (const char* part :
       {"of 2026-11-21 07:57 UTC, 3 min old; next cycle in 2 min", "PostgreSQL answers",
        "fastly:   fails since 2026-11-21 07:00 (1 h 00 min, 12 times)", "(publish_denied)",
        "Not well: disk since 2026-11-21 06:00: 1 MB are free.", "Late: 1 of 2",
        "rrc18              rib     newest 2026-11-19 08:00, late since 2026-11-20 08:00 (24 h 00 min)",
        "timeout: no answer", "None of 2 collectors"}) {
    CAPTURE(part);
    CHECK_MESSAGE(contains(text, part), text);
  }
}

TEST_CASE("a status for programs") {
  const auto json = nlohmann::json::parse(status_json(sample()));
  CHECK(json["view"]["age_seconds"] == 180);
  CHECK(json["next_cycle"] == "2026-11-21T08:02:00Z");
  CHECK(json["late"] == 1);
  CHECK(json["freshness"][1]["late_since"] == "2026-11-20T08:00:00Z");
  CHECK(json["freshness"][0]["late_since"].is_null());
  CHECK(json["failing_listings"][0]["failures"] == 288);
  CHECK(json["publishing"][0]["code"] == "publish_denied");
  CHECK(json["cycles"][1]["error"] == "None of 2 collectors could be read.");
  CHECK(json["health"][1]["ok"] == false);
}

TEST_CASE("a status without database or view says so") {
  StatusReport report{.now = kNow};
  report.database = Error{"db_unreachable", "No PostgreSQL."};
  const auto text = status_text(report);
  CHECK(contains(text, "There is no view yet. (view_missing)"));
  CHECK(contains(text, "No PostgreSQL. (db_unreachable)"));
  const auto json = nlohmann::json::parse(status_json(report));
  CHECK(json["database"]["ok"] == false);
  CHECK(json["view"].is_null());
  CHECK(json["next_cycle"].is_null());
}

}  // namespace
}  // namespace skerry::cli
