#include "native-host/broker/history_document.hpp"

#include <doctest/doctest.h>

#include "native-host/broker/test_index.hpp"

namespace skerry::broker {
namespace {

const Collector kRis{"rrc00", "riperis", Layout::riperis, "https://ris/rrc00", false, {}};
const Collector kViews{"amsix.ams", "routeviews", Layout::routeviews, "https://rv/bgpdata", false, {}};

Time at(std::string_view text) {
  return parse_naive(text).value();
}

}  // namespace

TEST_CASE("when the files of two days arrived") {
  TestIndex index({kRis, kViews});
  const auto cycle = [&](std::string_view started) {
    index.store.record_cycle({.started = at(started)}).value();
  };
  const auto update = [&](std::string_view time, std::string_view seen) {
    index.put(kRis, DataType::update, {"2026-11-21T" + std::string(time) + ":00"}, seen);
  };
  // The first reading says nothing of what was there already.
  cycle("2026-11-21T07:00:10");
  update("05:00", "2026-11-21T07:00:10");
  update("06:50", "2026-11-21T07:00:10");
  for (const auto* time : {"2026-11-21T07:05:10", "2026-11-21T07:10:10", "2026-11-21T07:55:10"}) cycle(time);
  update("06:55", "2026-11-21T07:05:10");
  update("06:20", "2026-11-21T07:10:10");  // it came late, and was seen coming
  update("07:00", "2026-11-21T07:55:10");  // the updater had been away
  update("07:45", "2026-11-21T07:55:10");
  index.put(kViews, DataType::rib, {"2026-11-01T00:00:00"}, "2026-11-21T07:00:10");

  const auto history = load_history(index.connection, index.collectors, at("2026-11-21T08:00:00")).value();
  CHECK(history.begin == at("2026-11-19T08:00:00"));
  REQUIRE(history.series.size() == 2);
  CHECK(history.series[0] ==
        Series{"amsix.ams", DataType::rib, std::chrono::hours(2), std::string(25, kNoFile)});
  CHECK(history.series[0].before == 0);
  // Before its first file, of 05:00 on the 21st, nothing was due.
  CHECK(history.series[1].before == 540);
  const auto& updates = history.series[1];
  CHECK(updates.collector_id == "rrc00");
  CHECK(updates.step == std::chrono::minutes(5));
  CHECK(updates.slots.size() == 577);
  // 05:00 is unknown, 06:20 came after 50 minutes, 06:50 and 06:55 after 10, 07:00 unknown, 07:45 after 10.
  CHECK(updates.slots.substr(540) ==
        "+..............." + std::string(1, lag_code(std::chrono::minutes(50))) + ".....AA+........A...");
  CHECK(history_document(index.connection, index.collectors, at("2026-11-21T08:00:00")).value() ==
        render_history(history));
  // Collectors that are gone from the configuration are gone from the history.
  index.store.sync_collectors(std::vector{kViews}).value();
  CHECK(
      load_history(index.connection, std::vector{kViews}, at("2026-11-21T08:00:00")).value().series.size() ==
      1);
}

}  // namespace skerry::broker
