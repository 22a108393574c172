#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <pthread.h>
#include <signal.h>

#include "wasm-runtime/abi/abi.hpp"
#include "wasm-runtime/host/fixture.hpp"
#include "wasm-runtime/host/sandbox.hpp"

extern "C" const skerry_module skerry_module_hostile;

using namespace skerry;
using namespace skerry::sandbox;
using namespace std::chrono_literals;

namespace {
constexpr Function kHostile{"hostile", &skerry_module_hostile};
}

TEST_CASE("four threads, with traps and time-outs among the requests") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  REQUIRE(kv.put("key", std::string(36'000, 'x')).has_value());
  const std::string answer = abi::encode_kv_get(std::string(36'000, 'x'));
  Sandbox sandbox({.time = 20ms}, {kv, clock, log, {}});

  struct Case {
    const char* target;
    int status;
  };
  static constexpr Case kCases[] = {
      {"/get", 200},    {"/unreachable", 500}, {"/count", 200},       {"/get", 200},  {"/recurse", 500},
      {"/memory", 200}, {"/outside", 500},     {"/get", 200},         {"/grow", 200}, {"/get", 200},
      {"/echo", 200},   {"/exit", 500},        {"/header-value", 500}};
  constexpr int kRounds = 500;
  constexpr int kTimeOutEvery = 100;
  std::atomic<int> wrong = 0;
  std::atomic<int> trapped = 0;
  const auto work = [&](int thread) {
    const auto run = [&](const char* target) { return sandbox.run(kHostile, testing::request_for(target)); };
    for (int round = 0; round < kRounds; ++round) {
      for (const Case& c : kCases) {
        const Response response = run(c.target);
        if (response.status != c.status) ++wrong;
        if (response.status == 500) ++trapped;
        if (c.target == std::string_view("/get") && response.body.view() != answer) ++wrong;
      }
      if (round % kTimeOutEvery == thread) {
        static constexpr std::array kLoops = {"/loop", "/loop-memory", "/loop-random"};
        if (run(kLoops[static_cast<std::size_t>(round / kTimeOutEvery) % kLoops.size()]).status != 500)
          ++wrong;
        ++trapped;
      }
    }
  };
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) threads.emplace_back(work, i);
  }
  CHECK(wrong == 0);
  CHECK(log.take().size() == static_cast<std::size_t>(trapped));
}

TEST_CASE("threads come and go, and sandboxes too") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  for (int i = 0; i < 10; ++i) {
    Sandbox sandbox({.time = 20ms}, {kv, clock, log, {}});
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int j = 0; j < 4; ++j)
      threads.emplace_back(
          [&, j] { sandbox.run(kHostile, testing::request_for(j % 2 == 0 ? "/loop" : "/count")); });
  }
  CHECK(log.take().size() == 20);
}

TEST_CASE("a response outlives the thread that it was made by") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  REQUIRE(kv.put("key", std::string(36'000, 'x')).has_value());
  Sandbox sandbox({.time = 50ms}, {kv, clock, log, {}});
  Response response;
  std::jthread([&] { response = sandbox.run(kHostile, testing::request_for("/get")); }).join();
  CHECK(sandbox.run(kHostile, testing::request_for("/loop")).status == 500);  // the watchdog looks around
  CHECK(response.body.view() == abi::encode_kv_get(std::string(36'000, 'x')));
  response = {};
  CHECK(sandbox.run(kHostile, testing::request_for("/count")).status == 200);
}

TEST_CASE("time-outs come while the host works") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  Sandbox strict({.time = 1ms, .calls = 1'000'000}, {kv, clock, log, {}});
  Sandbox other({.time = 10s}, {kv, clock, log, {}});
  const auto work = [&] {
    for (int i = 0; i < 100; ++i) {
      strict.run(kHostile, testing::request_for("/wait"));
      CHECK(other.run(kHostile, testing::request_for("/count")).status == 200);
      CHECK(other.run(kHostile, testing::request_for("/get")).status == 200);
    }
  };
  {
    const std::jthread one(work);
    const std::jthread two(work);
  }
  for (const auto& [level, line] : log.take())
    CHECK(line == "hostile: GET /wait: time budget of 1 ms used up");
}

TEST_CASE("runs go on in their threads while others answer, let them wait too long, and end") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  testing::HeldEvents events;
  testing::EchoOrigin origin;
  std::atomic<bool> over = false;
  std::atomic<int> wrong = 0;
  const Request last = testing::request_for("/send");  // unanswered when the sandbox ends
  {
    Sandbox sandbox({.time = 200ms, .wait_time = 20ms}, {kv, clock, log, {}, &events, &origin});
    const auto answer = [&] {
      for (int i = 0; !over; ++i)
        for (auto& sent : events.take(i % 50 == 0 ? 0 : 1))
          if (i % 20 != 0) sent.done({});
    };
    const std::jthread one(answer);
    const std::jthread two(answer);
    {
      std::vector<std::jthread> threads;
      threads.reserve(4);
      for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
          for (int round = 0; round < 300; ++round) {
            const int status = sandbox.run(kHostile, testing::request_for("/send")).status;
            if (status != 200 && status != 503) ++wrong;
            if (sandbox.run(kHostile, testing::request_for("/send-trap")).status < 500) ++wrong;
            if (sandbox.run(kHostile, testing::request_for("/fetch")).status != 200) ++wrong;
            if (sandbox.run(kHostile, testing::request_for("/count")).status != 200) ++wrong;
          }
        });
    }
    over = true;
    for (int i = 0; i < 100; ++i)
      sandbox.run(kHostile, last, {.answer = [](const Response&) {}, .post = [](const Work&) {}});
  }
  CHECK(wrong == 0);
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SKERRY_TEST_THREAD_SANITIZER
#endif
#endif

// The thread sanitizer does not bear so many signals in its own code.
#ifndef SKERRY_TEST_THREAD_SANITIZER
TEST_CASE("a signal for an earlier request does no harm") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  Sandbox sandbox({.time = 10s}, {kv, clock, log, {}});
  std::atomic<bool> done = false;
  std::jthread worker([&] {
    for (int i = 0; i < 2000; ++i) {
      CHECK(sandbox.run(kHostile, testing::request_for("/memory")).status == 200);
      CHECK(sandbox.run(kHostile, testing::request_for("/get-missing")).status == 200);
      CHECK(sandbox.run(kHostile, testing::request_for("/unreachable")).status == 500);
    }
    done = true;
    while (done) std::this_thread::yield();
  });
  while (!done) {
    pthread_kill(worker.native_handle(), Sandbox::time_signal());
    std::this_thread::sleep_for(20us);  // a pace, at which the worker still gets on
  }
  done = false;
  worker.join();
  CHECK(log.take().size() == 2000);
}
#endif
