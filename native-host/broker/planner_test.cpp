#include "native-host/broker/planner.hpp"

#include <doctest/doctest.h>

namespace skerry::broker {
namespace {

using namespace std::chrono;

Time at(std::string_view text) {
  return parse_naive(text).value();
}
Month month(int y, unsigned m) {
  return year(y) / std::chrono::month(m);
}

const Collector kRis{"rrc00", "riperis", Layout::riperis, "https://ris/rrc00", false};
const Collector kViews{"amsix.ams", "routeviews", Layout::routeviews, "https://rv/bgpdata", false};
const Collector kGone{"rrc02", "riperis", Layout::riperis, "https://ris/rrc02", true};

/// The planned URLs without the collector's base; `?` where absence is no failure.
std::string words(const Collector& collector, const Plan& plan) {
  std::string text;
  for (const auto& [listing, may_be_absent] : plan.listings) {
    text +=
        (text.empty() ? "" : " ") + listing.url.substr(collector.url.size() + 1) + (may_be_absent ? "?" : "");
  }
  return text;
}

constexpr PlanOptions kEachTime{.probe = false};

KnownListing known(std::string_view url, Month m, std::string_view checked, bool absent = false) {
  return {.url = std::string(url),
          .month = m,
          .checked = checked.empty() ? std::nullopt : std::optional(at(checked)),
          .absent = absent};
}

}  // namespace

TEST_CASE("which months are read") {
  const auto ris = [](const CollectorState& state, std::string_view now) {
    return words(kRis, plan(kRis, state, at(now), kEachTime));
  };
  const auto views = [](const CollectorState& state, std::string_view now) {
    return words(kViews, plan(kViews, state, at(now), kEachTime));
  };

  SUBCASE("a collector without files") {
    CHECK(ris({}, "2026-11-21T08:00:00") == "2026.11/");
    CHECK(views({}, "2026-11-21T08:00:00") == "2026.11/RIBS/ 2026.11/UPDATES/");
    CHECK(ris({}, "2026-11-01T08:00:00") == "2026.10/? 2026.11/?");
    CHECK(ris({}, "2026-01-01T00:00:00") == "2025.12/? 2026.01/?");
  }
  SUBCASE("from the last known file on") {
    CHECK(
        ris({.last_rib = at("2026-11-21T00:00:00"), .last_update = at("2026-11-21T07:55:00"), .listings = {}},
            "2026-11-21T08:00:00") == "2026.11/");
    CHECK(
        ris({.last_rib = at("2026-08-31T16:00:00"), .last_update = at("2026-08-31T23:55:00"), .listings = {}},
            "2026-11-21T08:00:00") == "2026.08/ 2026.09/ 2026.10/ 2026.11/");
    CHECK(ris({.last_rib = at("2025-12-31T16:00:00"), .last_update = std::nullopt, .listings = {}},
              "2026-01-21T08:00:00") == "2025.12/ 2026.01/");
  }
  SUBCASE("each type has its own folder with RouteViews") {
    CHECK(
        views(
            {.last_rib = at("2026-09-30T00:00:00"), .last_update = at("2026-11-21T07:45:00"), .listings = {}},
            "2026-11-21T08:00:00") == "2026.09/RIBS/ 2026.10/RIBS/ 2026.11/RIBS/ 2026.11/UPDATES/");
    CHECK(views({.last_rib = std::nullopt, .last_update = at("2026-10-21T07:45:00"), .listings = {}},
                "2026-11-21T08:00:00") == "2026.10/UPDATES/ 2026.11/RIBS/ 2026.11/UPDATES/");
  }
  SUBCASE("late files of the previous month") {
    const CollectorState state{
        .last_rib = at("2026-12-01T00:00:00"), .last_update = at("2026-12-01T00:00:00"), .listings = {}};
    CHECK(ris(state, "2026-12-01T00:10:00") == "2026.11/ 2026.12/?");
    CHECK(ris(state, "2026-12-02T23:59:59") == "2026.11/ 2026.12/");
    CHECK(ris(state, "2026-12-03T00:00:00") == "2026.12/");
  }
  SUBCASE("what was tried and is not settled") {
    const auto with = [](KnownListing listing) {
      return CollectorState{.last_rib = at("2026-11-20T00:00:00"),
                            .last_update = at("2026-11-20T00:00:00"),
                            .listings = {std::move(listing)}};
    };
    const auto now = "2026-11-21T08:00:00";
    const auto september = month(2026, 9);
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "")), now) == "2026.09/ 2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-14T23:59:59")), now) ==
          "2026.09/ 2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-15T00:00:00")), now) ==
          "2026.11/");
    // absent: once a day, for a month
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-03T00:00:00", true)), now) ==
          "2026.09/ 2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-31T00:00:00", true)), now) ==
          "2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.10/", month(2026, 10), "2026-11-20T08:00:01", true)), now) ==
          "2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.10/", month(2026, 10), "2026-11-20T08:00:00", true)), now) ==
          "2026.10/ 2026.11/");
    // of a base that is no longer the collector's
    CHECK(ris(with(known("https://old/rrc00/2026.09/", september, "")), now) == "2026.11/");
  }
  SUBCASE("settled months between the last file and now") {
    CHECK(
        ris({.last_rib = at("2026-08-31T16:00:00"),
             .last_update = std::nullopt,
             .listings = {known("https://ris/rrc00/2026.08/", month(2026, 8), "2026-11-20T00:00:00"),
                          known("https://ris/rrc00/2026.09/", month(2026, 9), "2026-11-20T00:00:00", true)}},
            "2026-11-21T08:00:00") == "2026.10/ 2026.11/");
  }
  SUBCASE("a clock that went back") {
    CHECK(ris({.last_rib = at("2026-12-20T00:00:00"), .last_update = std::nullopt, .listings = {}},
              "2026-11-21T08:00:00") == "2026.11/");
  }
  SUBCASE("a collector that no longer writes") {
    CHECK(words(kGone, plan(kGone, {}, at("2026-11-21T08:00:00"), kEachTime)) == "2026.11/?");
  }
}

