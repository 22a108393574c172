#include "native-host/broker/latest_document.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

const Time kNow = parse_rfc3339("2026-11-21T08:05:12.345Z").value();

LatestRow row_at(std::string_view time) {
  return {.timestamp = parse_rfc3339(time).value(),
          .collector_id = "rrc00",
          .data_type = DataType::rib,
          .rough_size = 435415200,
          .exact_size = 0,
          .project = "riperis",
          .collector_url = "https://data.ris.ripe.net/rrc00",
          .item_url = "https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz"};
}

}  // namespace

TEST_CASE("the document, byte for byte") {
  auto update = row_at("2026-11-21T08:00:00Z");
  update.data_type = DataType::update;
  update.collector_id = "a\"\\\n\xff";
  const std::vector rows{row_at("2026-11-21T08:00:00Z"), update};
  CHECK(
      render_latest(rows, Seconds(12), kNow) ==
      R"({"format":1,"update_duration":12,"rows":2,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)"
      R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"rib",)"
      R"("item_url":"https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz","rough_size":435415200,)"
      R"("exact_size":0,"project":"riperis","collector_url":"https://data.ris.ripe.net/rrc00"},)"
      R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"a\"\\\n)"
      "\xef\xbf\xbd"
      R"(","data_type":"update",)"
      R"("item_url":"https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz","rough_size":435415200,)"
      R"("exact_size":0,"project":"riperis","collector_url":"https://data.ris.ripe.net/rrc00"}]})");
  CHECK(
      render_latest({}, Seconds(0), parse_rfc3339("2026-11-21T08:05:12Z").value()) ==
      R"({"format":1,"update_duration":0,"rows":0,"last_updated_at":"2026-11-21T08:05:12.000Z","latest":[]})");
}

TEST_CASE("delays are plain numbers") {
  const struct {
    const char* timestamp;
    const char* delay;
  } cases[] = {
      {"2026-11-21T08:05:12.345Z", "\"delay\":0,"},   {"2026-11-21T08:05:12.344Z", "\"delay\":0.001,"},
      {"2026-11-21T08:05:12.245Z", "\"delay\":0.1,"}, {"2026-11-21T08:05:02.325Z", "\"delay\":10.02,"},
      {"2026-11-21T08:05:02.345Z", "\"delay\":10,"},  {"2026-11-21T08:05:12.846Z", "\"delay\":-0.501,"},
      {"2026-11-21T08:06:12.345Z", "\"delay\":-60,"}, {"1999-10-01T00:00:00Z", "\"delay\":856512312.345,"},
  };
  for (const auto& [timestamp, delay] : cases) {
    CAPTURE(timestamp);
    const std::vector rows{row_at(timestamp)};
    CHECK(render_latest(rows, Seconds(0), kNow).contains(delay));
  }
}

TEST_CASE("what a view says beside its rows stands before its time") {
  CHECK(render_latest({}, Seconds(0), kNow, {.projects = {"lab", "x\"y"}, .made_up = true})
            .contains(R"("rows":0,"projects":["lab","x\"y"],"made_up":true,"last_updated_at":)"));
  CHECK(render_latest({}, Seconds(0), kNow, {.made_up = true})
            .contains(R"("rows":0,"made_up":true,"last_updated_at":)"));
  const std::vector<Collector> collectors{{.id = "a", .project = "riperis"},
                                          {.id = "b", .project = "x"},
                                          {.id = "c", .project = "lab"},
                                          {.id = "d", .project = "lab"}};
  CHECK(own_projects(collectors) == std::vector<std::string>{"lab", "x"});
}

}  // namespace skerry::broker
