#include "shared/broker/arrivals.hpp"

#include <set>

#include <doctest/doctest.h>

#include "shared/broker/lateness.hpp"

using namespace skerry;
using namespace skerry::broker;
using namespace std::chrono_literals;

namespace {

Time at(std::string_view text) {
  return parse_rfc3339(text).value();
}

constexpr std::string_view kDocument =
    R"({"format":1,"last_updated_at":"2026-11-21T08:05:11.000Z","begin":"2026-11-19T08:05:00","series":[)"
    R"({"collector_id":"rrc00","data_type":"rib","step":28800,"slots":"7...+.z"},)"
    R"({"collector_id":"rrc\"0\\1","data_type":"update","step":300,"slots":""}]})";

}  // namespace

TEST_CASE("the code of a lag, and its lower bound") {
  struct Case {
    Seconds lag;
    char code;
    Seconds bound;
  };
  const Case cases[] = {
      {-5s, '0', 0s},          {0s, '0', 0s},
      {59s, '0', 0s},          {60s, '1', 1min},
      {10min, 'A', 10min},     {29min + 59s, 'T', 29min},
      {30min, 'U', 30min},     {34min + 59s, 'U', 30min},
      {35min, 'V', 35min},     {119min, 'l', 115min},
      {2h, 'm', 2h},           {2h + 59min, 'm', 2h},
      {13h + 59min, 'x', 13h}, {14h, 'y', 14h},
      {24h - 1s, 'y', 14h},    {24h, 'z', 24h},
      {24h * 4000, 'z', 24h},
  };
  for (const auto& [lag, code, bound] : cases) {
    CAPTURE(lag.count());
    CHECK(lag_code(lag) == code);
    CHECK(lag_of(code) == bound);
  }
  for (const char c : {'.', '+', '!', ' ', '\0', '\xff', '[', '`'}) CHECK_FALSE(lag_of(c));
}

TEST_CASE("codes rise with the lag, and each bound has its own code") {
  std::set<char> seen;
  Seconds last{-1};
  for (int c = 0; c < 256; ++c) {
    const auto bound = lag_of(static_cast<char>(c));
    if (!bound) continue;
    seen.insert(static_cast<char>(c));
    CHECK(lag_code(*bound) == static_cast<char>(c));
    CHECK(*bound > last);  // the alphabet is in ASCII's order
    last = *bound;
  }
  CHECK(seen.size() == 62);
}

