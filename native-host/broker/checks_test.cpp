#include "native-host/broker/checks.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;
using Status = program::Finding::Status;

TEST_CASE("what is found, and what to do") {
  struct Case {
    program::Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_view({}, 15min), Status::warning, "none"},
           {judge_view(14min, 15min), Status::ok, "14 min"},
           {judge_view(16min, 15min), Status::failed, "16 min"},
           {judge_view(16min, 3h), Status::ok, "16 min"},
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

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

std::optional<FreshnessReport> view(const char* updated, const char* newest) {
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
           {judge_freshness(view("2026-11-21T07:56:00Z", "2026-11-21T05:00:00")), false,
            "1 of 1 are late: rrc00 update"},
       }) {
    CAPTURE(finding.message);
    CHECK((finding.status == Status::ok) == ok);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == ok);
  }
}

}  // namespace
}  // namespace skerry::broker
