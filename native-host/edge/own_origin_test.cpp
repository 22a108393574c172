#include "native-host/edge/own_origin.hpp"

#include <atomic>
#include <future>
#include <latch>
#include <memory>
#include <stdexcept>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/clock/test_clock.hpp"
#include "native-host/edge/fresh_document.hpp"
#include "native-host/program/probe.hpp"

namespace skerry::edge {
namespace {

using namespace std::chrono_literals;

Request get(std::string target, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

Vitals healthy() {
  return {.trouble = [](const Request&) { return std::string(); },
          .health = [] { return std::string("{health}"); },
          .metrics = [] { return std::string("metrics"); }};
}

Response fetch(OwnOrigin& origin, Request request) {
  std::promise<Response> promise;
  auto future = promise.get_future();
  origin.fetch(std::move(request), [&](Result<Response> answer) { promise.set_value(*std::move(answer)); });
  return future.get();
}

TEST_CASE("the program's own addresses") {
  struct Case {
    const char* method;
    const char* target;
    int status;
    const char* body;
  };
  OwnOrigin origin(healthy());
  for (const Case& c : std::initializer_list<Case>{
           {"GET", "/livez", 200, "ok\n"},
           {"HEAD", "/readyz?verbose", 200, "ok\n"},
           {"GET", "/internal/health", 200, "{health}"},
           {"GET", "/internal/metrics?x", 200, "metrics"},
           {"POST", "/livez", 405, nullptr},
           {"POST", "/internal/health", 404, nullptr},
           {"GET", "/internal/", 404, nullptr},
           {"GET", "/", 404, nullptr},
       }) {
    CAPTURE(c.target);
    const auto response = fetch(origin, get(c.target, c.method));
    CHECK(response.status == c.status);
    if (c.body != nullptr) CHECK(response.body.view() == c.body);
  }
}

TEST_CASE("in trouble it lives and is not ready") {
  auto vitals = healthy();
  vitals.trouble = [](const Request&) { return std::string("The queue is full."); };
  OwnOrigin origin(vitals);
  CHECK(fetch(origin, get("/livez")).status == 200);
  const auto response = fetch(origin, get("/readyz"));
  CHECK(response.status == 503);
  CHECK(response.body.view() == "not ready\n");
  CHECK(response.headers.has("retry-after"));
}

TEST_CASE("why it is not ready is for who shows the code") {
  struct Case {
    const char* target;
    Headers headers;
    const char* code;
    const char* says;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"/readyz", {}, "s3cret", "not ready\n"},
           {"/readyz?code=wrong", {}, "s3cret", "not ready\n"},
           {"/readyz?code=", {}, "", "not ready\n"},
           {"/readyz?code=s3cret", {}, "s3cret", "Can't write /srv/x.\n"},
           {"/readyz", {{"Authorization", "bearer s3cret"}}, "s3cret", "Can't write /srv/x.\n"},
       }) {
    CAPTURE(c.target);
    auto request = get(c.target);
    request.headers = c.headers;
    const auto response = program::probe(request, "Can't write /srv/x.", c.code);
    CHECK(response.status == 503);
    CHECK(response.body.view() == c.says);
  }
}

TEST_CASE("what the outside may ask is less") {
  CHECK(program::probe(get("/livez"), "trouble").status == 200);
  CHECK(program::probe(get("/readyz"), "trouble").status == 503);
  CHECK(program::probe(get("/readyz"), "").status == 200);
  CHECK(program::probe(get("/internal/health"), "").status == 404);
  CHECK(program::probe(get("/internal/metrics"), "").status == 404);
  CHECK(program::probe(get("/readyz", "POST"), "").status == 405);
}

TEST_CASE("one making serves all who wait, and is kept") {
  const auto clock = std::make_shared<TestClock>(civil_time(2028, 2, 28, 23, 59, 59).value());
  std::atomic<int> made = 0;
  std::latch go{1};
  FreshDocument document(
      [&] {
        go.wait();
        return std::to_string(++made);
      },
      200ms, clock);
  std::latch answers(40);
  std::atomic<int> first = 0;
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&] {
        for (int j = 0; j < 10; ++j)
          document.get([&](const std::string& text) {
            first += text == "1";
            answers.count_down();
          });
      });
  }
  CHECK(first == 0);
  go.count_down();
  answers.wait();
  CHECK(first == 40);
  const auto get = [&] {
    std::promise<std::string> got;
    document.get([&](std::string text) { got.set_value(std::move(text)); });
    return got.get_future().get();
  };
  CHECK(get() == "1");
  clock->move(199ms);
  CHECK(get() == "1");
  clock->move(1ms);
  CHECK(get() == "2");
}

TEST_CASE("what can't be made, and what is not made in time, drops who waits") {
  std::promise<void> dropped;
  std::shared_ptr<void> held(nullptr, [&](void*) { dropped.set_value(); });
  {
    FreshDocument document([]() -> std::string { throw std::runtime_error("no luck"); }, 1s);
    document.get([held = std::move(held)](const std::string&) { FAIL("an answer"); });
    CHECK(dropped.get_future().wait_for(30s) == std::future_status::ready);
  }
  const auto shared = std::make_shared<int>();
  std::latch asked{1};
  {
    FreshDocument document(
        [&] {
          asked.wait();
          return std::string();
        },
        1s);
    document.get([held = shared](const std::string&) {});
    asked.count_down();
  }
  CHECK(shared.use_count() == 1);
}

}  // namespace
}  // namespace skerry::edge
