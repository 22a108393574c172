#include "native-host/program/repeats.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

using namespace std::chrono_literals;

TEST_CASE("what is said again and again is said once in a while, with its count") {
  Repeats repeats;
  const Repeats::TimePoint start(1h);
  CHECK(repeats.take("full", start) == 0);
  CHECK(repeats.take("full", start + 1s) == std::nullopt);
  CHECK(repeats.take("other", start + 1s) == 0);
  CHECK(repeats.take("full", start + 9s) == std::nullopt);
  CHECK(repeats.take("full", start + 10s) == 2);
  CHECK(repeats.take("full", start + 19s) == std::nullopt);
  CHECK(repeats.take("full", start + 60s) == 1);
}

TEST_CASE("lines that are all different are let through, and old ones make room") {
  Repeats repeats;
  const Repeats::TimePoint start(1h);
  for (int i = 0; i < 100; ++i) CHECK(repeats.take(std::to_string(i), start) == 0);
  CHECK(repeats.take("99", start) == 0);
  CHECK(repeats.take("0", start) == std::nullopt);
  CHECK(repeats.take("new", start + 10s) == 0);
  CHECK(repeats.take("new", start + 11s) == std::nullopt);
}

}  // namespace
}  // namespace skerry::program
