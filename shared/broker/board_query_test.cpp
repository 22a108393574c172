#include "shared/broker/board_query.hpp"

#include <random>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::broker;
using namespace std::chrono_literals;

namespace {

const Time kNow = parse_rfc3339("2026-11-21T08:05:11Z").value();

Stream stream(DataType type, Seconds delay, std::optional<std::size_t> missing = std::nullopt) {
  Stream made;
  made.newest = NewestFile{.timestamp = kNow - delay, .delay = delay, .url = "", .size = 1};
  if (delay > (type == DataType::rib ? 24h : 1h)) made.late_since = kNow;
  if (missing) made.strip = Strip{.data_type = type, .grid = {}, .runs = {}, .missing = *missing};
  return made;
}

/// amsix.ams: updates late. route-views2: all well. rrc00: no updates. rrc2: RIB late, gaps. rrc10: no
/// history.
Board sample() {
  Board board{.last_updated_at = kNow, .collectors = {}};
  const auto rib = [](Seconds delay, std::optional<std::size_t> missing = std::nullopt) {
    return stream(DataType::rib, delay, missing);
  };
  const auto update = [](Seconds delay, std::optional<std::size_t> missing = std::nullopt) {
    return stream(DataType::update, delay, missing);
  };
  board.collectors = {{"amsix.ams", "routeviews", "", {rib(1h, 0), update(2h, 3)}},
                      {"route-views2", "routeviews", "", {rib(2h, 0), update(5min, 0)}},
                      {"rrc00", "riperis", "", {rib(3h, 1), Stream{}}},
                      {"rrc2", "riperis", "", {rib(48h, 4), update(5min, 5)}},
                      {"rrc10", "riperis", "", {rib(3h), update(6min)}}};
  return board;
}

std::string ids(std::string_view query) {
  const Board board = sample();
  std::string out;
  for (const std::size_t number : select(board, BoardQuery::parse(query))) {
    out += (out.empty() ? "" : " ") + board.collectors[number].id;
  }
  return out;
}

}  // namespace

TEST_CASE("filters") {
  struct Case {
    const char *query, *expected;
  };
  const Case cases[] = {
      {"", "amsix.ams route-views2 rrc00 rrc2 rrc10"},
      {"?q=RRC", "rrc00 rrc2 rrc10"},
      {"q=views", "amsix.ams route-views2"},  // the project's label
      {"q=ris", "rrc00 rrc2 rrc10"},
      {"q=+rrc++1+", "rrc10"},
      {"q=rrc+ams", ""},
      {"q=%00", ""},
      {"project=rv", "amsix.ams route-views2"},
      {"project=RIS", "rrc00 rrc2 rrc10"},
      {"project=other", ""},  // one of somebody's own; the page knows which there are
      {"project=%20x", "amsix.ams route-views2 rrc00 rrc2 rrc10"},
      {"data_type=u", "amsix.ams route-views2 rrc2 rrc10"},
      {"late=1", "amsix.ams rrc2"},
      {"late=1&data_type=rib", "rrc2"},
      {"late=1&data_type=updates", "amsix.ams"},
      {"late=yes", "amsix.ams route-views2 rrc00 rrc2 rrc10"},
      {"late=1&project=ris&q=rrc", "rrc2"},
  };
  for (const auto& [query, expected] : cases) {
    CAPTURE(std::string(query));
    CHECK(ids(query) == std::string(expected));
  }
}

TEST_CASE("sorting is stable; collectors without the value come last, both ways") {
  struct Case {
    const char *query, *expected;
  };
  const Case cases[] = {
      {"sort=collector&order=desc", "rrc10 rrc2 rrc00 route-views2 amsix.ams"},
      {"sort=project", "rrc00 rrc2 rrc10 amsix.ams route-views2"},
      {"sort=project&order=desc", "amsix.ams route-views2 rrc00 rrc2 rrc10"},
      {"sort=rib", "rrc2 rrc00 rrc10 route-views2 amsix.ams"},
      {"sort=rib&order=asc", "amsix.ams route-views2 rrc00 rrc10 rrc2"},
      {"sort=updates", "amsix.ams rrc10 route-views2 rrc2 rrc00"},
      {"sort=updates&order=asc", "route-views2 rrc2 rrc10 amsix.ams rrc00"},
      {"sort=newest", "route-views2 rrc2 rrc10 amsix.ams rrc00"},
      {"sort=missing", "rrc2 amsix.ams rrc00 route-views2 rrc10"},
      {"sort=missing&order=asc", "route-views2 rrc00 amsix.ams rrc2 rrc10"},
      {"sort=size", "amsix.ams route-views2 rrc00 rrc2 rrc10"},
  };
  for (const auto& [query, expected] : cases) {
    CAPTURE(std::string(query));
    CHECK(ids(query) == std::string(expected));
  }
}

TEST_CASE("the deep link, there and back") {
  const char* const links[] = {"",
                               "q=rrc00",
                               "q=a+b%26c%3D%25%F0%9F%8C%8A",
                               "project=riperis",
                               "project=routeviews&data_type=rib",
                               "data_type=update&late=1",
                               "sort=updates",
                               "sort=updates&order=asc",
                               "order=desc",
                               "sort=project&order=desc",
                               "q=x&project=riperis&data_type=rib&late=1&sort=missing&order=asc"};
  for (const char* const link : links) {
    CAPTURE(link);
    CHECK(BoardQuery::parse(link).text() == link);
  }
  CHECK(BoardQuery::parse("?sort=rib&order=desc&late=0&project=&q=&x=1").text() == "sort=rib");
  CHECK(BoardQuery::parse("project=ripe-ris&data_type=updates").text() == "project=riperis&data_type=update");
}

TEST_CASE("a hostile link does no harm and means what its text means") {
  std::mt19937 random(5);
  constexpr std::string_view kPieces[] = {
      "q=",     "&", "=",        "sort=", "order=desc", "%",   "%zz", "\xff", "<script>",
      "late=1", "+", "project=", "ris",   "data_type=", "rib", "%00", "?",    "missing"};
  for (int i = 0; i < 3'000; ++i) {
    std::string link;
    for (std::size_t n = random() % 12; n > 0; --n) link += kPieces[random() % std::size(kPieces)];
    CAPTURE(link);
    const BoardQuery query = BoardQuery::parse(link);
    CHECK(BoardQuery::parse(query.text()) == query);
  }
  CHECK(BoardQuery::parse("q=" + std::string(100'000, 'a')).search.size() == 200);
  std::string euros = "q=a";
  for (int i = 0; i < 100; ++i) euros += "\xe2\x82\xac";
  CHECK(BoardQuery::parse(euros).search.size() == 199);  // whole characters
}

TEST_CASE("sort buttons") {
  BoardQuery query;
  query.sort_by(SortKey::collector);
  CHECK(query.descending);
  query.sort_by(SortKey::updates);
  CHECK((query.sort == SortKey::updates && query.descending));
  query.sort_by(SortKey::updates);
  CHECK_FALSE(query.descending);
  query.sort_by(SortKey::project);
  CHECK((query.sort == SortKey::project && !query.descending));
  for (const std::string_view word : kSortKeys) CHECK(parse_sort_key(word));
  CHECK_FALSE(parse_sort_key(""));
}

TEST_CASE("labels of projects") {
  CHECK(project_label("riperis") == "RIS");
  CHECK(project_label("routeviews") == "RouteViews");
  CHECK(project_label("mine") == "mine");
}
