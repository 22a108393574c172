#include "native-host/broker/gaps.hpp"

#include <doctest/doctest.h>

#include "native-host/broker/test_index.hpp"

namespace skerry::broker {
namespace {

const Collector kRis{"rrc00", "riperis", Layout::riperis, "https://ris/rrc00", false, {}};
const Collector kViews{"amsix.ams", "routeviews", Layout::routeviews, "https://rv/bgpdata", false, {}};
const Collector kGone{"rrc02", "riperis", Layout::riperis, "https://ris/rrc02", true, {}};

Time at(std::string_view text) {
  return parse_naive("2026-11-" + std::string(text)).value();
}

/// `rrc00 update 08:05-08:20 3 open`, one in a line.
std::string words(TestIndex& index, std::string_view since, std::string_view until, std::string_view now) {
  std::string text;
  const auto gaps = find_gaps(index.connection, index.collectors, at(since), at(until), at(now));
  REQUIRE_MESSAGE(gaps, gaps.error().message);
  for (const auto& gap : *gaps) {
    text += gap.collector_id + " " + std::string(data_type_word(gap.data_type)) + " " +
            format_naive(gap.from).substr(8) + "-" + format_naive(gap.until).substr(8) + " " +
            std::to_string(gap.missing) + (gap.open ? " open\n" : "\n");
  }
  return text;
}

}  // namespace

TEST_CASE("requirement 28: gaps against the cadence") {
  TestIndex index({kViews, kRis, kGone});
  const auto* seen = "2026-11-20T12:00:00";
  const auto updates = [&](const Collector& collector, std::initializer_list<const char*> times) {
    for (const auto* time : times) {
      index.put(collector, DataType::update, {"2026-11-20T" + std::string(time) + ":00"}, seen);
    }
  };
  updates(kRis, {"08:00", "08:05", "08:20", "08:26", "08:30", "08:35"});
  updates(kGone, {"08:00", "08:10"});
  updates(kViews, {"08:00", "08:15", "08:30"});
  index.put(kRis, DataType::rib, {"2026-11-20T00:00:00", "2026-11-20T08:00:00"}, seen);

  const auto* inner = "rrc00 update 20T08:10:00-20T08:20:00 2\n";
  const auto* gone = "rrc02 update 20T08:05:00-20T08:10:00 1\n";
  CHECK(words(index, "20T00:00:00", "21T00:00:00", "20T08:50:00") == std::string(inner) + gone);
  // Overdue: then the gap is open, up to now.
  CHECK(words(index, "20T00:00:00", "21T00:00:00", "20T09:00:00") ==
        std::string(inner) + "rrc00 update 20T08:40:00-20T09:00:00 4 open\n" + gone);
  // What is not due yet is not missing: 08:55 is written at 09:00, the RIB of 16:00 is dumped by 19:00.
  for (const auto* now : {"20T09:00:00", "20T09:04:59", "20T09:05:00"}) {
    CAPTURE(now);
    const auto* missing = std::string_view(now) < "20T09:05:00" ? "4 open\n" : "5 open\n";
    CHECK(words(index, "20T08:30:00", "21T00:00:00", now) ==
          "rrc00 update 20T08:40:00-" + std::string(now) + " " + missing);
  }
  const auto ribs = [&](const char* now) {
    const auto all = words(index, "20T00:00:00", "22T00:00:00", now);
    return all.substr(0, all.find('\n') + 1);
  };
  CHECK(ribs("20T19:00:00") == "amsix.ams update 20T08:45:00-20T19:00:00 41 open\n");
  CHECK(words(index, "20T12:00:00", "22T00:00:00", "21T02:59:00")
            .contains("rrc00 rib 20T16:00:00-21T02:59:00 1 open"));
  CHECK(words(index, "20T12:00:00", "22T00:00:00", "21T03:00:00")
            .contains("rrc00 rib 20T16:00:00-21T03:00:00 2 open"));
  // Up to a moment in the past it is a gap like others.
  CHECK(words(index, "20T08:30:00", "20T09:00:00", "21T12:00:00") ==
        "amsix.ams update 20T08:45:00-20T09:00:00 1\nrrc00 update 20T08:40:00-20T09:00:00 4\n");
  // A stretch inside of a gap shows the whole gap.
  CHECK(words(index, "20T08:12:00", "20T08:13:00", "20T08:50:00") == inner);
  CHECK(words(index, "20T08:20:00", "20T08:30:00", "20T08:50:00").empty());
  CHECK(words(index, "19T00:00:00", "19T12:00:00", "20T08:50:00").empty());  // before the first file
  CHECK(words(index, "20T09:00:00", "20T08:00:00", "20T08:50:00").empty());
}

}  // namespace skerry::broker
