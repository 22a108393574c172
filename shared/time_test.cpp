#include "shared/time.hpp"

#include <random>

#include <doctest/doctest.h>

namespace skerry {
namespace {

using namespace std::chrono_literals;

constexpr Time kMorning{std::chrono::sys_days{std::chrono::year{2026} / 11 / 21} + 8h};
constexpr Time kFirst{std::chrono::sys_days{std::chrono::year{0} / 1 / 1}};
constexpr Time kLast{std::chrono::sys_days{std::chrono::year{10'000} / 1 / 1} - 1ms};

struct Reading {
  std::string_view text;
  std::optional<Time> expected;
};

TEST_CASE("parse_rfc3339") {
  const Reading cases[] = {
      {"2026-11-21T08:00:00Z", kMorning},
      {"2026-11-21t08:00:00z", kMorning},
      {"2026-11-21 08:00:00Z", kMorning},
      {"2026-11-21T08:00:00+00:00", kMorning},
      {"2026-11-21T08:00:00-00:00", kMorning},
      {"2026-11-21T09:30:00+01:30", kMorning},
      {"2026-11-20T22:00:00-10:00", kMorning},
      {"2026-11-21T08:00:00.2Z", kMorning + 200ms},
      {"2026-11-21T08:00:00.25+00:00", kMorning + 250ms},
      {"2026-11-21T08:00:00.2509999999999999999999999Z", kMorning + 250ms},
      {"2026-11-21T07:59:60Z", kMorning},
      {"1970-01-01T00:00:00Z", Time{}},
      {"1969-12-31T23:59:59.999Z", Time{-1ms}},
      {"2024-02-29T00:00:00Z", Time{1'709'164'800s}},
      {"2000-02-29T00:00:00Z", Time{951'782'400s}},
      {"0000-01-01T00:00:00Z", kFirst},
      {"9999-12-31T23:59:59.999Z", kLast},
      // no such moment
      {"2023-02-29T00:00:00Z", {}},
      {"1900-02-29T00:00:00Z", {}},
      {"2026-00-21T08:00:00Z", {}},
      {"2026-13-21T08:00:00Z", {}},
      {"2026-11-00T08:00:00Z", {}},
      {"2026-11-31T08:00:00Z", {}},
      {"2026-11-21T24:00:00Z", {}},
      {"2026-11-21T08:60:00Z", {}},
      {"2026-11-21T08:00:61Z", {}},
      {"2026-11-21T08:00:00+24:00", {}},
      {"2026-11-21T08:00:00+01:60", {}},
      // outside of the years that can be printed
      {"0000-01-01T00:59:59+01:00", {}},
      {"9999-12-31T23:00:00-01:00", {}},
      {"9999-12-31T23:59:60Z", {}},
      // not the form
      {"", {}},
      {"2026-11-21", {}},
      {"2026-11-21T08:00Z", {}},
      {"2026-11-21T08:00:00", {}},
      {"2026-11-21T08:00:00.Z", {}},
      {"2026-11-21T08:00:00.5", {}},
      {"2026-11-21T08:00:00,5Z", {}},
      {"2026-11-21T08:00:00+0100", {}},
      {"2026-11-21T08:00:00+01", {}},
      {"2026-11-21T08:00:00Z ", {}},
      {" 2026-11-21T08:00:00Z", {}},
      {"2026-11-21T08:00:00ZZ", {}},
      {"2026-11-21_08:00:00Z", {}},
      {"2026/11/21T08:00:00Z", {}},
      {"+026-11-21T08:00:00Z", {}},
      {"2026-1-021T08:00:00Z", {}},
      {"2026-11-21T-8:00:00Z", {}},
      {"20261121T080000Z", {}},
      {"12026-11-21T08:00:00Z", {}},
      {"\xff\xfe", {}},
      {"2026-11-21T08:00:00\xc2\xa0Z", {}},
      {std::string_view("2026-11-21T08:00:00Z\0", 21), {}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    CHECK(parse_rfc3339(text) == expected);
  }
  CHECK(parse_rfc3339("2026-11-21T08:00:00." + std::string(1'000'000, '9') + "Z") == kMorning + 999ms);
  CHECK_FALSE(parse_rfc3339(std::string(1'000'000, '2')));
}

TEST_CASE("parse_naive") {
  const Reading cases[] = {
      {"2026-11-21T08:00:00", kMorning},  {"0000-01-01T00:00:00", kFirst},
      {"2026-11-21T07:59:60", kMorning},  {"2026-11-21T08:00:00Z", {}},
      {"2026-11-21 08:00:00", {}},        {"2026-11-21T08:00:00.5", {}},
      {"2026-02-30T08:00:00", {}},        {"2026-11-21T08:00", {}},
      {"2026-11-21T08:00:00+00:00", {}},  {"", {}},
      {"2026-11-21T08:00:0\xd9\xa0", {}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    CHECK(parse_naive(text) == expected);
  }
}

TEST_CASE("parse_http_date") {
  constexpr Time kExample{784'111'777s};  // the moment of RFC 9110's examples
  const Reading cases[] = {
      {"Sun, 06 Nov 1994 08:49:37 GMT", kExample},
      {"Sunday, 06-Nov-94 08:49:37 GMT", kExample},
      {"Sun Nov  6 08:49:37 1994", kExample},
      {"Sat, 21 Nov 2026 08:00:00 GMT", kMorning},
      {"Saturday, 21-Nov-26 08:00:00 GMT", kMorning},
      {"Sat Nov 21 08:00:00 2026", kMorning},
      {"Mon, 21 Nov 2026 08:00:00 GMT", kMorning},  // the wrong day of the week
      {"Thursday, 01-Jan-70 00:00:00 GMT", Time{}},
      {"Tuesday, 31-Dec-69 23:59:59 GMT", Time{3'155'759'999s}},
      {"Thu, 01 Jan 1970 00:00:00 GMT", Time{}},
      {"Tue, 29 Feb 2000 00:00:00 GMT", Time{951'782'400s}},
      {"Sat, 21 Nov 2026 08:00:00 UTC", {}},
      {"Sat, 21 Nov 2026 08:00:00 gmt", {}},
      {"Sat, 21 Nov 2026 08:00:00 +0000", {}},
      {"sat, 21 Nov 2026 08:00:00 GMT", {}},
      {"Sat, 21 nov 2026 08:00:00 GMT", {}},
      {"Sat, 1 Nov 2026 08:00:00 GMT", {}},
      {"Sat, 31 Nov 2026 08:00:00 GMT", {}},
      {"Sat, 00 Nov 2026 08:00:00 GMT", {}},
      {"Thu, 29 Feb 1900 00:00:00 GMT", {}},
      {"Sat, 21 Nov 2026 24:00:00 GMT", {}},
      {"Sat, 21 Nov 2026 08:00:00 GMT ", {}},
      {"Sat, 21 Nov 2026 08:00:00", {}},
      {"Sat, 21 Nov 2026", {}},
      {"Sat, 21 Nov 26 08:00:00 GMT", {}},
      {"Saturday, 21-Nov-2026 08:00:00 GMT", {}},
      {"Saturday, 21 Nov 2026 08:00:00 GMT", {}},
      {"Sat,21 Nov 2026 08:00:00 GMT", {}},
      {"Sun Nov 6 08:49:37 1994", {}},
      {"Sun Nov  66 08:49:37 1994", {}},
      {"Sun Nov  6 08:49:37 1994 GMT", {}},
      {"Fri, 31 Dec 9999 23:59:60 GMT", {}},
      {"", {}},
      {",", {}},
      {"   ,", {}},
      {"0", {}},
      {"1792569600", {}},
      {"Sat, 21 Nov 2026 08:00:00 GMT, Sat, 21 Nov 2026 08:00:00 GMT", {}},
      {"\xf0\x9f\x95\x94,", {}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    CHECK(parse_http_date(text) == expected);
  }
}

TEST_CASE("formats") {
  struct Case {
    Time time;
    std::string_view rfc3339, naive, http;
  };
  const Case cases[] = {
      {kMorning, "2026-11-21T08:00:00Z", "2026-11-21T08:00:00", "Sat, 21 Nov 2026 08:00:00 GMT"},
      {kMorning + 250ms, "2026-11-21T08:00:00.250Z", "2026-11-21T08:00:00", "Sat, 21 Nov 2026 08:00:00 GMT"},
      {kMorning + 7ms, "2026-11-21T08:00:00.007Z", "2026-11-21T08:00:00", "Sat, 21 Nov 2026 08:00:00 GMT"},
      {Time{}, "1970-01-01T00:00:00Z", "1970-01-01T00:00:00", "Thu, 01 Jan 1970 00:00:00 GMT"},
      {Time{-1ms}, "1969-12-31T23:59:59.999Z", "1969-12-31T23:59:59", "Wed, 31 Dec 1969 23:59:59 GMT"},
      {kFirst, "0000-01-01T00:00:00Z", "0000-01-01T00:00:00", "Sat, 01 Jan 0000 00:00:00 GMT"},
      {kLast, "9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59", "Fri, 31 Dec 9999 23:59:59 GMT"},
  };
  for (const auto& [time, rfc3339, naive, http] : cases) {
    CHECK(format_rfc3339(time) == rfc3339);
    CHECK(format_naive(time) == naive);
    CHECK(format_http_date(time) == http);
  }
}

TEST_CASE("what is printed reads as the same moment") {
  std::mt19937_64 random(20'261'121);
  std::uniform_int_distribution<std::int64_t> any(kFirst.time_since_epoch().count(),
                                                  kLast.time_since_epoch().count());
  for (int i = 0; i < 20'000; ++i) {
    const Time time{std::chrono::milliseconds(any(random))};
    const Time second = std::chrono::floor<Seconds>(time);
    CAPTURE(time.time_since_epoch().count());
    CHECK(parse_rfc3339(format_rfc3339(time)) == time);
    CHECK(parse_naive(format_naive(time)) == second);
    CHECK(parse_http_date(format_http_date(time)) == second);
  }
}

TEST_CASE("civil_time") {
  CHECK(civil_time(2026, 11, 21, 8, 0, 0) == kMorning);
  CHECK(civil_time(2026, 11, 21, 7, 59, 60) == kMorning);
  CHECK(civil_time(0, 1, 1, 0, 0, 0) == kFirst);
  CHECK_FALSE(civil_time(-1, 1, 1, 0, 0, 0));
  CHECK_FALSE(civil_time(10'000, 1, 1, 0, 0, 0));
  // Would be valid ones if they were cut to the 16 and 8 bits of std::chrono::year, month and day.
  CHECK_FALSE(civil_time(65'536 + 2026, 11, 21, 8, 0, 0));
  CHECK_FALSE(civil_time(2026, 256 + 11, 21, 8, 0, 0));
  CHECK_FALSE(civil_time(2026, 11, 256 + 21, 8, 0, 0));
  CHECK_FALSE(civil_time(2026, 11, 21, 24, 0, 0));
  CHECK_FALSE(civil_time(2026, 11, 21, 8, 60, 0));
  CHECK_FALSE(civil_time(2026, 11, 21, 8, 0, 61));
}

}  // namespace
}  // namespace skerry
