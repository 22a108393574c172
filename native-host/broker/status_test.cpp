#include "native-host/broker/status.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "native-host/program/settings.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

StatusReport sample() {
  StatusReport report{.now = kNow, .interval = 5min};
  report.view =
      FreshnessReport{.last_updated_at = kNow - 3min,
                      .rows = {{.collector = "rrc00", .type = DataType::update, .newest = kNow - 5min},
                               {.collector = "rrc18",
                                .type = DataType::rib,
                                .newest = kNow - 48h,
                                .late = true,
                                .late_since = kNow - 24h}}};
  report.cycles = {
      {.started = kNow - 3min, .duration = 2100ms, .listings = 255, .failed = 1, .bytes = 400'000},
      {.started = kNow - 8min, .duration = 1000ms, .error = "None of 2 collectors could be read."}};
  report.failing = {{"rrc18", "https://x/rrc18/2026.11/", kNow - 24h, 288, "timeout: no answer"}};
  return report;
}

/// What a report adds to a status.
struct Shown {
  explicit Shown(const StatusReport& report) { show(report, status); }
  [[nodiscard]] std::string text() const { return status.lines + status.text; }

  config::Loaded loaded = config::defaults(std::make_shared<config::Schema>(
      std::vector<config::Table>{program::settings_table()}, std::vector<config::FunctionTable>()));
  program::World world{loaded};
  program::Inspection inspection{.loaded = loaded, .world = world, .now = kNow, .connect = {}};
  program::Status status{inspection, 10};
};

bool contains(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a status for people") {
  const auto text = Shown(sample()).text();
  for (const char* part :
       {"of 2026-11-21 07:57 UTC, 3 min old; next cycle in 2 min", "Late: 1 of 2",
        "rrc18              rib     newest 2026-11-19 08:00, late since 2026-11-20 08:00 (24 h 00 min)",
        "timeout: no answer", "None of 2 collectors"}) {
    CAPTURE(part);
    CHECK_MESSAGE(contains(text, part), text);
  }
}

TEST_CASE("a status for programs") {
  const auto json = Shown(sample()).status.json;
  CHECK(json["view"]["age_seconds"] == 180);
  CHECK(json["next_cycle"] == "2026-11-21T08:02:00Z");
  CHECK(json["late"] == 1);
  CHECK(json["freshness"][1]["late_since"] == "2026-11-20T08:00:00Z");
  CHECK(json["freshness"][0]["late_since"].is_null());
  CHECK(json["failing_listings"][0]["failures"] == 288);
  CHECK(json["cycles"][1]["error"] == "None of 2 collectors could be read.");
}

TEST_CASE("a status of what the replica made up says so") {
  auto report = sample();
  CHECK(!contains(Shown(report).text(), "made up"));
  CHECK(Shown(report).status.json["view"]["made_up"] == false);
  report.view->made_up = true;
  CHECK(contains(Shown(report).text(), "3 min old, made up by the archive replica"));
  CHECK(contains(Shown(report).text(), "Made up: these listings"));
  CHECK(Shown(report).status.json["view"]["made_up"] == true);
}

TEST_CASE("a status without a view says so") {
  const Shown shown(StatusReport{.now = kNow});
  CHECK(contains(shown.text(), "There is no view yet. (view_missing)"));
  CHECK(shown.status.json["view"].is_null());
  CHECK(shown.status.json["next_cycle"].is_null());
  CHECK(!shown.status.known);
}

}  // namespace
}  // namespace skerry::broker
