#include "tests/archive/model.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/archive/collectors.hpp"

using namespace skerry;
using namespace skerry::archive;
using namespace std::chrono_literals;

namespace {

Time at(std::string_view text) {
  return parse_rfc3339(text).value();
}

const Collector kRrc00{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"};
const Collector kRrc02{"rrc02", Project::riperis, "data.ris.ripe.net", "/rrc02"};
const Collector kRouteViews2{"route-views2", Project::routeviews, "archive.routeviews.org",
                             "/route-views2/bgpdata"};
const Collector kLinx{"route-views.linx", Project::routeviews, "archive.routeviews.org",
                      "/route-views.linx/bgpdata"};

auto count(const std::vector<File>& files, DataType type) {
  return std::ranges::count(files, type, &File::type);
}

}  // namespace

TEST_CASE("a complete month has every interval once") {
  struct Case {
    Collector collector;
    Month month;
    int ribs;
    int updates;
  };
  const Time now = at("2026-11-21T08:00:00Z");
  for (const auto& [collector, month, ribs, updates] : {
           Case{kRrc00, 2026y / 10, 31 * 3, 31 * 288},
           Case{kRrc00, 2024y / 2, 29 * 3, 29 * 288},  // leap year
           Case{kRrc00, 2023y / 2, 28 * 3, 28 * 288},
           Case{kRrc00, 2000y / 2, 29 * 3,
                29 * 96},  // a century that is a leap year, and quarters of an hour
           Case{kRrc00, 2003y / 7, 31 * 3, 22 * 96 + 9 * 288},
           Case{kRouteViews2, 2026y / 10, 31 * 12, 31 * 96},
           Case{kRouteViews2, 2024y / 2, 29 * 12, 29 * 96},
           Case{kRouteViews2, 2001y / 11, 30 * 12, 30 * 96},
       }) {
    CAPTURE(collector.id);
    CAPTURE(month_name(month));
    const auto files = files_in_month(collector, month, now);
    CHECK(count(files, DataType::rib) == ribs);
    CHECK(count(files, DataType::update) == updates);
    std::set<std::string> paths;
    for (const auto& file : files) paths.insert(file_path(collector.project, file));
    CHECK(paths.size() == files.size());
  }
}

TEST_CASE("months outside of a collector's life and the future don't exist") {
  struct Case {
    Collector collector;
    Month month;
    std::string_view now;
    bool exists;
  };
  for (const auto& [collector, month, now, exists] : {
           Case{kRrc00, 2026y / 11, "2026-11-01T00:00:00Z", true},
           Case{kRrc00, 2026y / 11, "2026-10-31T23:59:59Z", false},
           Case{kRrc00, 2026y / 12, "2026-11-21T08:00:00Z", false},
           Case{kRrc00, 1999y / 10, "2026-11-21T08:00:00Z", true},
           Case{kRrc00, 1999y / 9, "2026-11-21T08:00:00Z", false},
           Case{kRrc02, 2008y / 10, "2026-11-21T08:00:00Z", true},
           Case{kRrc02, 2008y / 11, "2026-11-21T08:00:00Z", false},
           Case{kRrc00, Month{2026y, std::chrono::month(13)}, "2026-11-21T08:00:00Z", false},
           Case{kRrc00, Month{-5000y, std::chrono::month(1)}, "2026-11-21T08:00:00Z", false},
           Case{kRrc00, Month{32000y, std::chrono::month(1)}, "2026-11-21T08:00:00Z", false},
       }) {
    CAPTURE(collector.id);
    CAPTURE(now);
    CHECK(month_exists(collector, month, at(now)) == exists);
    if (!exists) CHECK(files_in_month(collector, month, at(now)).empty());
  }
  const auto all = months(kRrc02, at("2026-11-21T08:00:00Z"));
  REQUIRE(all.size() == 92);
  CHECK(all.front() == 2001y / 3);
  CHECK(all.back() == 2008y / 10);
  CHECK(months(kRrc02, at("2001-02-28T23:59:59Z")).empty());
}

TEST_CASE("what is visible stays visible, and unchanged once it is whole") {
  for (const auto& collector : {kRrc00, kRouteViews2, kLinx}) {
    CAPTURE(collector.id);
    std::map<std::string, File> seen;
    std::size_t grown = 0;
    for (Time now = at("2026-10-30T12:00:00Z"); now < at("2026-11-03T12:00:00Z"); now += 7min) {
      std::size_t visible = 0;
      std::size_t changed = 0;
      for (const auto month : {2026y / 10, 2026y / 11}) {
        for (const auto& file : files_in_month(collector, month, now)) {
          auto& known = seen.try_emplace(file_path(collector.project, file), file).first->second;
          if (known.size < file.size && known.modified < file.modified && file.modified == known.whole &&
              file.whole <= now) {
            known = file;
            ++grown;
          }
          changed += known == file && file.published <= now ? 0 : 1;
          ++visible;
        }
      }
      CHECK(changed == 0);
      CHECK(visible == seen.size());  // all that was ever seen is still there
    }
    CHECK(grown > 0);
    CHECK(grown < seen.size() / 20);
  }
}

TEST_CASE("files appear after their time, on a whole minute") {
  const auto collectors = parse_collectors(built_in_collectors()).value();
  std::size_t held = 0;
  std::size_t total = 0;
  for (const auto& collector : collectors) {
    CAPTURE(collector.id);
    for (const auto& file : files_in_month(collector, 2026y / 10, at("2026-11-21T00:00:00Z"))) {
      const bool updates = file.type == DataType::update;
      const Time end =
          updates ? file.begin + (collector.project == Project::riperis ? 5min : 15min) : file.begin;
      const auto lag = file.published - end;
      REQUIRE(std::chrono::floor<std::chrono::minutes>(file.published) == file.published);
      REQUIRE(file.modified <= file.whole);
      REQUIRE(file.modified >= file.begin);
      REQUIRE(lag >= (updates ? 1min : 10min));
      REQUIRE(lag <= 36h);
      REQUIRE(file.whole >= file.published);
      REQUIRE(file.whole < file.published + 30min);
      REQUIRE(file.size >= 14);
      REQUIRE(file.size < std::uint64_t{1} << 31);
      ++total;
      held += lag > (updates ? 6min : 90min) ? 1 : 0;
    }
  }
  // Hold-ups: one day in sixteen, two to twelve hours.
  CHECK(held > total / 200);
  CHECK(held < total / 20);
}

TEST_CASE("a listing says how long it is true") {
  for (const auto& collector : {kRrc00, kRouteViews2}) {
    CAPTURE(collector.id);
    Time now = at("2026-10-31T20:00:00Z");
    for (int step = 0; step < 60; ++step) {
      const auto listing = list_files(collector, 2026y / 10, DataType::update, now);
      REQUIRE(listing.since <= now);
      REQUIRE(now < listing.until);
      REQUIRE(list_files(collector, 2026y / 10, DataType::update, listing.since).files == listing.files);
      REQUIRE(list_files(collector, 2026y / 10, DataType::update, listing.until - 1ms).files ==
              listing.files);
      if (listing.until > at("2027-01-01T00:00:00Z")) break;
      REQUIRE(list_files(collector, 2026y / 10, DataType::update, listing.until).files != listing.files);
      now = listing.until;
    }
    CHECK(files_in_month(collector, 2026y / 10, now).size() >= 30 * (96 + 3));
  }
}

TEST_CASE("the last file of a month is published in the next one") {
  const auto file = files_in_month(kRrc00, 2026y / 10, at("2026-11-21T00:00:00Z")).back();
  CHECK(file.begin == at("2026-10-31T23:55:00Z"));
  CHECK(file.published > at("2026-11-01T00:00:00Z"));
  CHECK(files_in_month(kRrc00, 2026y / 10, at("2026-11-01T00:00:00Z")).size() < 31 * 291);
}

TEST_CASE("a file is found by its moment") {
  const Time now = at("2026-11-21T08:00:00Z");
  for (const auto& collector : {kRrc00, kRouteViews2}) {
    for (const auto month : {2001y / 11, 2026y / 11}) {
      for (const auto& file : files_in_month(collector, month, now)) {
        REQUIRE(find_file(collector, file.type, file.begin, now) == file);
        REQUIRE(!find_file(collector, file.type, file.begin, file.published - 1ms));
        REQUIRE(!find_file(collector, file.type, file.begin + 1s, now));
      }
    }
  }
}

TEST_CASE("file names") {
  const Time begin = at("2022-10-01T00:15:00Z");
  CHECK(file_name(Project::riperis, DataType::rib, begin) == "bview.20221001.0015.gz");
  CHECK(file_name(Project::riperis, DataType::update, begin) == "updates.20221001.0015.gz");
  CHECK(file_name(Project::routeviews, DataType::rib, begin) == "rib.20221001.0015.bz2");
  CHECK(file_name(Project::routeviews, DataType::update, begin) == "updates.20221001.0015.bz2");
  CHECK(file_path(Project::routeviews,
                  {.type = DataType::rib, .begin = begin, .modified = {}, .published = {}, .whole = {}}) ==
        "/2022.10/RIBS/rib.20221001.0015.bz2");

  const auto parsed = parse_file_name(Project::routeviews, "updates.20221001.0015.bz2");
  REQUIRE(parsed);
  CHECK(parsed->type == DataType::update);
  CHECK(parsed->begin == begin);
  for (const auto* name :
       {"", "rib.", "rib.20221001.0015.gz", "bview.20221001.0015.bz2", "rib.20221001.0015.bz2 ",
        "rib.20221001.0015", "rib.20221301.0015.bz2", "rib.20230229.0015.bz2", "rib.20221001.2400.bz2",
        "rib.20221001.0060.bz2", "rib.2022100a.0015.bz2", "rib.20221001-0015.bz2", "rib.-0221001.0015.bz2",
        "RIB.20221001.0015.bz2"}) {
    CAPTURE(name);
    CHECK(!parse_file_name(Project::routeviews, name));
  }
}
