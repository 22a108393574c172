#include "native-host/clock/clock.hpp"

#include <atomic>
#include <thread>

#include <doctest/doctest.h>

#include "native-host/clock/test_clock.hpp"

namespace skerry {
namespace {

using namespace std::chrono_literals;

const Time kStart = civil_time(2028, 2, 28, 23, 59, 59).value();

TEST_CASE("the system's clock runs, and its alarms end waits") {
  const auto clock = make_system_clock();
  const auto alarm = clock->alarm();
  const auto before = clock->now();
  const auto uptime = clock->uptime();
  alarm->wait(before + 5ms, {});
  CHECK(clock->now() >= before + 5ms);
  CHECK(clock->uptime() > uptime);
  alarm->wait(before, {});  // has passed
  alarm->ring();
  alarm->wait(before + 24h, {});
  std::jthread other([&] { alarm->ring(); });
  alarm->wait(before + 24h, {});
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  alarm->wait(before + 24h, stop.get_token());
}

TEST_CASE("a test's clock moves when the test says so") {
  TestClock clock(kStart);
  std::atomic<int> rounds = 0;
  {
    const auto alarm = clock.alarm();
    std::jthread worker([&](const std::stop_token& stop) {
      for (; !stop.stop_requested(); ++rounds) alarm->wait(clock.now() + 1s, stop);
    });
    clock.settle();
    CHECK(rounds == 0);
    clock.advance(999ms);
    CHECK(rounds == 0);
    clock.advance(1ms);
    CHECK(rounds == 1);
    CHECK(format_naive(clock.now()) == "2028-02-29T00:00:00");
    alarm->ring();
    clock.settle();
    CHECK(rounds == 2);
  }
  const auto before = clock.uptime();
  clock.advance(1h);  // nobody waits any more
  CHECK(clock.uptime() == before + 1h);
  CHECK(rounds == 3);
}

TEST_CASE("a test's clock that jumps lets nobody wait") {
  TestClock clock(kStart, true);
  clock.alarm()->wait(kStart + 1h, {});
  CHECK(clock.now() == kStart + 1h);
  clock.alarm()->wait(kStart, {});
  CHECK(clock.now() == kStart + 1h);
}

}  // namespace
}  // namespace skerry
