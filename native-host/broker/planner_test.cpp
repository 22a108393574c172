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
std::string words(const Collector& collector, const std::vector<PlannedListing>& planned) {
  std::string text;
  for (const auto& [listing, may_be_absent] : planned) {
    text +=
        (text.empty() ? "" : " ") + listing.url.substr(collector.url.size() + 1) + (may_be_absent ? "?" : "");
  }
  return text;
}

KnownListing known(std::string_view url, Month m, std::string_view checked, bool absent = false) {
  return {.url = std::string(url),
          .month = m,
          .checked = checked.empty() ? std::nullopt : std::optional(at(checked)),
          .absent = absent};
}

}  // namespace

TEST_CASE("which months are read") {
  const auto ris = [](const CollectorState& state, std::string_view now) {
    return words(kRis, plan(kRis, state, at(now)));
  };
  const auto views = [](const CollectorState& state, std::string_view now) {
    return words(kViews, plan(kViews, state, at(now)));
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
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-02T23:59:59")), now) ==
          "2026.09/ 2026.11/");
    CHECK(ris(with(known("https://ris/rrc00/2026.09/", september, "2026-10-03T00:00:00")), now) ==
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
    CHECK(words(kGone, plan(kGone, {}, at("2026-11-21T08:00:00"))) == "2026.11/?");
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
    return words(kRis, plan_since(kRis, state, at("2026-11-21T08:00:00"), first, months));
  };
  CHECK(since(month(1999, 1), offered) == "2026.07/ 2026.09/ 2026.10/ 2026.11/");
  CHECK(since(month(2026, 9), offered) == "2026.09/ 2026.10/ 2026.11/");
  CHECK(since(month(2026, 9), {}) == "2026.10/ 2026.11/");
}

}  // namespace skerry::broker
