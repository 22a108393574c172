#include "native-host/program/loops.hpp"

#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <stdexcept>

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a loop works at once, after a failure again, and ends when it is asked to") {
  Report report("error", "text");
  Loops loops(report);
  std::latch three(3);
  std::atomic<int> turns = 0;
  loops.add({.name = "test",
             .interval = 24h,
             .work = [&](const std::stop_token&) -> Result<void> {
               if (++turns <= 3) three.count_down();
               if (turns == 1) return fail("x", "X.");
               if (turns == 2) throw std::runtime_error("y");
               return {};
             },
             .retry = 1ms,
             .of_start = true});
  CHECK(!loops.have_begun());
  loops.start();
  three.wait();
  CHECK(loops.have_begun());
  loops.stop();
  CHECK(turns == 3);  // it went well: the next one would come in a day
}

TEST_CASE("a turn is told to end") {
  Report report("error", "text");
  Loops loops(report);
  std::latch begun(1);
  bool told = false;
  loops.add({.name = "test", .interval = 24h, .work = [&](const std::stop_token& stop) -> Result<void> {
               begun.count_down();
               std::mutex mutex;
               std::condition_variable_any never;
               std::unique_lock lock(mutex);
               never.wait(lock, stop, [] { return false; });
               told = stop.stop_requested();
               return {};
             }});
  loops.start();
  begun.wait();
  loops.stop();
  CHECK(told);
}

TEST_CASE("a loop that does not begin at once ends before its first turn") {
  Report report("error", "text");
  Loops loops(report);
  int turns = 0;
  loops.add({.name = "test",
             .interval = 24h,
             .work = [&](const std::stop_token&) -> Result<void> {
               ++turns;
               return {};
             },
             .at_once = false});
  loops.start();
  CHECK(loops.have_begun());  // nobody waits for it
  loops.stop();
  CHECK(turns == 0);
}

}  // namespace
}  // namespace skerry::program
