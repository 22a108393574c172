#include "shared/broker/readable.hpp"

#include <cstdint>
#include <limits>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::broker;

TEST_CASE("a delay") {
  struct Case {
    std::int64_t seconds;
    const char* text;
  };
  const Case cases[] = {{-5, "0 min"},
                        {0, "0 min"},
                        {59, "0 min"},
                        {312, "5 min"},
                        {3599, "59 min"},
                        {3600, "1 h 00 min"},
                        {7512, "2 h 05 min"},
                        {172'799, "47 h 59 min"},
                        {172'800, "2 d 0 h"},
                        {273'600, "3 d 4 h"},
                        {std::numeric_limits<std::int64_t>::min(), "0 min"},
                        {86'400'000, "1000 d 0 h"}};
  for (const auto& [seconds, text] : cases) CHECK(readable_delay(Seconds{seconds}) == text);
}

TEST_CASE("a size") {
  struct Case {
    std::int64_t bytes;
    const char* text;
  };
  const Case cases[] = {{-1, "-"},
                        {0, "-"},
                        {999, "999 B"},
                        {1000, "1.0 kB"},
                        {1049, "1.0 kB"},
                        {1050, "1.1 kB"},
                        {999'949, "999.9 kB"},
                        {999'950, "1.0 MB"},
                        {7'340'032, "7.3 MB"},
                        {435'415'200, "435.4 MB"},
                        {1'610'612'736, "1.6 GB"},
                        {std::numeric_limits<std::int64_t>::max(), "9.2 EB"}};
  for (const auto& [bytes, text] : cases) CHECK(readable_size(bytes) == text);
}

TEST_CASE("a time, as short as the day allows") {
  const Time now = parse_rfc3339("2026-11-21T08:05:11Z").value();
  const auto shown = [&](std::string_view time) { return readable_time(parse_rfc3339(time).value(), now); };
  CHECK(shown("2026-11-21T08:00:59Z") == "08:00");
  CHECK(shown("2026-11-20T22:00:00Z") == "11-20 22:00");
  CHECK(shown("2025-11-21T22:00:00Z") == "2025-11-21 22:00");
  CHECK(shown("2027-01-01T00:00:00Z") == "2027-01-01 00:00");
}

TEST_CASE("a number of things") {
  CHECK(counted(0, "file") == "0 files");
  CHECK(counted(1, "file") == "1 file");
  CHECK(counted(12, "collector") == "12 collectors");
}
