#include "native-host/events/recent_ids.hpp"

#include <random>
#include <unordered_set>

#include <doctest/doctest.h>

namespace skerry::events {
namespace {

using namespace std::chrono_literals;

Hash128 hash(std::uint64_t n) {
  return {.low = n, .high = ~n};
}

}  // namespace

TEST_CASE("a set has what was put in") {
  HashSet set;
  CHECK_FALSE(set.contains({}));
  CHECK(set.insert({}));
  CHECK_FALSE(set.insert({}));
  CHECK(set.contains({}));
  std::mt19937_64 random(1);
  std::unordered_set<std::uint64_t> truth;
  for (int i = 0; i < 20'000; ++i) {
    const auto n = 1 + random() % 10'000;
    CHECK(set.insert(hash(n)) == truth.insert(n).second);
  }
  CHECK(set.size() == truth.size() + 1);
  for (std::uint64_t n = 1; n <= 10'000; ++n) CHECK(set.contains(hash(n)) == truth.contains(n));
  // All in one place.
  HashSet crowded;
  for (std::uint64_t n = 0; n < 500; ++n) CHECK(crowded.insert({.low = 64, .high = n}));
  for (std::uint64_t n = 0; n < 1000; ++n) CHECK(crowded.contains({.low = 64, .high = n}) == (n < 500));
}

TEST_CASE("an id is known for the window, and not for ever") {
  RecentIds ids(1h, 1000);
  const RecentIds::Clock::time_point start{1000h};
  for (const auto at : {0min, 20min, 59min, 61min, 100min}) {
    RecentIds fresh(1h, 1000);
    fresh.insert(hash(0), start);  // begins a generation
    fresh.insert(hash(1), start + at);
    for (auto later = 0min; later < 60min; later += 1min) CHECK(fresh.contains(hash(1), start + at + later));
    CHECK_FALSE(fresh.contains(hash(1), start + at + 2h + 1min));
  }
  CHECK_FALSE(ids.contains(hash(1), start));
}

TEST_CASE("the last half of what is allowed is known, and never more than all") {
  RecentIds ids(1h, 1000);
  const RecentIds::Clock::time_point now{1000h};
  for (std::uint64_t n = 0; n < 10'000; ++n) {
    ids.insert(hash(n), now);
    if (n % 777 != 0) continue;
    std::uint64_t known = 0;
    for (std::uint64_t m = 0; m <= n; ++m) known += ids.contains(hash(m), now) ? 1 : 0;
    CHECK(known <= 1000);
    CHECK(known >= std::min<std::uint64_t>(n + 1, 500));
    for (auto m = n; m + 500 > n && m > 0; --m) CHECK(ids.contains(hash(m), now));
  }
  for (auto none : {RecentIds(0h, 1000), RecentIds(1h, 0)}) {
    none.insert(hash(1), now);
    CHECK_FALSE(none.contains(hash(1), now));
  }
}

}  // namespace skerry::events
