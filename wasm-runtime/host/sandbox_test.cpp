#include "wasm-runtime/host/sandbox.hpp"

#include <chrono>
#include <cstring>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "wasm-runtime/host/fixture.hpp"

extern "C" {
extern const skerry_module skerry_module_hostile;
extern const skerry_module skerry_module_badabi;
extern const skerry_module skerry_module_badstart;
extern const skerry_module skerry_module_bigmemory;
}

using namespace skerry;
using namespace skerry::sandbox;
using namespace std::chrono_literals;

namespace {

constexpr Function kHostile{"hostile", &skerry_module_hostile};

struct Host {
  testing::MemoryKv kv;
  testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  testing::HeldEvents events;
  testing::EchoOrigin origin;
  Sandbox sandbox;

  explicit Host(Limits limits = {}) : sandbox(limits, {kv, clock, log, {}, &events, &origin}) {
    REQUIRE(kv.put("key", "the value").has_value());
  }
  Response get(std::string target) { return sandbox.run(kHostile, testing::request_for(std::move(target))); }
};

/// A caller whose work is done when the test says so.
struct Desk {
  std::vector<Response> responses;
  std::vector<Work> work;

  Caller caller() {
    return {.answer = [this](Response response) { responses.push_back(std::move(response)); },
            .post = [this](Work one) { work.push_back(std::move(one)); }};
  }
  void go_on() {
    for (Work& one : std::exchange(work, {})) one();
  }
};

std::uint32_t number(const Response& response) {
  REQUIRE(response.status == 200);
  REQUIRE(response.body.size() == 4);
  std::uint32_t value = 0;
  std::memcpy(&value, response.body.view().data(), 4);
  return value;
}

std::chrono::nanoseconds thread_time() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

/// Uses up so much processor time of this thread.
void burn(std::chrono::nanoseconds time) {
  for (const auto end = thread_time() + time; thread_time() < end;) {
  }
}

}  // namespace

TEST_CASE("a request and its response cross") {
  Host host;
  const Request request{"POST", "/echo", {{"accept", "*/*"}}, std::string(200'000, 'b'), "192.0.2.1"};
  const Response response = host.sandbox.run(kHostile, request);
  CHECK(response.status == 200);
  CHECK(response.body.view() == abi::encode_request(request));
  CHECK(host.get("/nothing").status == 404);
  CHECK(host.log.take().empty());
}

TEST_CASE("calls are answered") {
  Host host;
  CHECK(host.get("/get").body.view() == abi::encode_kv_get("the value"));
  CHECK(host.get("/get-missing").body.view() == abi::encode_kv_get(std::nullopt));
  CHECK(host.get("/get-many").body.view() == abi::encode_kv_get_many({"the value", std::nullopt}));
  CHECK(host.get("/put").body.view() == abi::encode_done());
  CHECK(**host.kv.get("key") == "value");
}

TEST_CASE("a run waits for events, and others run meanwhile") {
  Host host;
  Desk desk;
  const Request request = testing::request_for("/send");
  for (int i = 0; i < 3; ++i) host.sandbox.run(kHostile, request, desk.caller());
  CHECK(host.sandbox.waiting() == 3);
  CHECK(number(host.get("/count")) == 1);
  auto sent = host.events.take(3);
  REQUIRE(sent.size() == 3);
  CHECK(sent[0].batch == "batch");
  CHECK(sent[0].count == 2);
  CHECK(desk.work.empty());
  sent[1].done({});
  sent[0].done(fail("events_full", "Full."));
  sent.clear();  // the last is dropped
  CHECK(host.sandbox.waiting() == 0);
  CHECK(desk.responses.empty());
  desk.go_on();
  REQUIRE(desk.responses.size() == 3);
  CHECK(desk.responses[0].body.view() == abi::encode_done());
  CHECK(desk.responses[1].body.view() == abi::encode_failure({"events_full", "Full."}));
  CHECK(desk.responses[2].body.view().find("events_unavailable") != std::string_view::npos);
  CHECK(host.log.take().empty());
}

TEST_CASE("a run waits for the origin") {
  Host host;
  CHECK(host.get("/fetch").body.view() ==
        abi::encode_origin_fetch({201, {{"x-method", "PUT"}}, "/livez?a\nbody"}));
}

TEST_CASE("where there are no such ports, that is the answer") {
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  Sandbox sandbox({}, {kv, clock, log, {}});
  CHECK(sandbox.run(kHostile, testing::request_for("/send")).body.view().find("events_unavailable") !=
        std::string_view::npos);
  CHECK(sandbox.run(kHostile, testing::request_for("/fetch")).body.view().find("origin_unconfigured") !=
        std::string_view::npos);
}

TEST_CASE("what goes wrong after a wait is 500, and the next run is fresh") {
  Host host({.time = 20ms, .calls = 100});
  struct Case {
    const char* target;
    const char* reason;
  };
  static constexpr Case kCases[] = {
      {"/send-trap", "unreachable code (abort)"},
      {"/send-loop", "time budget of 20 ms used up"},
      {"/send-burn", "time budget of 20 ms used up"},
      {"/send-again", "more than 100 calls"},
      {"/send-answer-outside", "named an address outside its memory"},
      {"/send-outside", "named an address outside its memory"},
      {"/send-cut", "a call that can't be read"},
      {"/fetch-method", "a call that can't be read"},
      {"/fetch-target", "a call that can't be read"},
      {"/fetch-header", "a call that can't be read"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.target);
    Desk desk;
    const Request request = testing::request_for(c.target);
    host.sandbox.run(kHostile, request, desk.caller());
    while (desk.responses.empty()) {
      for (auto& sent : host.events.take(1)) sent.done({});
      desk.go_on();
    }
    CHECK(desk.responses[0].status == 500);
    const auto lines = host.log.take();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].second == std::string("hostile: GET ") + c.target + ": " + c.reason);
    CHECK(number(host.get("/count")) == 1);
    CHECK(number(host.get("/memory")) == 0);
  }
}

