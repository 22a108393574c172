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
  for (const char* word : {"lab", "LAB"})
    CHECK(choose_collectors({{.id = "a", .project = "lab", .url = ""}}, {}, word)->size() == 1);
  CHECK(choose_collectors(default_collectors(), std::vector<std::string>{"rc00"}, "").error().message ==
        "There is no collector \"rc00\"; the nearest is \"rrc00\".");
  CHECK(choose_collectors(default_collectors(), {}, "lab").error().message ==
        "No collector belongs to a project \"lab\"; there are: riperis, routeviews.");
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
  CHECK(gaps_table(gaps, true).starts_with("Made up: these listings are the archive replica's"));
  CHECK(gaps_table(gaps, true).ends_with(gaps_table(gaps)));
  CHECK(gaps_json(gaps, true)
            .ends_with(R"("open":true,"made_up":true}])"
                       "\n"));
}

}  // namespace
}  // namespace skerry::broker
