#include "shared/broker/strip.hpp"

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::broker;
using namespace std::chrono_literals;

namespace {

const Time kNow = parse_rfc3339("2026-11-21T08:05:11Z").value();
const Time kBegin = history_begin(kNow);

Series updates(std::string slots) {
  slots.resize(577, '8');
  return {"rrc00", DataType::update, 300s, std::move(slots)};
}

}  // namespace

TEST_CASE("every file on time is one run") {
  const Strip strip = make_strip(updates(""), kBegin, kNow);
  CHECK(strip.runs == std::vector<Strip::Run>{{Arrival::on_time, 0, 577, 8min}});
  CHECK(strip.arrived == 577);
  CHECK(strip.expected == 577);
  CHECK(strip.begin_of(strip.runs[0]) == kBegin);
  CHECK(strip.end_of(strip.runs[0]) == kBegin + 48h + 5min);
  CHECK(describe(strip) == "all 577 files");
}

TEST_CASE("the kinds of arrival") {
  // K is 20 min, L 21; g is 1 h 30 min, Z is 55 min, b is 1 h 05.
  Series series = updates("KLZbg+..8");
  series.slots.replace(572, 5, "8....");
  const Strip strip = make_strip(series, kBegin, kNow);
  const std::vector<Strip::Run> expected{{Arrival::on_time, 0, 1, 20min},   {Arrival::slow, 1, 3, 55min},
                                         {Arrival::late, 3, 5, 1h + 30min}, {Arrival::unseen, 5, 6, 0s},
                                         {Arrival::missing, 6, 8, 0s},      {Arrival::on_time, 8, 573, 8min},
                                         {Arrival::due, 573, 577, 0s}};
  CHECK(strip.runs == expected);
  CHECK(strip.missing == 2);
  CHECK(strip.expected == 573);
  CHECK(strip.arrived == 571);
  CHECK(describe(strip) == "571 of 573 files; longest gap 10 min, ending 2026-11-19 08:45");
  CHECK(describe(strip, strip.runs[2], kNow) == "11-19 08:20 to 11-19 08:30: 2 files late, up to 1 h 30 min");
  CHECK(describe(strip, strip.runs[4], kNow) == "11-19 08:35 to 11-19 08:45: 2 files missing");
  CHECK(describe(strip, strip.runs[0], kNow) == "11-19 08:05: 1 file on time, 20 min");
}

TEST_CASE("before the first file of a collector none is missing") {
  Series series = updates("....8..8");
  series.before = 4;
  const Strip strip = make_strip(series, kBegin, kNow);
  CHECK(strip.missing == 2);
  CHECK(strip.expected == 573);
  REQUIRE(strip.runs.size() == 4);
  CHECK(strip.runs[0] == Strip::Run{Arrival::due, 0, 4, 0s});
  CHECK(describe(strip) == "571 of 573 files; longest gap 10 min, ending 2026-11-19 08:40");
  series.before = 10'000;  // of a document that is not ours
  CHECK(make_strip(series, kBegin, kNow).missing == 0);
}

TEST_CASE("a slot is due until its file would be slow") {
  for (const auto& [now, kind] : {std::pair{"2026-11-21T08:20:00Z", Arrival::due},
                                  std::pair{"2026-11-21T08:20:01Z", Arrival::missing}}) {
    const Time end = parse_rfc3339(now).value(), begin = parse_rfc3339("2026-11-21T08:00:00Z").value();
    CHECK(make_strip({"a", DataType::update, 300s, "."}, begin, end).runs[0].kind == kind);
  }
  const Strip ribs = make_strip({"a", DataType::rib, 7200s, "11111111111111111111111.."}, kBegin, kNow);
  CHECK(ribs.runs == std::vector<Strip::Run>{{Arrival::on_time, 0, 23, 1min}, {Arrival::due, 23, 25, 0s}});
  CHECK(describe(ribs) == "all 23 files");
}

TEST_CASE("RIBs and slow steps") {
  CHECK(slow_after(DataType::rib, 28'800s) == 4h);
  CHECK(slow_after(DataType::update, 300s) == 20min);
  CHECK(slow_after(DataType::update, 900s) == 30min);
  const Strip strip = make_strip({"a", DataType::rib, 28'800s, "mopyz.."}, kBegin, kNow);
  const std::vector<Strip::Run> expected{{Arrival::on_time, 0, 2, 4h},
                                         {Arrival::slow, 2, 4, 14h},
                                         {Arrival::late, 4, 5, 24h},
                                         {Arrival::missing, 5, 6, 0s},
                                         {Arrival::due, 6, 7, 0s}};
  CHECK(strip.runs == expected);
}

TEST_CASE("the last of the longest gaps is named, and series of odd length do no harm") {
  const Strip strip = make_strip(updates("8..8..8"), kBegin, kNow);
  CHECK(describe(strip) == "573 of 577 files; longest gap 10 min, ending 2026-11-19 08:35");
  CHECK(make_strip({"a", DataType::update, 300s, ""}, kBegin, kNow).runs.empty());
  CHECK(describe(make_strip({"a", DataType::update, 300s, ""}, kBegin, kNow)) == "no file was due");
  CHECK(make_strip({"a", DataType::update, 300s, "888"}, kBegin, kNow).expected == 3);
  CHECK(make_strip({"a", DataType::update, 300s, std::string(4'000, '8')}, kBegin, kNow).expected == 577);
  CHECK(make_strip({"a", DataType::update, 300s, "888"}, kNow, kBegin).expected == 0);
  CHECK(describe(make_strip({"a", DataType::rib, 86'400s, "1"}, kNow, kNow)) == "the only file");
}
