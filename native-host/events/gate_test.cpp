#include "native-host/events/gate.hpp"

#include <charconv>
#include <optional>

#include <doctest/doctest.h>

#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;

/// Takes everything, and says of so many that they were there.
class Sink final : public TakingPort {
 public:
  void take(std::string, std::uint32_t count, Told told) override {
    taken += count;
    told(Taken{.accepted = count - known, .duplicates = known});
  }
  std::uint32_t taken = 0;
  std::uint32_t known = 0;
};

Request request_from(const std::string& client, const std::string& body = {}) {
  Request request;
  request.method = "POST";
  request.target = "/t/w";
  request.client = client;
  request.headers.add("Host", "t.example");
  request.body = body;
  return request;
}

std::string batch_of(int count, const std::string& key) {
  std::string batch;
  for (int i = 0; i < count; ++i) {
    Event event;
    event.id = "e" + std::to_string(i);
    event.key = key;
    REQUIRE(append_event(batch, event));
  }
  return batch;
}

struct Door {
  explicit Door(std::array<Rate, Limits::kScopes> rates)
      : gate({.limits = {.rates = rates, .burst = 10s, .chance = [] { return 0.0; }},
              .proxies = *Proxies::parse("10.0.0.0/8"),
              .registry = &registry,
              .clock = [this] { return now; }},
             sink) {}

  /// What becomes of a request that brings so many events, as a function answers it: 200, or 429.
  Response ask(const Request& request, int events, const std::string& key = {}) {
    if (auto refused = gate.refuse(request)) return *std::move(refused);
    std::optional<Response> answer;
    sandbox::Caller caller{.answer = [&](Response response) { answer = std::move(response); }, .post = {}};
    gate.watch(request, caller);
    caller.events->send(batch_of(events, key), static_cast<std::uint32_t>(events), [&](Result<void> done) {
      Response response;
      response.status = done ? 200 : 429;
      if (!done) CHECK(done.error().code == "events_limited");
      caller.answer(std::move(response));
    });
    return *std::move(answer);
  }
  [[nodiscard]] bool counted(const std::string& by, int count) const {
    return registry.render().contains("skerry_events_limited_total{by=\"" + by + "\"} " +
                                      std::to_string(count) + "\n");
  }

  Limits::TimePoint now{1000h};
  metrics::Registry registry;
  Sink sink;
  Gate gate;
};

TEST_CASE("who sends too many events is refused by the head, until there is room again") {
  Door door({Rate{.events = 1}, {}, {}});
  CHECK(door.ask(request_from("192.0.2.1"), 50).status ==
        200);  // what begins within the limit is taken whole
  auto page = request_from("192.0.2.1");
  page.headers.add("Origin", "https://shop.example");
  const auto refused = door.ask(page, 1);
  CHECK(refused.status == 429);
  CHECK(refused.headers.get("Retry-After") == "40");
  CHECK(refused.body.view().contains(R"("code":"events_limited")"));
  CHECK(refused.headers.get("Access-Control-Allow-Origin") == "https://shop.example");
  CHECK(refused.headers.get("Access-Control-Expose-Headers") == "Retry-After");
  CHECK(door.ask(request_from("192.0.2.2"), 1).status == 200);
  CHECK(door.ask(request_from("::ffff:192.0.2.1"), 1).status == 429);
  auto preflight = request_from("192.0.2.1");
  preflight.method = "OPTIONS";
  CHECK_FALSE(door.gate.refuse(preflight));
  door.now += 41s;
  CHECK(door.ask(request_from("192.0.2.1"), 1).status == 200);
  CHECK(door.sink.taken == 52);
  CHECK(door.counted("client", 2));
}

TEST_CASE("a /64 is one client; a trusted proxy names its clients") {
  Door door({Rate{.events = 1}, {}, {}});
  CHECK(door.ask(request_from("2001:db8:1:2::1"), 50).status == 200);
  CHECK(door.ask(request_from("2001:db8:1:2:ffff::1"), 1).status == 429);
  CHECK(door.ask(request_from("2001:db8:1:3::1"), 1).status == 200);
  auto through = [&](const std::string& client) {
    auto request = request_from("10.0.0.1");
    request.headers.add("X-Forwarded-For", client);
    return door.ask(request, 50).status;
  };
  CHECK(through("198.51.100.1") == 200);
  CHECK(through("198.51.100.1") == 429);
  CHECK(through("198.51.100.2") == 200);
  // Nobody else is believed.
  auto liar = request_from("192.0.2.9");
  liar.headers.add("X-Forwarded-For", "198.51.100.77");
  CHECK(door.ask(liar, 50).status == 200);
  CHECK(door.ask(request_from("192.0.2.9"), 1).status == 429);
}

