#include "native-host/broker/freshness.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

TEST_CASE("what is late, and since when") {
  const auto report = read_freshness(
      R"({"format":1,"last_updated_at":"2026-11-21T07:55:00Z","latest":[)"
      R"({"timestamp":"2026-11-21T07:55:00","delay":5,"collector_id":"rrc00","data_type":"update"},)"
      R"({"timestamp":"2026-11-21T06:00:00","delay":5,"collector_id":"rrc01","data_type":"update"},)"
      R"({"timestamp":"2026-11-20T09:00:00","delay":5,"collector_id":"rrc01","data_type":"rib"},)"
      R"({"timestamp":"2026-11-20T07:00:00","delay":5,"collector_id":"rrc02","data_type":"rib"}]})",
      kNow);
  REQUIRE(report);
  CHECK(report->last_updated_at == kNow - 5min);
  REQUIRE(report->rows.size() == 4);
  CHECK(!report->rows[0].late);
  CHECK(report->rows[1].late);
  CHECK(report->rows[1].late_since == kNow - 1h);
  CHECK(!report->rows[2].late);
  CHECK(report->rows[3].late);
  CHECK(report->rows[3].late_since == kNow - 1h);
}

TEST_CASE("whether it is made up") {
  const auto made_up = [](const std::string& member) {
    return read_freshness("{" + member + R"("last_updated_at":"2026-11-21T07:55:00Z","latest":[]})", kNow)
        ->made_up;
  };
  CHECK(made_up(R"("made_up":true,)"));
  CHECK(!made_up(R"("made_up":false,)"));
  CHECK(!made_up(R"("made_up":"true",)"));
  CHECK(!made_up(""));
}

TEST_CASE("what is no view") {
  for (const char* text : {"", "[]", "{}", R"({"last_updated_at":"2026-11-21T07:55:00Z"})",
                           R"({"last_updated_at":"x","latest":[]})",
                           R"({"last_updated_at":"2026-11-21T07:55:00Z","latest":[5]})",
                           R"({"last_updated_at":"2026-11-21T07:55:00Z","latest":[{"data_type":"rib"}]})"}) {
    CAPTURE(text);
    CHECK(!read_freshness(text, kNow));
  }
}

}  // namespace
}  // namespace skerry::broker
