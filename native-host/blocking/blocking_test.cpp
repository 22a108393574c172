#include "native-host/blocking/blocking.hpp"

#include <atomic>
#include <condition_variable>
#include <latch>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::blocking {
namespace {

TEST_CASE("work is done on the pool's threads, all of it") {
  std::atomic<int> done = 0;
  std::latch all(100);
  Pool pool({.threads = 3, .queue = 100});
  for (int i = 0; i < 100; ++i) {
    REQUIRE(pool.post([&, here = std::this_thread::get_id()](const std::stop_token&) {
      if (here != std::this_thread::get_id()) ++done;
      all.count_down();
    }));
  }
  all.wait();
  CHECK(done == 100);
}

TEST_CASE("a full queue is busy, and takes work again once there is room") {
  std::latch entered(1);
  std::latch leave(1);
  std::latch second(1);
  Pool pool({.threads = 1, .queue = 1});
  REQUIRE(pool.post([&](const std::stop_token&) {
    entered.count_down();
    leave.wait();
  }));
  entered.wait();
  REQUIRE(pool.post([&](const std::stop_token&) { second.count_down(); }));
  CHECK(pool.load().waiting == 1);
  CHECK(pool.load().running == 1);
  const auto refused = pool.post([](const std::stop_token&) {});
  REQUIRE(!refused);
  CHECK(refused.error().kind == ErrorKind::busy);
  CHECK(refused.error().code == "pool_full");
  leave.count_down();
  second.wait();
  CHECK(pool.post([](const std::stop_token&) {}));
}

TEST_CASE("a stop asks what runs to end and destroys what waits, unrun") {
  std::latch entered(1);
  std::atomic<bool> ran = false;
  auto kept = std::make_shared<int>(1);
  Pool pool({.threads = 1, .queue = 8});
  REQUIRE(pool.post([&](const std::stop_token& stop) {
    entered.count_down();
    std::mutex mutex;
    std::condition_variable_any ended;
    std::unique_lock lock(mutex);
    ended.wait(lock, stop, [] { return false; });
  }));
  REQUIRE(pool.post([&ran, kept](const std::stop_token&) { ran = true; }));
  entered.wait();
  pool.stop();
  CHECK(!ran);
  CHECK(kept.use_count() == 1);
  const auto late = pool.post([](const std::stop_token&) {});
  REQUIRE(!late);
  CHECK(late.error().kind == ErrorKind::stopped);
}

TEST_CASE("work that throws leaves its thread for the next") {
  std::latch next(1);
  Pool pool({.threads = 1});
  REQUIRE(pool.post([](const std::stop_token&) { throw 1; }));
  REQUIRE(pool.post([&](const std::stop_token&) { next.count_down(); }));
  next.wait();
}

}  // namespace
}  // namespace skerry::blocking