TEST_CASE("all months that are offered") {
  const std::vector offered{month(2026, 7),  month(2026, 8),  month(2026, 9),
                            month(2026, 10), month(2026, 11), month(2026, 12)};
  const CollectorState state{
      .last_rib = std::nullopt,
      .last_update = std::nullopt,
      .listings = {known("https://ris/rrc00/2026.08/", month(2026, 8), "2026-11-20T00:00:00"),
                   known("https://ris/rrc00/2026.09/", month(2026, 9), "2026-11-20T00:00:00", true),
                   known("https://ris/rrc00/2026.10/", month(2026, 10), "2026-10-20T00:00:00")}};
  const auto since = [&](Month first, std::span<const Month> months) {
    return words(kRis, plan_since(kRis, state, at("2026-11-21T08:00:00"), first, months, kEachTime));
  };
  CHECK(since(month(1999, 1), offered) == "2026.07/ 2026.09/ 2026.10/ 2026.11/");
  CHECK(since(month(2026, 9), offered) == "2026.09/ 2026.10/ 2026.11/");
  CHECK(since(month(2026, 9), {}) == "2026.10/ 2026.11/");
}

namespace {

/// A collector whose folder of November was read at `checked`.
CollectorState read_at(const Collector& collector, std::string_view checked, std::string_view last_rib,
                       std::string_view last_update) {
  CollectorState state{.last_rib = at(last_rib), .last_update = at(last_update), .listings = {}};
  for (const auto& listing : month_listings(collector, month(2026, 11))) {
    state.listings.push_back(known(listing.url, listing.month, checked));
  }
  return state;
}

/// The names of the files that are asked for, and the folders that are read.
std::string asked(const Collector& collector, const CollectorState& state, std::string_view now) {
  const auto planned = plan(collector, state, at(now));
  auto text = words(collector, planned);
  for (const auto& file : planned.probes) {
    CHECK(file.listing.month == month_of(file.time));
    text += (text.empty() ? "" : " ") + usual_name(collector.layout, file.data_type, file.time);
  }
  return text;
}

}  // namespace

