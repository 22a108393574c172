#include "native-host/broker/layout.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

using namespace std::chrono;

constexpr Month kNovember = year(2026) / November;

}  // namespace

TEST_CASE("the folders of a month") {
  const Collector ris{"rrc00", "riperis", Layout::riperis, "https://data.ris.ripe.net/rrc00", false};
  CHECK(month_listings(ris, kNovember) ==
        std::vector<ListingUrl>{{"https://data.ris.ripe.net/rrc00/2026.11/", kNovember, std::nullopt}});
  CHECK(root_listing(ris) == "https://data.ris.ripe.net/rrc00/");

  const Collector views{"route-views2", "routeviews", Layout::routeviews,
                        "http://archive.routeviews.org/bgpdata", false};
  const Month january = year(2003) / January;
  CHECK(month_listings(views, january) ==
        std::vector<ListingUrl>{
            {"http://archive.routeviews.org/bgpdata/2003.01/RIBS/", january, DataType::rib},
            {"http://archive.routeviews.org/bgpdata/2003.01/UPDATES/", january, DataType::update}});
}

TEST_CASE("requirement 34: layouts of other archives") {
  Collector lab{"lab", "lab", Layout::custom, "file:///srv/lab", false, {}};
  const auto urls = [&] {
    std::string text;
    for (const auto& listing : month_listings(lab, kNovember)) {
      text += listing.url.substr(lab.url.size()) + (listing.data_type ? "" : "*") + " ";
    }
    return text;
  };
  const struct {
    CustomLayout layout;
    const char* folders;  ///< `*`: of both types
  } cases[] = {
      {{"{year}/{month}/ribs/", "{year}/{month}/updates/", hours(1), minutes(1)},
       "/2026/11/ribs/ /2026/11/updates/ "},
      {{"{year}{month}/", "{year}{month}/", hours(1), minutes(1)}, "/202611/* "},
      {{"all/", "all/", hours(1), minutes(1)}, "/all/* "},
      {{"ribs/", "", hours(12), Seconds(0)}, "/ribs/ "},
      {{"", "{year}-{month}/", Seconds(0), minutes(5)}, "/2026-11/ "},
  };
  for (const auto& [layout, folders] : cases) {
    lab.custom = layout;
    CHECK(urls() == folders);
    CHECK(cadence(lab, DataType::rib) == layout.rib_cadence);
    CHECK(cadence(lab, DataType::update) == layout.update_cadence);
  }
}

TEST_CASE("names and cadences") {
  const auto time = civil_time(2026, 1, 2, 3, 5, 0).value();
  CHECK(usual_name(Layout::riperis, DataType::rib, time) == "bview.20260102.0305.gz");
  CHECK(usual_name(Layout::riperis, DataType::update, time) == "updates.20260102.0305.gz");
  CHECK(usual_name(Layout::routeviews, DataType::rib, time) == "rib.20260102.0305.bz2");
  CHECK(usual_name(Layout::routeviews, DataType::update, time) == "updates.20260102.0305.bz2");
  CHECK(usual_name(Layout::custom, DataType::rib, time).empty());
  const auto every = [](Layout layout, DataType type) {
    return cadence({.id = "x", .project = "x", .layout = layout, .url = "https://x"}, type);
  };
  CHECK(every(Layout::riperis, DataType::update) == minutes(5));
  CHECK(every(Layout::riperis, DataType::rib) == hours(8));
  CHECK(every(Layout::routeviews, DataType::update) == minutes(15));
  CHECK(every(Layout::routeviews, DataType::rib) == hours(2));
}

TEST_CASE("months") {
  CHECK(month_of(civil_time(2026, 11, 30, 23, 59, 59).value()) == kNovember);
  CHECK(month_of(civil_time(2026, 12, 1, 0, 0, 0).value()) == kNovember + months(1));
  CHECK(start_of(kNovember) == civil_time(2026, 11, 1, 0, 0, 0).value());
}

TEST_CASE("base addresses") {
  const struct {
    const char* given;
    const char* kept;  ///< empty: refused
  } cases[] = {
      {"https://data.ris.ripe.net/rrc00", "https://data.ris.ripe.net/rrc00"},
      {"https://data.ris.ripe.net/rrc00///", "https://data.ris.ripe.net/rrc00"},
      {"http://archive.routeviews.org/bgpdata/", "http://archive.routeviews.org/bgpdata"},
      {"HTTP://x.example:8080/A", "http://x.example:8080/A"},
      {"data.ris.ripe.net/rrc00", "https://data.ris.ripe.net/rrc00"},
      {"http://[::1]:9000/rrc00", "http://[::1]:9000/rrc00"},
      {"", ""},
      {"///", ""},
      {"http://", ""},
      {"http:///x", ""},
      {"file:///srv/archive/rrc00/", "file:///srv/archive/rrc00"},
      {"file://host/srv", ""},
      {"file:///srv/../etc", ""},
      {"file:///srv/..", ""},
      {"https://x/../y", ""},
      {"javascript://x", ""},
      {"http://x/a?b", ""},
      {"http://x/a#b", ""},
      {"http://user:secret@x/a", ""},
      {"http://x/a b", ""},
      {"http://x/\n", ""},
      {"http://x/\xc3\xa4", ""},
  };
  for (const auto& [given, kept] : cases) {
    CAPTURE(given);
    CHECK(normal_base(given).value_or("") == kept);
  }
}

}  // namespace skerry::broker
