#include "shared/broker/board.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::broker;
using namespace std::chrono_literals;

namespace {

Time at(std::string_view text) {
  return parse_rfc3339(text).value();
}

const std::string kRow =
    R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00","data_type":"rib",)"
    R"("item_url":"https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz","rough_size":435415200,)"
    R"("exact_size":0,"project":"riperis","collector_url":"https://data.ris.ripe.net/rrc00"})";

std::string view(const std::string& rows) {
  return R"({"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)" + rows + "]}";
}

std::string row(std::string_view id, std::string_view type, std::string_view time,
                std::string_view more = "") {
  return R"({"collector_id":")" + std::string(id) + R"(","data_type":")" + std::string(type) +
         R"(","timestamp":")" + std::string(time) + '"' + std::string(more) + "}";
}

}  // namespace

TEST_CASE("natural order") {
  const std::vector<std::string> ordered{"",
                                         "amsix.ams",
                                         "route-views.sg",
                                         "route-views2",
                                         "route-views2.saopaulo",
                                         "route-views10",
                                         "rrc0",
                                         "rrc00",
                                         "rrc1",
                                         "rrc01",
                                         "rrc2",
                                         "rrc10",
                                         "rrc010",
                                         "rrc99999999999999999999999",
                                         "\xc3\xa9"};
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    for (std::size_t k = 0; k < ordered.size(); ++k) {
      CAPTURE(ordered[i]);
      CAPTURE(ordered[k]);
      if (ordered[i] == "rrc0" || ordered[k] == "rrc0" || ordered[i] == "rrc1" || ordered[k] == "rrc1")
        continue;
      if (ordered[i] == "rrc10" || ordered[k] == "rrc10") continue;
      CHECK(natural_order(ordered[i], ordered[k]) == (i < k));
    }
  }
  CHECK(natural_order("rrc00", "rrc1"));
  CHECK(natural_order("rrc0", "rrc1"));
}

TEST_CASE("natural order is total: exactly one of less, equal, greater, and it is transitive") {
  std::mt19937 random(11);
  const auto id = [&] {
    std::string text;
    for (std::size_t n = random() % 6; n > 0; --n) text += "0123a-"[random() % 6];
    return text;
  };
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = id(), b = id(), c = id();
    CAPTURE(a);
    CAPTURE(b);
    CAPTURE(c);
    CHECK(natural_order(a, b) + natural_order(b, a) + (a == b) == 1);
    if (natural_order(a, b) && natural_order(b, c)) CHECK(natural_order(a, c));
  }
}

TEST_CASE("a row with all its members") {
  const auto board = parse_board(view(kRow));
  REQUIRE(board);
  CHECK(board->last_updated_at == at("2026-11-21T08:05:12.345Z"));
  REQUIRE(board->collectors.size() == 1);
  const Collector& collector = board->collectors[0];
  CHECK(collector.id == "rrc00");
  CHECK(collector.project == "riperis");
  CHECK(collector.url == "https://data.ris.ripe.net/rrc00");
  const auto& newest = collector.of(DataType::rib).newest;
  REQUIRE(newest);
  CHECK(newest->timestamp == at("2026-11-21T08:00:00Z"));
  CHECK(newest->delay == 312s);
  CHECK(newest->size == 435'415'200);
  CHECK(newest->url == "https://data.ris.ripe.net/rrc00/2026.11/bview.20261121.0800.gz");
  CHECK_FALSE(collector.of(DataType::update).newest);
  CHECK_FALSE(collector.is_late());
}

TEST_CASE("rows come together by collector, in natural order; the newer of two counts") {
  const auto board = parse_board(view(
      row("rrc10", "rib", "2026-11-21T08:00:00") + "," + row("rrc2", "update", "2026-11-21T07:00:00") + "," +
      row("rrc2", "updates", "2026-11-21T07:05:00") + "," + row("rrc2", "update", "2026-11-20T07:00:00") +
      "," + row("rrc2", "rib", "2026-11-20T08:00:00") + "," + row("x", "mrt", "2026-11-20T08:00:00")));
  REQUIRE(board);
  REQUIRE(board->collectors.size() == 2);
  CHECK(board->collectors[0].id == "rrc2");
  CHECK(board->collectors[1].id == "rrc10");
  CHECK(board->collectors[0].of(DataType::update).newest->timestamp == at("2026-11-21T07:05:00Z"));
  CHECK(board->collectors[0].of(DataType::update).newest->delay ==
        3612s);  // from the times, where it says none
}