TEST_CASE("single files instead of folders that were read lately") {
  const struct {
    const char* checked;
    const char* last_rib;
    const char* last_update;
    const char* now;
    const char* asked;
  } cases[] = {
      // What is next: updates when their interval has ended, RIBs when their moment has come.
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:09:59", ""},
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:10:00",
       "updates.20261120.0805.gz"},
      {"2026-11-20T15:30:00", "2026-11-20T08:00:00", "2026-11-20T15:55:00", "2026-11-20T16:05:00",
       "bview.20261120.1600.gz updates.20261120.1600.gz"},
      // A name off the grid, as early years had them.
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:03:00", "2026-11-20T08:10:00",
       "updates.20261120.0805.gz"},
      // The folder: once in an hour, some minutes sooner or later.
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:50:00", "2026-11-20T09:00:00",
       "2026.11/"},
      {"2026-11-20T08:16:00", "2026-11-20T08:00:00", "2026-11-20T08:50:00", "2026-11-20T09:00:00",
       "updates.20261120.0855.gz"},
      // And when a file is overdue: at once, then at growing intervals.
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:25:00",
       "updates.20261120.0805.gz"},
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:26:00",
       "2026.11/"},
      {"2026-11-20T08:56:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T09:00:00",
       "updates.20261120.0805.gz"},
      {"2026-11-20T08:51:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T09:00:00",
       "2026.11/"},
      // A collector that is long silent costs one folder in an hour.
      {"2026-11-20T08:50:00", "2026-11-18T08:00:00", "2026-11-18T08:00:00", "2026-11-20T09:00:00", ""},
      {"2026-11-20T08:00:00", "2026-11-18T08:00:00", "2026-11-18T08:00:00", "2026-11-20T09:00:00",
       "2026.11/"},
      // A clock that went back.
      {"2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T07:00:00",
       "2026.11/"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.now);
    CAPTURE(c.checked);
    CHECK(asked(kRis, read_at(kRis, c.checked, c.last_rib, c.last_update), c.now) == c.asked);
  }
  auto state = read_at(kRis, "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00");
  state.listings[0].failing = true;
  CHECK(asked(kRis, state, "2026-11-20T08:10:00") == "2026.11/");
  state.listings[0].failing = false;
  state.listings[0].absent = true;
  CHECK(asked(kRis, state, "2026-11-20T08:10:00") == "2026.11/");
  // Each folder of RouteViews for itself.
  CHECK(asked(kViews, read_at(kViews, "2026-11-20T08:00:00", "2026-11-20T06:00:00", "2026-11-20T07:30:00"),
              "2026-11-20T08:06:00") == "rib.20261120.0800.bz2 updates.20261120.0745.bz2");
}

TEST_CASE("requirement 26: a month's turn, file by file and folder by folder") {
  auto state = read_at(kRis, "2026-11-30T23:50:00", "2026-11-30T16:00:00", "2026-11-30T23:50:00");
  CHECK(asked(kRis, state, "2026-12-01T00:01:00") == "2026.12/? updates.20261130.2355.gz");
  state.last_update = at("2026-11-30T23:55:00");
  state.listings.push_back(known("https://ris/rrc00/2026.12/", month(2026, 12), "2026-12-01T00:01:00"));
  CHECK(asked(kRis, state, "2026-12-01T00:10:00") == "bview.20261201.0000.gz updates.20261201.0000.gz");
  // The old month goes on being read: hourly for two days, then daily for two weeks.
  const auto old_month = [&](std::string_view checked, std::string_view now) {
    state.listings = {known("https://ris/rrc00/2026.11/", month(2026, 11), checked)};
    state.last_rib = state.last_update = at(now) - hours(30);
    return asked(kRis, state, now).contains("2026.11/");
  };
  CHECK(old_month("2026-12-01T10:00:00", "2026-12-01T11:00:00"));
  CHECK_FALSE(old_month("2026-12-01T10:30:00", "2026-12-01T11:00:00"));
  CHECK_FALSE(old_month("2026-12-04T10:00:00", "2026-12-05T09:00:00"));
  CHECK(old_month("2026-12-04T10:00:00", "2026-12-05T10:00:00"));
  CHECK(old_month("2026-12-13T10:00:00", "2026-12-20T10:00:00"));
  CHECK_FALSE(old_month("2026-12-15T00:00:00", "2026-12-20T10:00:00"));
}

TEST_CASE("a layout without usual names is read each time") {
  const Collector lab{"lab",          "lab",
                      Layout::custom, "https://ris/rrc00",
                      false,          {"{year}.{month}/", "{year}.{month}/", hours(1), minutes(1)}};
  CHECK(asked(lab, read_at(lab, "2026-11-20T08:00:00", "2026-11-20T08:00:00", "2026-11-20T08:00:00"),
              "2026-11-20T08:01:00") == "2026.11/");
}

}  // namespace skerry::broker
