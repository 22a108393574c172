#include "native-host/broker/checks.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "native-host/broker/settings.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;
using Status = program::Finding::Status;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");
const StoredView kDamaged = Result<FreshnessReport>(fail("view_unreadable", "It can't be read."));

StoredView aged(std::chrono::minutes age) {
  return FreshnessReport{.last_updated_at = kNow - age, .rows = {}};
}

TEST_CASE("what is found, and what to do") {
  struct Case {
    program::Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_view({}, kNow, 15min), Status::warning, "none"},
           {judge_view(aged(14min), kNow, 15min), Status::ok, "14 min"},
           {judge_view(aged(16min), kNow, 15min), Status::failed, "16 min"},
           {judge_view(aged(16min), kNow, 3h), Status::ok, "16 min"},
           {judge_view(kDamaged, kNow, 3h), Status::failed, "(view_unreadable)"},
           {judge_freshness(kDamaged), Status::failed, "(view_unreadable)"},
           {judge_cycle(kDamaged, {}, kNow, 3h), Status::failed, "(view_unreadable)"},
           {judge_replica("replica", {}), Status::ok, "The replica is used"},
           {judge_replica("replica", Error{"replica_missing", "It is missing."}), Status::failed,
            "missing. `skerry up` does not start"},
           {judge_replica("auto", Error{"replica_missing", "It is missing."}), Status::warning,
            "missing. Where no"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

StoredView view(const char* updated, const char* newest) {
  const auto text = std::string(R"({"last_updated_at":")") + updated + R"(","latest":[{"timestamp":")" +
                    newest + R"(","collector_id":"rrc00","data_type":"update"}]})";
  return read_freshness(text, kNow).value();
}

TEST_CASE("a cycle is well while the view is young and the last one went well") {
  const auto young = view("2026-11-21T07:56:00Z", "2026-11-21T07:55:00");
  const auto old = view("2026-11-21T07:44:00Z", "2026-11-21T07:40:00");
  struct Case {
    program::Finding finding;
    bool ok;
    const char* words;
  };
  for (const auto& [finding, ok, words] : std::vector<Case>{
           {judge_cycle(young, {}, kNow, 15min), true, "4 min old"},
           {judge_cycle(young, {.failed_listings = 3}, kNow, 15min), true, "3 listings failed"},
           {judge_cycle(young, {.error = Error{"all_collectors_failed", "none"}}, kNow, 15min), false,
            "none (all_collectors_failed)"},
           {judge_cycle(old, {}, kNow, 15min), false, "16 min old"},
           {judge_cycle({}, {}, kNow, 15min), false, "No cycle"},
           {judge_freshness({}), false, "no view"},
           {judge_freshness(young), true, "0 of 1"},
           {judge_freshness(
                young, std::vector<Collector>{{"lab-1", "lab", Layout::riperis, "https://x/1", false, {}},
                                              {"lab-2", "lab", Layout::riperis, "https://x/2", true, {}},
                                              {"lab-3", "lab", Layout::riperis, "https://x/3", false, {}},
                                              {"rrc00", "ris", Layout::riperis, "https://x/0", false, {}}}),
            true, "0 of 1 are late. Never read: lab-1, lab-3."},
           {judge_freshness(view("2026-11-21T07:56:00Z", "2026-11-21T05:00:00")), false,
            "1 of 1 are late: rrc00 update"},
       }) {
    CAPTURE(finding.message);
    CHECK((finding.status == Status::ok) == ok);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == ok);
  }
}

TEST_CASE("a stored document that can't be read is told, also where only a row of it can't") {
  const auto document = [](const std::string& rows) {
    return R"({"format":1,"update_duration":2,"rows":1,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)" +
           rows + "]}";
  };
  const std::string row = R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00",)"
                          R"("data_type":"rib","item_url":"https://a/b","rough_size":4,"exact_size":0,)"
                          R"("project":"riperis","collector_url":"https://a"})";
  const std::string head = R"({"format":1,"last_updated_at":"2026-11-21T08:05:11.000Z",)"
                           R"("begin":"2026-11-19T08:05:00","series":[)";
  const std::string series = R"({"collector_id":"rrc00","data_type":"rib","step":28800,"slots":"7..."})";
  const auto two = std::string(series).append(",").append(series);
  struct Case {
    std::string text;
    bool served;   ///< as the view
    bool history;  ///< as the history
  };
  for (const auto& [text, served, history] : std::vector<Case>{
           {"", false, false},
           {"null", false, false},
           {"<html>", false, false},
           {document(row), true, false},
           {document(row).substr(0, 200), false, false},
           {head + "]}", false, true},
           {head + series + "]}", false, true},
           {head + two, false, false},
           {head + series + R"(,{"collector_id":"rrc01"}]})", false, false},
           {head + R"({"collector_id":"rrc01","data_type":"rib","step":28800,"slots":"?"}]})", false, false},
           {head + "3]}", false, false},
       }) {
    CAPTURE(text);
    const auto of_view = judge_served(&text);
    const auto of_history = judge_history(&text);
    CHECK(of_view.has_value() != served);
    CHECK(of_history.has_value() != history);
    for (const auto& finding : {of_view, of_history}) {
      if (!finding) continue;
      CHECK(finding->status == Status::failed);
      CHECK_FALSE(finding->advice.empty());
    }
  }
  CHECK(judge_served(nullptr)->message == "There is no view yet.");
  CHECK_FALSE(judge_history(nullptr));
}

TEST_CASE("which collectors are spoken of") {
  Settings settings;
  CHECK(selects(settings, "rrc00"));
  settings.collectors = {"rrc00", "route-views2"};
  CHECK(selects(settings, "route-views2"));
  CHECK_FALSE(selects(settings, "rrc01"));
  const auto few = chosen(settings, default_collectors());
  REQUIRE(few.size() == 2);
  CHECK(few[0].id == "route-views2");
  CHECK(few[1].id == "rrc00");
}

}  // namespace
}  // namespace skerry::broker
