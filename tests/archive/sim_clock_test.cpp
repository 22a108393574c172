#include "tests/archive/sim_clock.hpp"

#include <cmath>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::archive;
using namespace std::chrono_literals;

TEST_CASE("the clock moves at its speed") {
  const Time start = parse_rfc3339("2026-11-21T08:00:00Z").value();
  const SimClock::Steady real{1000s};
  struct Case {
    double speed;
    std::chrono::milliseconds passed;
  };
  for (const auto& [speed, passed] : {Case{0, 0s}, Case{1, 10s}, Case{60, 600s}, Case{0.5, 5s}}) {
    SimClock clock(start, speed, real);
    CHECK(clock.at(real) == start);
    CHECK(clock.at(real + 10s) == start + passed);
    clock.set(start - 24h, clock.speed(), real + 10s);
    CHECK(clock.at(real + 20s) == start - 24h + passed);
    clock.set(start, 2, real);
    CHECK(clock.at(real + 10s) == start + 20s);
  }
}

TEST_CASE("the clock's settings") {
  CHECK(SimClock::parse("2026-11-21T08:00:00Z", 0)->now() == parse_rfc3339("2026-11-21T08:00:00Z").value());
  const Time real = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  CHECK(SimClock::parse("now", 1)->now() - real < 10s);
  CHECK(SimClock::parse("now", 1)->now() >= real);
  for (const auto* text : {"", "later", "2026-11-21", "2026-11-21T25:00:00Z"}) {
    CAPTURE(text);
    CHECK(!SimClock::parse(text, 1));
  }
  for (const double speed : {-1.0, 1e9, std::nan(""), HUGE_VAL}) CHECK(!SimClock::parse("now", speed));
}

TEST_CASE("speeds") {
  CHECK(parse_speed("0") == 0);
  CHECK(parse_speed("600") == 600);
  CHECK(parse_speed("0.5") == 0.5);
  for (const auto* bad : {"", " 1", "1 ", "-1", "nan", "inf", "1e9", "x", "1x"}) {
    CAPTURE(bad);
    CHECK(!parse_speed(bad));
  }
}
