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

TEST_CASE("lines of one kind are one, whatever each of them is about") {
  struct Case {
    const char* first;
    const char* second;
    bool same;
  };
  for (const auto& [first, second, same] :
       {Case{"tracker: POST /t/a: The memory is full.", "tracker: POST /t/b?x=1: The memory is full.", true},
        Case{"tracker: POST /t/a: The memory is full.", "tracker: POST /t/a: The time is over.", false},
        Case{"tracker: POST /t/a: The memory is full.", "latest: POST /t/a: The memory is full.", false},
        Case{"a: 12 of 13 bytes", "a: 9 of 77 bytes", true}, Case{"a \"x\" is none", "a 'y' is none", true},
        Case{"a from 192.0.2.1", "a from 2001:db8::1", true}, Case{"a  b", "a b", false},
        Case{"", " ", false}}) {
    CAPTURE(first);
    CHECK((kind_of(first) == kind_of(second)) == same);
  }
  Repeats repeats;
  const Repeats::TimePoint start(1h);
  CHECK(repeats.take("tracker: POST /t/0: no memory", start) == 0);
  for (int i = 1; i < 550; ++i)
    CHECK(repeats.take("tracker: POST /t/" + std::to_string(i) + ": no memory", start) == std::nullopt);
  CHECK(repeats.take("tracker: POST /t: no memory", start + 10s) == 549);
}

TEST_CASE("more kinds than are remembered are one more, and old ones make room") {
  Repeats repeats;
  const Repeats::TimePoint start(1h);
  const auto word = [](int i) { return std::string(static_cast<std::size_t>(i) + 1, 'x'); };
  std::size_t shown = 0;
  for (int i = 0; i < 1'000; ++i) shown += repeats.take(word(i), start).has_value() ? 1 : 0;
  CHECK(shown == 65);
  CHECK(repeats.take(word(0), start) == std::nullopt);
  CHECK(repeats.take("new", start + 10s) == 0);
  CHECK(repeats.take("new", start + 11s) == std::nullopt);
}

}  // namespace
}  // namespace skerry::program
