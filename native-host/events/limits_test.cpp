#include "native-host/events/limits.hpp"

#include <cmath>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::events {
namespace {

using namespace std::chrono_literals;

constexpr Limits::TimePoint kStart{1000h};

Limits limits_of(Rate client, Rate site = {}, Rate key = {}, std::size_t most = 1000) {
  return Limits({.rates = {client, site, key}, .burst = 10s, .most = most, .chance = [] { return 0.0; }});
}

TEST_CASE("so much at once, then as much as grows; a request that is too large is owed") {
  auto limits = limits_of({.events = 10, .bytes = 1000});
  const Sender sender{.client = "192.0.2.1", .site = "", .key = ""};
  auto now = kStart;
  CHECK_FALSE(limits.refuse(sender, now));
  limits.take(sender, 99, 0, now);
  CHECK_FALSE(limits.refuse(sender, now));
  limits.take(sender, 501, 0, now);  // of 100: 500 are owed
  REQUIRE(limits.refuse(sender, now));
  CHECK(limits.refuse(sender, now)->retry_after == 50s);
  CHECK(limits.refuse(sender, now)->by == Limits::By::client);
  now += 49s;
  CHECK(limits.refuse(sender, now));
  now += 2s;
  CHECK_FALSE(limits.refuse(sender, now));
  // Bytes are another measure, and count for themselves.
  limits.take(sender, 1, 20'000, now);
  REQUIRE(limits.refuse(sender, now));
  now += 11s;
  CHECK_FALSE(limits.refuse(sender, now));
  // Nothing grows beyond what may come at once.
  now += 100h;
  limits.take(sender, 101, 0, now);
  CHECK(limits.refuse(sender, now));
}

TEST_CASE("a quota for a day") {
  auto limits = limits_of({.daily_bytes = 864'000});
  const Sender sender{.client = "192.0.2.1", .site = "", .key = ""};
  auto now = kStart;
  limits.take(sender, 1, 864'100, now);
  REQUIRE(limits.refuse(sender, now));
  CHECK(limits.refuse(sender, now)->retry_after == 10s);
  now += 12h;
  CHECK_FALSE(limits.refuse(sender, now));
  limits.take(sender, 1, 440'000, now);
  CHECK(limits.refuse(sender, now));
}

TEST_CASE("clients, sites and keys are counted each for itself") {
  auto limits = limits_of({.events = 1}, {.events = 2}, {.events = 3});
  const auto refused = [&](const Sender& sender) -> std::string {
    const auto refusal = limits.refuse(sender, kStart);
    return refusal ? std::string(name_of(refusal->by)) : "";
  };
  const Sender a{.client = "a", .site = "s", .key = "k"};
  limits.take(a, 10, 0, kStart);
  CHECK(refused(a) == "client");
  CHECK(refused({.client = "b", .site = "s", .key = "k"}).empty());
  limits.take({.client = "", .site = "s", .key = ""}, 10, 0, kStart);
  CHECK(refused({.client = "b", .site = "s", .key = "k"}) == "site");
  CHECK(refused({.client = "b", .site = "t", .key = "k"}).empty());
  limits.take({.client = "", .site = "", .key = "k"}, 20, 0, kStart);
  CHECK(refused({.client = "b", .site = "t", .key = "k"}) == "key");
  CHECK(refused({.client = "b", .site = "t", .key = "l"}).empty());
  // A client named as a site is another.
  CHECK(refused({.client = "s", .site = "a", .key = "a"}).empty());
  CHECK(refused({}).empty());
}

TEST_CASE("0 is no limit, of a measure, of a scope and of all") {
  const Sender sender{.client = "c", .site = "s", .key = "k"};
  auto none = limits_of({});
  none.take(sender, 1e9, 1e12, kStart);
  CHECK_FALSE(none.refuse(sender, kStart));
  auto bytes = limits_of({.bytes = 10});
  bytes.take(sender, 1e9, 1, kStart);
  CHECK_FALSE(bytes.refuse(sender, kStart));
  Limits off({.rates = {Rate{.events = 1}}, .burst = 0s});
  off.take(sender, 1e9, 0, kStart);
  CHECK_FALSE(off.refuse(sender, kStart));
}

TEST_CASE("who comes when told and finds no room is told to wait longer; who comes earlier is not") {
  auto limits = limits_of({.events = 1});
  const Sender sender{.client = "c", .site = "", .key = ""};
  auto now = kStart;
  std::vector<std::int64_t> waits;
  for (int i = 0; i < 9; ++i) {
    limits.take(sender, 1'000, 0, now);  // others of the same address
    limits.take(sender, -1'000, 0, now);
    limits.take(sender, i == 0 ? 10 : 0, 0, now);
    auto refusal = limits.refuse(sender, now);
    REQUIRE(refusal);
    waits.push_back(refusal->retry_after.count());
    for (int early = 0; early < 5; ++early) refusal = limits.refuse(sender, now);
    CHECK(refusal->retry_after.count() == waits.back());
    now += refusal->retry_after;
    limits.take(sender, static_cast<double>(waits.back()), 0, now);
  }
  CHECK(waits == std::vector<std::int64_t>{5, 10, 20, 40, 80, 160, 300, 300, 300});
  now += 400s;
  CHECK_FALSE(limits.refuse(sender, now));
  limits.take(sender, 11, 0, now);
  CHECK(limits.refuse(sender, now)->retry_after == 5s);
}

TEST_CASE("waits differ by chance, a quarter at most") {
  double chance = 0;
  Limits limits({.rates = {Rate{.events = 1}}, .burst = 1s, .chance = [&] { return chance; }});
  const Sender sender{.client = "c", .site = "", .key = ""};
  limits.take(sender, 101, 0, kStart);
  CHECK(limits.refuse(sender, kStart)->retry_after == 100s);
  chance = 1;
  CHECK(limits.refuse(sender, kStart)->retry_after == 125s);
}

TEST_CASE("of more senders than there are places, those that came longest ago are forgotten") {
  auto limits = limits_of({.events = 1}, {}, {}, 3);
  const auto sender = [](int number) {
    return Sender{.client = std::to_string(number), .site = "", .key = ""};
  };
  for (int i = 0; i < 3; ++i) limits.take(sender(i), 1'000, 0, kStart);
  CHECK(limits.refuse(sender(0), kStart));  // which came again
  limits.take(sender(3), 1'000, 0, kStart);
  CHECK(limits.refuse(sender(0), kStart));
  CHECK(limits.refuse(sender(3), kStart));
  CHECK_FALSE(limits.refuse(sender(1), kStart));
}

TEST_CASE("an address is one client, a /64 of IPv6 as well") {
  struct Case {
    const char* address;
    const char* client;
  };
  for (const auto& [address, client] : {Case{"192.0.2.7", "192.0.2.7"},
                                        {"::ffff:192.0.2.7", "192.0.2.7"},
                                        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"},
                                        {"2001:db8:1:2::", "2001:db8:1:2::"},
                                        {"2001:db8:1:3::1", "2001:db8:1:3::"},
                                        {"::1", "::"}}) {
    CAPTURE(address);
    CHECK(Address::parse(address)->host().text() == client);
  }
}

TEST_CASE("the site is the page's, else the one that was asked") {
  struct Case {
    const char* origin;
    const char* host;
    const char* site;
  };
  for (const auto& [origin, host, site] : {Case{"https://Shop.example:8443", "t.example", "shop.example"},
                                           {"http://[2001:db8::1]:80", "t.example", "[2001:db8::1]"},
                                           {"https://[2001:db8::1]", "t.example", "[2001:db8::1]"},
                                           {"null", "T.example:80", "t.example"},
                                           {"", "t.example", "t.example"},
                                           {"", "", ""}}) {
    CAPTURE(origin);
    Request request;
    if (*origin != 0) request.headers.add("Origin", origin);
    if (*host != 0) request.headers.add("Host", host);
    CHECK(site_of(request) == site);
  }
}

TEST_CASE("many threads count together") {
  auto limits = limits_of({.events = 1'000});
  {
    constexpr int kThreads = 4;
    std::vector<std::jthread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int n = 0; n < 2'500; ++n) {
          const Sender sender{.client = std::to_string(n % 7), .site = "", .key = ""};
          std::ignore = limits.refuse(sender, kStart);
          limits.take({.client = "all", .site = "", .key = ""}, 1, 0, kStart);
        }
      });
    }
  }
  CHECK(limits.refuse({.client = "all", .site = "", .key = ""}, kStart));
}

}  // namespace
}  // namespace skerry::events
