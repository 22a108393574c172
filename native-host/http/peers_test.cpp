#include "native-host/http/peers.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using Time = Peer::Clock::time_point;

Peers::Entry enter(Peers& peers, const std::string& text, Time now = Time(1h)) {
  return peers.enter(text, now);
}

/// One address for each number below 2^24.
std::string numbered(int i) {
  return "10." + std::to_string(i >> 16) + "." + std::to_string(i >> 8 & 255) + "." + std::to_string(i & 255);
}

TEST_CASE("who is the same client") {
  struct Case {
    const char* one;
    const char* other;
    bool same;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"192.0.2.1", "192.0.2.1", true},
           {"192.0.2.1", "192.0.2.2", false},
           {"192.0.2.1", "::ffff:192.0.2.1", true},
           {"192.0.2.1", "::ffff:192.0.2.2", false},
           {"2001:db8::1", "2001:db8::ffff:1", true},
           {"2001:db8::1", "2001:db8:0:0:ffff::1", true},
           {"2001:db8::1", "2001:db8:0:1::1", false},
           {"192.0.2.1", "c000:0201::1", false},
       }) {
    CAPTURE(c.one);
    CAPTURE(c.other);
    Peers peers({.connections = 1});
    const auto first = enter(peers, c.one);
    CHECK(first.door == Peers::Door::open);
    CHECK((enter(peers, c.other).door == Peers::Door::refused) == c.same);
  }
}

TEST_CASE("for whom there is no limit") {
  Peers peers({.connections = 1,
               .requests = 1,
               .unlimited = {*Prefix::parse("127.0.0.0/8"), *Prefix::parse("2001:db8::/48")}});
  std::vector<Peers::Entry> all;
  for (const char* who : {"127.0.0.1", "::ffff:127.0.0.9", "2001:db8::7", "unix"}) {
    CAPTURE(who);
    for (int i = 0; i < 20; ++i) {
      all.push_back(enter(peers, who));
      CHECK(all.back().door == Peers::Door::open);
      CHECK(!all.back().peer);
    }
  }
  CHECK(peers.size() == 0);
  CHECK(enter(peers, "2001:db8:1::7").peer);
}

TEST_CASE("beyond the limit some are told, and the others closed; who goes makes room") {
  Peers peers({.connections = 2});
  std::vector<Peers::Entry> all;
  all.reserve(2);
  for (int i = 0; i < 2; ++i) all.push_back(enter(peers, "192.0.2.1"));
  std::vector<Peers::Entry> told;
  while (true) {
    auto entry = enter(peers, "192.0.2.1");
    if (entry.door == Peers::Door::shut) break;
    REQUIRE(entry.door == Peers::Door::refused);
    told.push_back(std::move(entry));
    REQUIRE(told.size() < 100);
  }
  CHECK(!told.empty());
  CHECK(enter(peers, "192.0.2.2").door == Peers::Door::open);
  told.clear();
  CHECK(enter(peers, "192.0.2.1").door == Peers::Door::refused);
  all.pop_back();
  CHECK(enter(peers, "192.0.2.1").door == Peers::Door::open);
}

TEST_CASE("requests have a rate, and a pause saves up for a second of it") {
  Peer peer(10);
  Time now(1h);
  const auto burst = [&] {
    int count = 0;
    while (count < 1000 && peer.take_request(now)) ++count;
    return count;
  };
  CHECK(burst() == 20);
  now += 100ms;
  CHECK(burst() == 1);
  now += 550ms;
  CHECK(burst() == 5);
  CHECK(!peer.is_rested(now));
  now += 24h;
  CHECK(peer.is_rested(now));
  CHECK(burst() == 20);
  // What was refused doesn't count.
  now += 2s;
  CHECK(burst() == 20);

  Peer free(0);
  for (int i = 0; i < 1000; ++i) CHECK(free.take_request(now));
}

TEST_CASE("who comes back is known, and who stays away is forgotten") {
  Peers peers({.connections = 10, .requests = 1});
  Time now(1h);
  for (int i = 0; i < 2; ++i) CHECK(enter(peers, "192.0.2.1", now).peer->take_request(now));
  CHECK(!enter(peers, "192.0.2.1", now).peer->take_request(now));
  for (int i = 0; i < 100'000; ++i) {
    now += 1ms;
    enter(peers, numbered(i), now).peer->take_request(now);
  }
  CHECK(peers.size() < 10'000);
}

TEST_CASE("a client has one share of the memory, by whichever way it comes, and is known while it has some") {
  Peers peers({.memory = 100, .unlimited = {*Prefix::parse("127.0.0.0/8")}});
  Time now(1h);
  const auto named = [&](const char* client) {
    return peers.take_request(*skerry::Address::parse(client), now).share;
  };
  const auto first = enter(peers, "192.0.2.1", now).peer->share();
  REQUIRE(first);
  CHECK(first == enter(peers, "::ffff:192.0.2.1", now).peer->share());
  CHECK(first == named("192.0.2.1"));
  CHECK(first != named("192.0.2.2"));
  CHECK(named("2001:db8::1") == named("2001:db8::ffff:1"));
  CHECK(!named("127.0.0.1"));
  CHECK(!enter(peers, "127.0.0.1", now).peer);
  for (int i = 0; i < 100'000; ++i) {
    now += 1ms;
    enter(peers, numbered(i), now);
  }
  CHECK(peers.size() < 10'000);
  CHECK(first == named("192.0.2.1"));
  CHECK(!Peers({.requests = 1}).take_request(*skerry::Address::parse("192.0.2.1"), now).share);
}

TEST_CASE("clients that a proxy names have a rate each, the same as if they came themselves") {
  Peers peers({.connections = 1, .requests = 1, .unlimited = {*Prefix::parse("127.0.0.0/8")}});
  Time now(1h);
  const auto take = [&](const char* client) {
    return !peers.take_request(*skerry::Address::parse(client), now).too_soon;
  };
  CHECK(take("192.0.2.1"));
  CHECK(take("::ffff:192.0.2.1"));
  CHECK_FALSE(take("192.0.2.1"));
  CHECK_FALSE(enter(peers, "192.0.2.1", now).peer->take_request(now));
  CHECK(enter(peers, "192.0.2.1", now).door == Peers::Door::open);  // a name takes no connection
  CHECK(take("192.0.2.2"));
  for (const char* own : {"2001:db8::1", "2001:db8::2"}) CHECK(take(own));
  CHECK_FALSE(take("2001:db8::3"));
  for (int i = 0; i < 10; ++i) CHECK(take("127.0.0.1"));
  now += 1s;
  CHECK(take("192.0.2.1"));
  CHECK_FALSE(take("192.0.2.1"));
  for (int i = 0; i < 100'000; ++i) {
    now += 1ms;
    CHECK(!peers.take_request(*skerry::Address::parse(numbered(i)), now).too_soon);
  }
  CHECK(peers.size() < 10'000);
}

}  // namespace
}  // namespace skerry::http