TEST_CASE("a body counts with its bytes, also where its events are none") {
  Door door({Rate{.bytes = 100}, {}, {}});
  CHECK(door.ask(request_from("192.0.2.1", std::string(5'000, 'x')), 1).status == 200);
  CHECK(door.ask(request_from("192.0.2.1"), 1).status == 429);
}

TEST_CASE("what came compressed counts with the bytes that are kept") {
  Door door({Rate{.bytes = 100}, {}, {}});
  CHECK(door.ask(request_from("192.0.2.1", "gzip"), 200).status == 200);
  CHECK(door.ask(request_from("192.0.2.1"), 1).status == 429);
  // Not twice, where more came than is kept.
  CHECK(door.ask(request_from("192.0.2.2", std::string(900, 'x')), 10).status == 200);
  CHECK(door.ask(request_from("192.0.2.2"), 1).status == 200);
}

TEST_CASE("keys are limited where they are known, each for itself; sites by their pages") {
  Door door({Rate{}, Rate{.events = 100}, Rate{.events = 1}});
  CHECK(door.ask(request_from("192.0.2.1"), 50, "k1").status == 200);
  const auto refused = door.ask(request_from("192.0.2.2"), 1, "k1");
  CHECK(refused.status == 429);
  CHECK(refused.headers.get("Retry-After") == "40");
  CHECK(door.ask(request_from("192.0.2.1"), 1, "k2").status == 200);
  CHECK(door.ask(request_from("192.0.2.1"), 1).status == 200);
  CHECK(door.counted("key", 1));
  auto page = request_from("192.0.2.3");
  page.headers.add("Origin", "https://a.example");
  CHECK(door.ask(page, 2'000).status == 200);
  page.client = "192.0.2.4";
  CHECK(door.ask(page, 1).status == 429);
  CHECK(door.ask(request_from("192.0.2.4"), 1).status == 200);
  CHECK(door.counted("site", 1));
}

TEST_CASE("what was taken in an earlier request is told") {
  Door door({Rate{}, Rate{}, Rate{}});
  CHECK_FALSE(door.ask(request_from("192.0.2.1"), 3).headers.has("X-Track-Duplicates"));
  door.sink.known = 2;
  const auto answer = door.ask(request_from("192.0.2.1"), 3);
  CHECK(answer.status == 200);
  CHECK(answer.headers.get("X-Track-Duplicates") == "2");
  CHECK(answer.headers.get("X-Track-Dropped") == "duplicate");
}

TEST_CASE("what a function refused is counted by reason, and nothing else is") {
  Door door({Rate{}, Rate{}, Rate{}});
  for (const auto* rejected : {"event_too_large=2, too_deep=1", "event_too_large=1", "new_reason=4",
                               "too_deep", "too_deep=-1", "=", "", ",,"}) {
    Response response;
    response.headers.add("X-Track-Rejected", rejected);
    std::optional<Response> answer;
    sandbox::Caller caller{.answer = [&](Response done) { answer = std::move(done); }, .post = {}};
    door.gate.watch(request_from("192.0.2.1"), caller);
    caller.answer(std::move(response));
    CHECK(answer->headers.get("X-Track-Rejected") == rejected);
  }
  const auto shown = door.registry.render();
  for (const auto* line : {"{reason=\"event_too_large\"} 3\n", "{reason=\"too_deep\"} 1\n",
                           "{reason=\"other\"} 4\n", "{reason=\"event_invalid\"} 0\n"})
    CHECK(shown.contains(std::string("skerry_events_rejected_total") + line));
}

TEST_CASE("a burst of 0 limits nothing") {
  Settings settings;
  CHECK(limits_of(settings).burst == 30s);
  settings.limits_burst = 0s;
  Limits limits(limits_of(settings));
  const Sender sender{.client = "c", .site = "s", .key = "k"};
  limits.take(sender, 1e9, 1e12, Limits::TimePoint(1000h));
  CHECK_FALSE(limits.refuse(sender, Limits::TimePoint(1000h)));
}

}  // namespace
}  // namespace skerry::events