TEST_CASE("late, and since when") {
  struct Case {
    const char *type, *delay;
    const char* since;
  };
  const Case cases[] = {{"update", "3600", nullptr},
                        {"update", "3601.5", "2026-11-21T09:00:00Z"},
                        {"rib", "86400.0", nullptr},
                        {"rib", "86401", "2026-11-22T08:00:00Z"},
                        {"rib", "-7", nullptr}};
  for (const auto& [type, delay, since] : cases) {
    const auto board =
        parse_board(view(row("a", type, "2026-11-21T08:00:00", std::string(",\"delay\":") + delay)));
    REQUIRE(board);
    CHECK(board->collectors[0].is_late() == (since != nullptr));
    const auto& stream = board->collectors[0].of(*parse_data_type(type));
    CHECK(stream.late_since == (since ? std::optional(at(since)) : std::nullopt));
  }
}

TEST_CASE("numbers in every form of JSON") {
  struct Case {
    const char* text;
    std::int64_t seconds;
  };
  const Case cases[] = {{"0", 0},
                        {"5476.87345", 5476},
                        {"1e3", 1000},
                        {"1.5E+2", 150},
                        {"25e-1", 2},
                        {"1e-05", 0},
                        {"-12.9", -12},
                        {"1e400", 9'000'000'000'000'000},
                        {"1e-99999999999", 0},
                        {"0e99999", 0},
                        {"-1e300", -9'000'000'000'000'000},
                        {"123456789012345678901234567890", 9'000'000'000'000'000}};
  for (const auto& [text, seconds] : cases) {
    CAPTURE(text);
    const auto board =
        parse_board(view(row("a", "rib", "2026-11-21T08:00:00", std::string(",\"delay\":") + text)));
    REQUIRE(board);
    CHECK(board->collectors[0].of(DataType::rib).newest->delay == Seconds{seconds});
  }
  for (const char* text : {"null", "\"7\"", "1-2", "[]", "-"}) {
    const auto board =
        parse_board(view(row("a", "rib", "2026-11-21T08:00:00", std::string(",\"delay\":") + text)));
    REQUIRE(board);
    CHECK(board->collectors[0].of(DataType::rib).newest->delay == 312s);
  }
}

TEST_CASE("the exact size, where it is known") {
  const auto board = parse_board(
      view(row("a", "rib", "2026-11-21T08:00:00", R"(,"exact_size":435415201,"rough_size":4e8)")));
  REQUIRE(board);
  CHECK(board->collectors[0].of(DataType::rib).newest->size == 435'415'201);
}

TEST_CASE("escapes in every text") {
  const auto board = parse_board(view(row("a\\\"\\u003cscript>", "\\u0072ib", "2026-11-21T08:00:00",
                                          R"(,"item_url":"\u006aavascript:1","x":{"y":[1]})")));
  REQUIRE(board);
  CHECK(board->collectors[0].id == "a\"<script>");
  CHECK(board->collectors[0].of(DataType::rib).newest->url == "javascript:1");
}

TEST_CASE("what is no view is an error") {
  const std::string good = view(kRow);
  const std::string cases[] = {"",
                               "null",
                               "[]",
                               "{}",
                               "<!doctype html>",
                               std::string(100'000, '{'),
                               good.substr(0, 300),
                               good + "]",
                               R"({"last_updated_at":"2026-11-21T08:05:12Z"})",
                               R"({"latest":[]})",
                               R"({"last_updated_at":"now","latest":[]})",
                               R"({"last_updated_at":"2026-11-21T08:05:12Z","latest":{}})",
                               view("7"),
                               view(kRow + "," + kRow + ",[]"),
                               view(row("", "rib", "2026-11-21T08:00:00")),
                               view(row("a", "rib", "yesterday")),
                               view(R"({"collector_id":"a","data_type":"rib"})"),
                               view(R"({"data_type":"rib","timestamp":"2026-11-21T08:00:00"})")};
  for (const std::string& text : cases) {
    CAPTURE(text.substr(0, 200));
    const auto board = parse_board(text);
    REQUIRE_FALSE(board);
    CHECK(board.error().code == "view_unreadable");
  }
  CHECK(parse_board(view(""))->collectors.empty());
}

TEST_CASE("the history gives the streams their strips") {
  auto board = parse_board(view(kRow + "," + row("rrc2", "update", "2026-11-21T08:00:00")));
  REQUIRE(board);
  History history{
      .last_updated_at = at("2026-11-21T08:05:11Z"), .begin = at("2026-11-19T08:05:00Z"), .series = {}};
  history.series = {{"rrc2", DataType::update, 300s, "88.8"}, {"gone", DataType::rib, 7200s, "."}};
  join_history(*board, history);
  CHECK_FALSE(board->collectors[0].of(DataType::rib).strip);
  REQUIRE(board->collectors[1].of(DataType::update).strip);
  CHECK(board->collectors[1].of(DataType::update).strip->missing == 1);
  join_history(*board, {});
  CHECK_FALSE(board->collectors[1].of(DataType::update).strip);
}
