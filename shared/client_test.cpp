#include "shared/client.hpp"

#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("who the client is") {
  struct Case {
    std::string what;
    std::string peer;
    Headers headers;
    std::string client;  // empty: unknown
  };
  const auto trusted = parse_prefixes("10.0.0.0/8, ::1, 2001:db8::/32").value();
  for (const auto& [what, peer, headers, client] : {
           Case{"the peer", "192.0.2.1", {}, "192.0.2.1"},
           {"the peer with its port", "192.0.2.1:55", {}, "192.0.2.1"},
           {"no peer", "", {{"X-Forwarded-For", "192.0.2.7"}, {"X-Push-IP", "192.0.2.7"}}, ""},
           {"a peer that is no address", "unix:", {{"X-Forwarded-For", "192.0.2.7"}}, ""},
           {"a stranger's headers",
            "192.0.2.1",
            {{"X-Push-IP", "192.0.2.7"}, {"X-Forwarded-For", "192.0.2.8"}, {"X-Real-IP", "192.0.2.9"}},
            "192.0.2.1"},
           {"a proxy without headers", "10.1.1.1", {}, "10.1.1.1"},
           {"pushed by a proxy",
            "10.1.1.1",
            {{"X-Forwarded-For", "192.0.2.8"}, {"X-Push-IP", " 192.0.2.7 "}, {"X-Real-IP", "192.0.2.9"}},
            "192.0.2.7"},
           {"pushed garbage",
            "10.1.1.1",
            {{"X-Push-IP", "garbage"}, {"X-Forwarded-For", "192.0.2.8"}},
            "192.0.2.8"},
           {"forwarded",
            "10.1.1.1",
            {{"X-Forwarded-For", "192.0.2.8"}, {"X-Real-IP", "192.0.2.9"}},
            "192.0.2.8"},
           {"forwarded by two proxies",
            "10.1.1.1",
            {{"X-Forwarded-For", "192.0.2.8, 10.2.2.2"}},
            "192.0.2.8"},
           {"what a client forged stands left",
            "10.1.1.1",
            {{"X-Forwarded-For", "6.6.6.6, 192.0.2.8,10.2.2.2"}},
            "192.0.2.8"},
           {"two fields are one list",
            "10.1.1.1",
            {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "192.0.2.8"}},
            "192.0.2.8"},
           {"a hop that is no address ends the walk",
            "10.1.1.1",
            {{"X-Forwarded-For", "6.6.6.6, unknown"}},
            "10.1.1.1"},
           {"also behind a proxy", "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6, _x, 10.2.2.2"}}, "10.2.2.2"},
           {"also an empty one", "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6, , 10.2.2.2"}}, "10.2.2.2"},
           {"also one that nearly is",
            "10.1.1.1",
            {{"X-Forwarded-For", "6.6.6.6, 192.0.2.8:http"}},
            "10.1.1.1"},
           {"hops with ports",
            "10.1.1.1",
            {{"X-Forwarded-For", "[2001:db9::1]:443, [2001:db8::1]:80"}},
            "2001:db9::1"},
           {"only proxies", "10.1.1.1", {{"X-Forwarded-For", "10.2.2.2, ::1"}}, "10.2.2.2"},
           {"only proxies, and a real address",
            "10.1.1.1",
            {{"X-Forwarded-For", "10.2.2.2"}, {"X-Real-IP", "192.0.2.9"}},
            "10.2.2.2"},
           {"a real address", "::1", {{"X-Real-IP", "192.0.2.9"}}, "192.0.2.9"},
           {"all garbage",
            "::1",
            {{"X-Push-IP", ""}, {"X-Forwarded-For", ",,,"}, {"X-Real-IP", "1.2.3"}},
            "::1"},
           {"a proxy on a socket for both families",
            "::ffff:10.1.1.1",
            {{"X-Forwarded-For", "192.0.2.8"}},
            "192.0.2.8"},
           {"a mapped client", "::ffff:192.0.2.1", {}, "::ffff:192.0.2.1"},
       }) {
    CAPTURE(what);
    Request request;
    request.client = peer;
    request.headers = headers;
    const auto found = client_of(request, trusted);
    CHECK((found ? found->text() : "") == client);
  }
}

TEST_CASE("a long list of hops takes no time") {
  std::string hops;
  for (int i = 0; i < 20'000; ++i) hops += i == 0 ? "10.2.2.1" : ",10.2.2.2";
  Request request;
  request.client = "10.1.1.1";
  request.headers = {{"X-Forwarded-For", hops}};
  CHECK(client_of(request, parse_prefixes("10.0.0.0/8").value())->text() == "10.2.2.1");
}
