#include "native-host/broker/gap_report.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

const Time kNow = parse_naive("2026-11-21T08:00:00").value();

TEST_CASE("which collectors") {
  const auto ids = [](std::vector<std::string> wanted, std::string_view project) {
    const auto chosen = choose_collectors(default_collectors(), wanted, project);
    if (!chosen) return chosen.error().code;
    return std::to_string(chosen->size()) + (chosen->empty() ? "" : " " + chosen->front().id);
  };
  CHECK(ids({}, "") == "85 amsix.ams");
  CHECK(ids({}, "RIS") == "26 rrc00");
  CHECK(ids({"rrc01", "amsix.ams"}, "ris") == "1 rrc01");
  CHECK(ids({"rrc17"}, "") == "unknown_collector");
  CHECK(ids({}, "lab") == "unknown_project");
  CHECK(ids({"amsix.ams"}, "ris") == "unknown_project");
}

TEST_CASE("gaps as text and as JSON") {
  const std::vector<Gap> gaps{{.collector_id = "rrc00",
                               .data_type = DataType::update,
                               .from = kNow - std::chrono::hours(1),
                               .until = kNow,
                               .missing = 12,
                               .open = true}};
  CHECK(
      gaps_table(gaps) ==
      "rrc00                    update 2026-11-21T07:00:00  2026-11-21T08:00:00      12 missing, still open\n"
      "1 gap, 12 files missing\n");
  CHECK(
      gaps_json(gaps) ==
      R"([{"collector_id":"rrc00","data_type":"update","from":"2026-11-21T07:00:00","until":"2026-11-21T08:00:00","missing":12,"open":true}])"
      "\n");
  CHECK(gaps_json({}) == "[]\n");
}

}  // namespace
}  // namespace skerry::broker