TEST_CASE("the grid of a cadence") {
  const Time end = at("2026-11-21T08:05:11Z"), begin = history_begin(end);
  CHECK(begin == at("2026-11-19T08:05:00Z"));
  CHECK(SlotGrid::of(begin, end, 300s) == SlotGrid{begin, 300s, 577});
  CHECK(SlotGrid::of(begin, end, 900s) == SlotGrid{at("2026-11-19T08:00:00Z"), 900s, 193});
  const SlotGrid ribs = SlotGrid::of(begin, end, 28'800s);
  CHECK(ribs == SlotGrid{at("2026-11-19T08:00:00Z"), 28'800s, 7});
  CHECK(ribs.slot_of(at("2026-11-19T07:59:59Z")) == std::nullopt);
  CHECK(ribs.slot_of(at("2026-11-19T08:00:00Z")) == 0);
  CHECK(ribs.slot_of(at("2026-11-19T15:59:59Z")) == 0);
  CHECK(ribs.slot_of(at("2026-11-21T08:00:00Z")) == 6);
  CHECK(ribs.slot_of(at("2026-11-21T16:00:00Z")) == std::nullopt);
  CHECK(SlotGrid::of(end, begin, 300s).count == 0);
  CHECK(SlotGrid::of(at("1969-12-31T23:59:59Z"), at("1970-01-01T00:00:00Z"), 3600s) ==
        SlotGrid{at("1969-12-31T23:00:00Z"), 3600s, 2});
}

TEST_CASE("the document, there and back") {
  const auto history = parse_history(kDocument);
  REQUIRE(history);
  CHECK(history->last_updated_at == at("2026-11-21T08:05:11Z"));
  CHECK(history->begin == at("2026-11-19T08:05:00Z"));
  REQUIRE(history->series.size() == 2);
  CHECK(history->series[0] == Series{"rrc00", DataType::rib, 28'800s, "7...+.z"});
  CHECK(history->series[1] == Series{"rrc\"0\\1", DataType::update, 300s, ""});
  CHECK(render_history(*history) == kDocument);
  History young = *history;
  young.series[0].before = 3;
  CHECK(render_history(young).contains(R"("step":28800,"before":3,"slots")"));
  CHECK(parse_history(render_history(young)) == young);
  History empty{
      .last_updated_at = at("2026-11-21T08:05:11.042Z"), .begin = at("2026-11-19T08:05:00Z"), .series = {}};
  CHECK(parse_history(render_history(empty)) == empty);
}

TEST_CASE("members in any order, and unknown ones") {
  const auto history = parse_history(
      R"( { "series" : [ {"slots":"0","x":[{}],"step":60,"data_type":"updates","collector_id":"a"} ], "more": {},)"
      R"( "begin":"2026-11-19T08:05:00","last_updated_at":"2026-11-21T08:05:11Z","format":1 } )");
  REQUIRE(history);
  CHECK(history->series == std::vector<Series>{{"a", DataType::update, 60s, "0"}});
}

TEST_CASE("what is no history is an error") {
  const auto with = [](std::string_view from, std::string_view to) {
    std::string text(kDocument);
    const auto begin = text.find(from);
    REQUIRE(begin != std::string::npos);
    return text.replace(begin, from.size(), to);
  };
  const std::string cases[] = {
      "",
      "null",
      "[]",
      "{}",
      "<!doctype html>",
      std::string(100'000, '['),
      std::string("\0\xff", 2),
      std::string(kDocument) + "x",
      std::string(kDocument.substr(0, 200)),
      with("\"format\":1", "\"format\":2"),
      with("\"format\":1,", ""),
      with("2026-11-21T08:05:11.000Z", "yesterday"),
      with("2026-11-19T08:05:00", "2026-11-19T08:05:00Z"),
      with("\"begin\"", "\"began\""),
      with("\"series\":[", "\"series\":7,\"other\":["),
      with("28800", "59"),
      with("28800", "86401"),
      with("28800", "\"300\""),
      with("28800", "1e4"),
      with("28800", "99999999999999999999"),
      with("7...+.z", "7 ."),
      with("7...+.z", "\\u0037"),
      with("7...+.z", std::string(4'001, '.')),
      with("\"rib\"", "\"mrt\""),
      with("\"rrc00\"", "null"),
      with("\"rrc00\"", "\"\""),
      with("\"slots\":\"7...+.z\"", "\"slots\":7"),
      with("\"step\":28800,", ""),
      with(R"("data_type":"rib",)", ""),
      with(R"({"collector_id":"rrc00")", R"(7,{"collector_id":"rrc00")"),
  };
  for (const std::string& text : cases) {
    CAPTURE(text.substr(0, 400));
    const auto history = parse_history(text);
    REQUIRE_FALSE(history);
    CHECK(history.error().code == "history_unreadable");
  }
}

TEST_CASE("no more series than the limit") {
  History history{
      .last_updated_at = at("2026-11-21T08:05:11Z"), .begin = at("2026-11-19T08:05:00Z"), .series = {}};
  history.series.assign(5'000, {"a", DataType::rib, 7'200s, "."});
  CHECK(parse_history(render_history(history)) == history);
  history.series.push_back(history.series.front());
  CHECK_FALSE(parse_history(render_history(history)));
}

TEST_CASE("lateness") {
  CHECK_FALSE(is_late(DataType::update, 3600s));
  CHECK(is_late(DataType::update, 3601s));
  CHECK_FALSE(is_late(DataType::rib, 86'400s));
  CHECK(is_late(DataType::rib, 86'401s));
  CHECK(is_late(DataType::update, std::chrono::duration<double>(3600.5)));
  CHECK_FALSE(is_late(DataType::update, -1s));
}