TEST_CASE("waiting takes no processor time, and not too long") {
  Host patient({.time = 10ms, .wait_time = 1h});
  Desk desk;
  const Request request = testing::request_for("/send");
  patient.sandbox.run(kHostile, request, desk.caller());
  burn(50ms);  // for others
  for (auto& sent : patient.events.take(1)) sent.done({});
  desk.go_on();
  REQUIRE(desk.responses.size() == 1);
  CHECK(desk.responses[0].status == 200);

  Host host({.wait_time = 20ms});
  const Response late = host.get("/send");
  CHECK(late.status == 503);
  CHECK(late.headers.get("retry-after") == "1");
  CHECK(late.body.view().find("function_timeout") != std::string_view::npos);
  CHECK(host.sandbox.waiting() == 0);
  for (auto& sent : host.events.take(1)) sent.done({});  // nobody waits for it any more
  CHECK(host.log.take().size() == 1);
}

TEST_CASE("so many runs wait, and so much memory, and no more") {
  const auto refused = [](Limits limits) {
    Host host(limits);
    Desk desk;
    const Request request = testing::request_for("/send");
    for (int i = 0; i < 3; ++i) host.sandbox.run(kHostile, request, desk.caller());
    CHECK(host.sandbox.waiting() == 2);
    CHECK(host.events.take(2).size() == 2);  // and dropped: the two go on
    desk.go_on();
    REQUIRE(desk.responses.size() == 3);
    CHECK(desk.responses[1].status == 200);
    host.sandbox.run(kHostile, request, desk.caller());
    CHECK(host.sandbox.waiting() == 1);
    return desk.responses[0];
  };
  for (const Limits& limits : {Limits{.waiting = 2}, Limits{.waiting_bytes = std::size_t{2} * 65536 + 1}}) {
    const Response response = refused(limits);
    CHECK(response.status == 503);
    CHECK(response.headers.get("retry-after") == "1");
    CHECK(response.body.view().find("function_busy") != std::string_view::npos);
  }
}

