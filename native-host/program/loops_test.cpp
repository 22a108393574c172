#include "native-host/program/loops.hpp"

#include <condition_variable>
#include <latch>
#include <mutex>
#include <stdexcept>

#include <doctest/doctest.h>

#include "native-host/clock/test_clock.hpp"

namespace skerry::program {
namespace {

using namespace std::chrono_literals;
using Times = std::vector<Time::duration>;

const Time kStart = civil_time(2028, 2, 28, 23, 59, 58).value();

/// Loops by a clock of the test's own, and when their turns were.
struct Bench {
  void note() { turns.push_back(clock->now() - kStart); }
  /// For so many seconds.
  void go_on(int seconds) {
    for (int i = 0; i < seconds; ++i) clock->advance(1s);
  }

  Report report{"error", "text"};
  std::shared_ptr<TestClock> clock = std::make_shared<TestClock>(kStart);
  Times turns;
  Loops loops{report, clock};
};

TEST_CASE("a turn comes at once, and then at every interval from the start of the last one") {
  Bench bench;
  bench.loops.add({.name = "test", .interval = 10s, .work = [&](const std::stop_token&) -> Result<void> {
                     bench.note();
                     if (bench.turns.size() == 2) bench.clock->move(4s);
                     if (bench.turns.size() == 3) bench.clock->move(25s);  // longer than the interval
                     return {};
                   }});
  bench.loops.start();
  bench.go_on(35);
  CHECK(bench.turns == Times{0s, 10s, 20s, 45s, 55s});
  bench.loops.stop();
  bench.go_on(100);
  CHECK(bench.turns.size() == 5);
}

TEST_CASE("after a failure it comes sooner, and ever later until it goes well") {
  Bench bench;
  bench.loops.add({.name = "test",
                   .interval = 10s,
                   .work = [&](const std::stop_token&) -> Result<void> {
                     bench.note();
                     if (bench.turns.size() == 2) throw std::runtime_error("y");
                     if (bench.turns.size() == 6) return {};
                     return fail("x", "X.");
                   },
                   .retry = 2s});
  bench.loops.start();
  bench.go_on(46);
  CHECK(bench.turns == Times{0s, 2s, 6s, 14s, 24s, 34s, 44s, 46s});
}

TEST_CASE("retries may come to be further apart than the turns") {
  Bench bench;
  bench.loops.add({.name = "test",
                   .interval = 1s,
                   .work = [&](const std::stop_token&) -> Result<void> {
                     bench.note();
                     if (bench.turns.size() == 5) return {};
                     return fail("x", "X.");
                   },
                   .retry = 2s,
                   .longest_retry = 6s});
  bench.loops.start();
  bench.go_on(21);
  CHECK(bench.turns == Times{0s, 2s, 6s, 12s, 18s, 19s, 21s});
}

TEST_CASE("without a time for retries it comes after the interval, as it does where that is shorter") {
  for (const auto retry : {0s, 60s}) {
    Bench bench;
    bench.loops.add({.name = "test",
                     .interval = 10s,
                     .work = [&](const std::stop_token&) -> Result<void> {
                       bench.note();
                       return fail("x", "X.");
                     },
                     .retry = retry});
    bench.loops.start();
    bench.go_on(20);
    CHECK(bench.turns == Times{0s, 10s, 20s});
  }
}

TEST_CASE("all loops of the start have begun once each has had its first turn, however it went") {
  Bench bench;
  std::latch go(1);
  bench.loops.add({.name = "one",
                   .interval = 24h,
                   .work = [&](const std::stop_token&) -> Result<void> {
                     go.wait();
                     return fail("x", "X.");
                   },
                   .of_start = true});
  bench.loops.add({.name = "two",
                   .interval = 24h,
                   .work = [&](const std::stop_token&) -> Result<void> { return {}; },
                   .of_start = true});
  CHECK(!bench.loops.have_begun());
  bench.loops.start();
  CHECK(!bench.loops.have_begun());
  go.count_down();
  bench.clock->settle();
  CHECK(bench.loops.have_begun());
}

TEST_CASE("a turn is told to end") {
  Bench bench;
  std::latch begun(1);
  bool told = false;
  bench.loops.add({.name = "test", .interval = 24h, .work = [&](const std::stop_token& stop) -> Result<void> {
                     begun.count_down();
                     std::mutex mutex;
                     std::condition_variable_any never;
                     std::unique_lock lock(mutex);
                     never.wait(lock, stop, [] { return false; });
                     told = stop.stop_requested();
                     return {};
                   }});
  bench.loops.start();
  begun.wait();
  bench.loops.stop();
  CHECK(told);
}

TEST_CASE("a loop that does not begin at once begins after an interval, or ends before") {
  for (const bool ends : {false, true}) {
    Bench bench;
    bench.loops.add({.name = "test",
                     .interval = 10s,
                     .work = [&](const std::stop_token&) -> Result<void> {
                       bench.note();
                       return {};
                     },
                     .at_once = false});
    bench.loops.start();
    CHECK(bench.loops.have_begun());  // nobody waits for it
    bench.go_on(9);
    if (ends) bench.loops.stop();
    bench.go_on(2);
    CHECK(bench.turns == (ends ? Times() : Times{10s}));
  }
}

TEST_CASE("by the system's clock too") {
  Report report("error", "text");
  Loops loops(report);
  std::latch two(2);
  int turns = 0;
  loops.add({.name = "test",
             .interval = 24h,
             .work = [&](const std::stop_token&) -> Result<void> {
               if (++turns > 2) return {};
               two.count_down();
               return turns == 1 ? fail("x", "X.") : Result<void>();
             },
             .retry = 1ms});
  loops.start();
  two.wait();
  loops.stop();
  CHECK(turns == 2);  // it went well: the next one would come in a day
}

}  // namespace
}  // namespace skerry::program
