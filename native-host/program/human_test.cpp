#include "native-host/program/human.hpp"

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

const Time kNow = parse_naive("2026-11-21T08:00:00").value();

}  // namespace

TEST_CASE("moments as people give them") {
  const struct {
    const char* text;
    const char* moment;  ///< empty: refused
  } cases[] = {
      {"48h", "2026-11-19T08:00:00"},
      {"30m", "2026-11-21T07:30:00"},
      {"7d", "2026-11-14T08:00:00"},
      {"2026-10", "2026-10-01T00:00:00"},
      {"2026-10-05", "2026-10-05T00:00:00"},
      {"2026-10-05T06:07:08", "2026-10-05T06:07:08"},
      {"2026-10-05T06:07:08+02:00", "2026-10-05T04:07:08"},
      {"", ""},
      {"48", ""},
      {"2026", ""},
      {"2026-13", ""},
      {"yesterday", ""},
      {"2026-10-5", ""},
      {"-5h ", ""},
  };
  for (const auto& [text, moment] : cases) {
    CAPTURE(text);
    const auto time = parse_moment(text, kNow);
    CHECK((time ? format_naive(*time) : "") == moment);
    if (!time) CHECK(time.error().code == "bad_time");
  }
}

TEST_CASE("delays and sizes as people say them") {
  CHECK(human_delay(-5) == "0 min");
  CHECK(human_delay(59.9) == "0 min");
  CHECK(human_delay(312) == "5 min");
  CHECK(human_delay(7500) == "2 h 05 min");
  CHECK(human_delay(273'600) == "3 d 4 h");
  CHECK(human_size(0) == "0 B");
  CHECK(human_size(-1) == "0 B");
  CHECK(human_size(999) == "999 B");
  CHECK(human_size(435'415'200) == "435.4 MB");
}

TEST_CASE("numbers of things, and from one to another") {
  CHECK(counted(0, "gap") == "0 gaps");
  CHECK(counted(1, "gap") == "1 gap");
  CHECK(counted(2, "gap") == "2 gaps");
  CHECK(counted(1, "entry", "entries") == "1 entry");
  CHECK(counted(3, "entry", "entries") == "3 entries");
  CHECK(ranged("number", 1, 0) == "no numbers");
  CHECK(ranged("number", 7, 7) == "number 7");
  CHECK(ranged("number", 3, 9) == "numbers 3 to 9");
}

}  // namespace skerry::program
