#include "native-host/cli/gap_report.hpp"

#include <doctest/doctest.h>

namespace skerry::cli {
namespace {

const Time kNow = parse_naive("2026-11-21T08:00:00").value();

}  // namespace

TEST_CASE("moments as people give them") {
  const struct {
    const char* text;
    const char* moment;  ///< empty: refused
  } cases[] = {
      {"48h", "2026-11-19T08:00:00"},
      {"30m", "2026-11-21T07:30:00"},
      {"7d", "2026-11-14T08:00:00"},
      {"2026-10", "2026-10-01T00:00:00"},
      {"2026-10-05", "2026-10-05T00:00:00"},
      {"2026-10-05T06:07:08", "2026-10-05T06:07:08"},
      {"2026-10-05T06:07:08+02:00", "2026-10-05T04:07:08"},
      {"", ""},
      {"48", ""},
      {"2026", ""},
      {"2026-13", ""},
      {"yesterday", ""},
      {"2026-10-5", ""},
      {"-5h ", ""},
  };
  for (const auto& [text, moment] : cases) {
    CAPTURE(text);
    const auto time = parse_moment(text, kNow);
    CHECK((time ? format_naive(*time) : "") == moment);
    if (!time) CHECK(time.error().code == "bad_time");
  }
}

TEST_CASE("which collectors") {
  const auto ids = [](std::vector<std::string> wanted, std::string_view project) {
    const auto chosen = choose_collectors(broker::default_collectors(), wanted, project);
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
  const std::vector<broker::Gap> gaps{{.collector_id = "rrc00",
                                       .data_type = broker::DataType::update,
                                       .from = kNow - std::chrono::hours(1),
                                       .until = kNow,
                                       .missing = 12,
                                       .open = true}};
  CHECK(
      gaps_table(gaps) ==
      "rrc00                    update 2026-11-21T07:00:00  2026-11-21T08:00:00      12 missing, still open\n"
      "1 gaps, 12 files missing\n");
  CHECK(
      gaps_json(gaps) ==
      R"([{"collector_id":"rrc00","data_type":"update","from":"2026-11-21T07:00:00","until":"2026-11-21T08:00:00","missing":12,"open":true}])"
      "\n");
  CHECK(gaps_json({}) == "[]\n");
}

}  // namespace skerry::cli