TEST_CASE("a sandbox ends while runs wait") {
  testing::HeldEvents events;
  testing::MemoryKv kv;
  const testing::FixedClock clock{Time(1'800'000'000s)};
  testing::MemoryLog log;
  Desk desk;
  const Request request = testing::request_for("/send");
  {
    Sandbox sandbox({}, {kv, clock, log, {}, &events});
    for (int i = 0; i < 3; ++i) sandbox.run(kHostile, request, desk.caller());
  }
  for (auto& sent : events.take(3)) sent.done({});
  CHECK(desk.work.empty());
  CHECK(desk.responses.empty());
}

TEST_CASE("a large body stays what it is while other requests run, however many are kept") {
  Host host;
  REQUIRE(host.kv.put("key", std::string(36'000, 'x')).has_value());
  const std::string expected = abi::encode_kv_get(std::string(36'000, 'x'));
  std::vector<Response> kept;
  for (int i = 0; i < 100; ++i) {
    kept.push_back(host.get("/get"));
    CHECK(number(host.get("/count")) == 1);
  }
  for (const Response& response : kept) CHECK(response.body.view() == expected);
  kept.erase(kept.begin(), kept.begin() + 50);
  CHECK(host.get("/get").body.view() == expected);
  CHECK(kept.front().body.view() == expected);
}

TEST_CASE("every request finds a fresh instance") {
  Host host;
  for (int i = 0; i < 3; ++i) {
    CHECK(number(host.get("/count")) == 1);
    CHECK(number(host.get("/memory")) == 0);
    CHECK(host.get("/unreachable").status == 500);
    CHECK(number(host.get("/grow")) == 1024);
    CHECK(number(host.get("/grow-touch")) == 1024);
    CHECK(host.get("/trap-at-end").status == 500);
  }
}

TEST_CASE("a module that breaks its promises gets 500 and one line in the log") {
  Host host({.time = 10ms, .response_bytes = std::size_t{1} << 20U});
  struct Case {
    const char* target;
    const char* reason;
  };
  static constexpr Case kCases[] = {
      {"/loop", "time budget of 10 ms used up"},
      {"/loop-memory", "time budget of 10 ms used up"},
      {"/loop-random", "time budget of 10 ms used up"},
      {"/recurse", "call stack exhausted"},
      {"/outside", "access outside its memory or table"},
      {"/outside-write", "access outside its memory or table"},
      {"/unreachable", "unreachable code (abort)"},
      {"/divide", "division by zero"},
      {"/indirect", "indirect call of no such function"},
      {"/wrong-type", "indirect call of no such function"},
      {"/exit", "proc_exit"},
      {"/outcome-outside", "named an address outside its memory"},
      {"/outcome-at-edge", "named an address outside its memory"},
      {"/record-outside", "named an address outside its memory"},
      {"/record-huge", "more than 65536 bytes at once"},
      {"/body-outside", "more than 1048576 bytes at once"},
      {"/body-wraps", "named an address outside its memory"},
      {"/body-huge", "more than 1048576 bytes at once"},
      {"/state", "an outcome without a state"},
      {"/state-nothing", "an outcome without a state"},
      {"/status", "a response that can't be read"},
      {"/header-value", "a response that can't be read"},
      {"/header-name", "a response that can't be read"},
      {"/header-empty-name", "a response that can't be read"},
      {"/header-count", "a response that can't be read"},
      {"/wait", "more than 1000 calls"},
      {"/get-too-many", "a call that can't be read"},
      {"/call-operation", "a call that can't be read"},
      {"/call-cut", "a call that can't be read"},
      {"/call-empty", "a call that can't be read"},
      {"/answer-outside", "named an address outside its memory"},
      {"/trap-at-end", "unreachable code (abort)"},
  };
  for (const Case& c : kCases) {
    CAPTURE(c.target);
    const Response response = host.get(std::string(c.target) + "?private");
    CHECK(response.status == 404);  // the query is part of the target: the module looks at that
    const Response trapped = host.get(c.target);
    CHECK(trapped.status == 500);
    CHECK(trapped.body.view().find("function_trapped") != std::string_view::npos);
    const auto lines = host.log.take();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].first == Log::Level::error);
    CHECK(lines[0].second == "hostile: GET " + std::string(c.target) + ": " + c.reason);
    CHECK(host.get("/get").status == 200);
  }
}

TEST_CASE("the log's line can't be forged and shows no query") {
  Host host;
  Request request = testing::request_for("/a\r\x1b[1m" + std::string(1000, 'x') + "?secret");
  request.method = "GET\n";
  host.sandbox.run({"badstart", &skerry_module_badstart}, request);
  const auto lines = host.log.take();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].second == "badstart: GET? /a??[1m" + std::string(193, 'x') + ": unreachable code (abort)");
}

TEST_CASE("limits are those that were asked for") {
  Host host({.memory_bytes = std::size_t{20} * 65536, .call_depth = 100'000, .calls = 3});
  CHECK(number(host.get("/grow")) == 20);
  CHECK(host.get("/recurse").status == 500);
  CHECK(host.get("/wait").status == 500);
  const auto lines = host.log.take();
  REQUIRE(lines.size() == 2);
  // 16 KiB of stack in its own memory are spent before the calls are.
  CHECK(lines[0].second == "hostile: GET /recurse: access outside its memory or table");
  CHECK(lines[1].second == "hostile: GET /wait: more than 3 calls");
}

TEST_CASE("a record that its memory can't hold is refused") {
  Host host({.memory_bytes = std::size_t{10} * 65536});
  for (const std::size_t size : {1'000'000U, 600'000U}) {
    const auto response = host.sandbox.run(kHostile, testing::request_for("/echo", std::string(size, 'x')));
    CHECK(response.status == 413);
    CHECK(response.body.view().contains("input_too_large"));
  }
  CHECK(host.get("/echo").status == 200);
}

TEST_CASE("what a module writes to descriptor 2 goes to the log") {
  Host host;
  CHECK(number(host.get("/log")) == 8);
  const auto lines = host.log.take();
  REQUIRE(lines.size() == 4);
  CHECK(lines[0] == testing::MemoryLog::Line{Log::Level::info, "hostile: one"});
  CHECK(lines[1] == testing::MemoryLog::Line{Log::Level::warning, "hostile: two forged"});
  CHECK(lines[2] == testing::MemoryLog::Line{Log::Level::error, "hostile: three"});
  CHECK(lines[3] == testing::MemoryLog::Line{Log::Level::warning, "hostile: four"});

  CHECK(number(host.get("/log-outside")) == 21);
  CHECK(number(host.get("/log-list-outside")) == 28);
  CHECK(host.log.take().empty());

  CHECK(host.get("/loop-log").status == 500);
  CHECK(host.log.take().size() == 33);
}

TEST_CASE("random bytes differ from request to request") {
  Host host;
  const Response one = host.get("/random");
  const Response two = host.get("/random");
  CHECK(one.body.size() == 16);
  CHECK(one.body.view() != two.body.view());
  CHECK(number(host.get("/random-outside")) == 21);
  CHECK(number(host.get("/random-huge")) == 28);
  CHECK(number(host.get("/environment")) == 52);
}

TEST_CASE("a module that can't start is known before its first request") {
  Host host;
  struct Case {
    Function function;
    const char* reason;
  };
  const Case cases[] = {
      {{"badabi", &skerry_module_badabi}, "version 1 of the boundary, not 2"},
      {{"badstart", &skerry_module_badstart}, "unreachable code (abort)"},
      {{"bigmemory", &skerry_module_bigmemory}, "memory of 67108864 bytes is too little to start"},
  };
  for (const Case& c : cases) {
    const auto started = host.sandbox.start(c.function);
    REQUIRE(!started.has_value());
    CHECK(started.error() == Error{"function_trapped", c.reason});
    CHECK(host.sandbox.run(c.function, {}).status == 500);
  }
  CHECK(host.sandbox.start(kHostile).has_value());
  CHECK(Host({.memory_bytes = std::size_t{256} << 20U})
            .sandbox.start({"bigmemory", &skerry_module_bigmemory})
            .has_value());
}

TEST_CASE("an input gets time by its size, and is refused where that or the memory is not enough") {
  Host host({.time = 10ms, .time_per_mebibyte = 100ms});
  struct Case {
    const char* target;
    std::size_t body;
    int status;
    const char* reason;
  };
  constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
  for (const Case& c : std::initializer_list<Case>{
           {"/loop", 0, 500, "time budget of 10 ms used up"},
           {"/loop", 1, 413, "time budget of 10 ms used up"},
           {"/loop", kMebibyte / 1032 / 2, 413, "time budget of 59 ms used up"},
           // What it may be inflated; no function takes more than its largest body.
           {"/loop", kMebibyte / 1032 + 1, 413, "time budget of 110 ms used up"},
           {"/loop", kMebibyte, 413, "time budget of 110 ms used up"},
           {"/grow-trap", 0, 500, "unreachable code (abort), after its memory was used up"},
           {"/grow-trap", 1, 413, "unreachable code (abort), after its memory was used up"},
           {"/unreachable", 1, 500, "unreachable code (abort)"},
       }) {
    CAPTURE(c.target);
    CAPTURE(c.body);
    const auto response =
        host.sandbox.run(kHostile, testing::request_for(c.target, std::string(c.body, 'x')));
    CHECK(response.status == c.status);
    CHECK(response.body.view().contains(c.status == 413 ? "input_too_large" : "function_trapped"));
    const auto lines = host.log.take();
    REQUIRE(lines.size() == 1);
    CHECK(lines[0].first == (c.status == 413 ? Log::Level::warning : Log::Level::error));
    CHECK(lines[0].second == "hostile: GET " + std::string(c.target) + ": " + c.reason);
    // The next one finds nothing of that.
    CHECK(host.get("/unreachable").status == 500);
    CHECK(host.log.take().at(0).second == "hostile: GET /unreachable: unreachable code (abort)");
  }
}

TEST_CASE("instances that a crowd needed are given back") {
  Host host({.idle_time = 1ms});
  Desk desk;
  const auto request = testing::request_for("/send");
  for (int i = 0; i < 100; ++i) host.sandbox.run(kHostile, request, desk.caller());
  CHECK(host.sandbox.instances() >= 100);
  for (auto& sent : host.events.take(100)) sent.done({});
  desk.go_on();
  REQUIRE(desk.responses.size() == 100);
  desk.responses.clear();
  for (const auto end = std::chrono::steady_clock::now() + 60s;
       host.sandbox.instances() > 10 && std::chrono::steady_clock::now() < end;)
    std::this_thread::yield();
  CHECK(host.sandbox.instances() <= 10);
  CHECK(host.get("/get").status == 200);
}

TEST_CASE("time counts for one request, and only processor time") {
  Host host({.time = 20ms});
  const auto before = thread_time();
  CHECK(host.get("/loop").status == 500);
  const auto spent = thread_time() - before;
  CHECK(spent >= 20ms);
  CHECK(spent < 200ms);

  struct SlowKv final : KvPort {
    Result<Value> get(std::string_view) override {
      std::jthread([] { burn(100ms); }).join();
      return Value();
    }
    Result<std::vector<Value>> get_many(std::span<const std::string>) override { return {}; }
    Result<void> put(std::string_view, std::string) override { return {}; }
  } slow;
  Sandbox patient({.time = 20ms}, {slow, host.clock, host.log, {}});
  CHECK(patient.run(kHostile, testing::request_for("/get")).status == 200);

  struct BusyKv final : KvPort {
    Result<Value> get(std::string_view) override {
      burn(100ms);
      return Value();
    }
    Result<std::vector<Value>> get_many(std::span<const std::string>) override { return {}; }
    Result<void> put(std::string_view, std::string) override { return {}; }
  } busy;
  Sandbox strict({.time = 20ms}, {busy, host.clock, host.log, {}});
  CHECK(strict.run(kHostile, testing::request_for("/get")).status == 500);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SKERRY_TEST_SANITIZED
#endif
#endif

// The address sanitizer keeps freed memory for a while (and finds leaks itself).
#ifndef SKERRY_TEST_SANITIZED
static std::size_t resident_kilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") break;
  std::size_t kilobytes = 0;
  status >> kilobytes;
  return kilobytes;
}

TEST_CASE("memory does not grow with the number of requests") {
  Host host;
  const auto some = [&](int requests) {
    for (int i = 0; i < requests; ++i) {
      host.get("/get");
      if (i % 10 == 0) host.get("/unreachable");
      if (i % 1000 == 0) host.get("/grow-touch");
    }
    host.log.take();
  };
  some(1000);
  const std::size_t before = resident_kilobytes();
  some(100'000);
  CHECK(resident_kilobytes() < before + 4096);
}
#endif
