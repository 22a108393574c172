#include "shared/client.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace skerry;

namespace {

struct Case {
  std::string what;
  std::string peer;
  Headers headers;
  std::string client;  // empty: unknown
};

void check(const std::vector<Case>& cases, std::string_view trusted, std::string_view names = "") {
  const auto proxies = Proxies::parse(trusted, names);
  REQUIRE(proxies);
  for (const auto& [what, peer, headers, client] : cases) {
    CAPTURE(what);
    Request request;
    request.client = peer;
    request.headers = headers;
    const auto found = client_of(request, *proxies);
    CHECK((found ? found->text() : "") == client);
  }
}

constexpr std::string_view kTrusted = "10.0.0.0/8, ::1, 2001:db8::/32";

}  // namespace

TEST_CASE("who the client is") {
  check(
      {
          {"the peer", "192.0.2.1", {}, "192.0.2.1"},
          {"the peer with its port", "192.0.2.1:55", {}, "192.0.2.1"},
          {"no peer", "", {{"X-Forwarded-For", "192.0.2.7"}}, ""},
          {"a peer that is no address", "unix:", {{"X-Forwarded-For", "192.0.2.7"}}, ""},
          {"a Unix socket that is not trusted", "unix", {{"X-Forwarded-For", "192.0.2.7"}}, ""},
          {"a stranger's headers",
           "192.0.2.1",
           {{"X-Push-IP", "192.0.2.7"}, {"X-Forwarded-For", "192.0.2.8"}, {"X-Real-IP", "192.0.2.9"}},
           "192.0.2.1"},
          {"a proxy without headers", "10.1.1.1", {}, "10.1.1.1"},
          {"headers that nobody named",
           "10.1.1.1",
           {{"X-Push-IP", "6.6.6.6"},
            {"X-Real-IP", "6.6.6.6"},
            {"Forwarded", "for=6.6.6.6"},
            {"CF-Connecting-IP", "6.6.6.6"},
            {"True-Client-IP", "6.6.6.6"},
            {"X-Client-IP", "6.6.6.6"}},
           "10.1.1.1"},
          {"and beside one that is",
           "10.1.1.1",
           {{"X-Push-IP", "6.6.6.6"}, {"X-Real-IP", "6.6.6.6"}, {"X-Forwarded-For", "192.0.2.8"}},
           "192.0.2.8"},
          {"forwarded by two proxies", "10.1.1.1", {{"X-Forwarded-For", "192.0.2.8, 10.2.2.2"}}, "192.0.2.8"},
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
           {{"X-Forwarded-For", "198.51.100.66, unknown"}},
           "10.1.1.1"},
          {"also behind a proxy", "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6, _x, 10.2.2.2"}}, "10.2.2.2"},
          {"also an empty one", "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6, , 10.2.2.2"}}, "10.2.2.2"},
          {"also an empty one at the end", "10.1.1.1", {{"X-Forwarded-For", "6.6.6.6,"}}, "10.1.1.1"},
          {"also an empty field",
           "10.1.1.1",
           {{"X-Forwarded-For", "6.6.6.6"}, {"X-Forwarded-For", ""}},
           "10.1.1.1"},
          {"also one that nearly is",
           "10.1.1.1",
           {{"X-Forwarded-For", "6.6.6.6, 192.0.2.8:http"}},
           "10.1.1.1"},
          {"hops with ports",
           "10.1.1.1",
           {{"X-Forwarded-For", "[2001:db9::1]:443, [2001:db8::1]:80"}},
           "2001:db9::1"},
          {"only proxies", "10.1.1.1", {{"X-Forwarded-For", "10.2.2.2, ::1"}}, "10.2.2.2"},
          {"all garbage", "::1", {{"X-Forwarded-For", ",,,"}}, "::1"},
      },
      kTrusted);
}

TEST_CASE("a mapped address is the plain one, wherever it stands") {
  for (const std::string_view trusted : {"10.0.0.0/8", "::ffff:10.0.0.0/104", "::ffff:a00:0/104"}) {
    CAPTURE(std::string(trusted));
    check(
        {
            {"the peer", "::ffff:192.0.2.1", {}, "192.0.2.1"},
            {"the peer with its port", "[::ffff:192.0.2.1]:99", {}, "192.0.2.1"},
            {"a proxy", "::ffff:10.1.1.1", {{"X-Forwarded-For", "192.0.2.8"}}, "192.0.2.8"},
            {"a plain proxy", "10.1.1.1", {{"X-Forwarded-For", "192.0.2.8"}}, "192.0.2.8"},
            {"a hop", "10.1.1.1", {{"X-Forwarded-For", "::ffff:192.0.2.8, ::FFFF:10.1.1.1"}}, "192.0.2.8"},
            {"a hop with a port",
             "10.1.1.1",
             {{"X-Forwarded-For", "[::ffff:c000:208]:1, [::ffff:10.1.1.1]:2"}},
             "192.0.2.8"},
        },
        trusted);
    check({{"Forwarded", "10.1.1.1", {{"Forwarded", "for=\"[::ffff:203.0.113.9]:1234\""}}, "203.0.113.9"}},
          trusted, "Forwarded");
    check({{"one address", "10.1.1.1", {{"X-Real-IP", "::ffff:203.0.113.9"}}, "203.0.113.9"}}, trusted,
          "X-Real-IP");
  }
}

TEST_CASE("the headers that the operator names") {
  check(
      {
          {"a real address", "::1", {{"X-Real-IP", " 192.0.2.9 "}}, "192.0.2.9"},
          {"with a port", "::1", {{"X-Real-IP", "192.0.2.9:80"}}, "192.0.2.9"},
          {"garbage", "::1", {{"X-Real-IP", "garbage"}}, "::1"},
          {"twice", "::1", {{"X-Real-IP", "192.0.2.9"}, {"X-Real-IP", "6.6.6.6"}}, "::1"},
          {"a list", "::1", {{"X-Real-IP", "6.6.6.6, 192.0.2.9"}}, "::1"},
          {"no other", "::1", {{"X-Forwarded-For", "6.6.6.6"}}, "::1"},
          {"a stranger's", "192.0.2.1", {{"X-Real-IP", "6.6.6.6"}}, "192.0.2.1"},
      },
      kTrusted, "X-Real-IP");
  check(
      {
          {"the first that is there",
           "::1",
           {{"X-Forwarded-For", "192.0.2.8"}, {"CF-Connecting-IP", "192.0.2.9"}},
           "192.0.2.9"},
          {"the next", "::1", {{"X-Forwarded-For", "192.0.2.8"}}, "192.0.2.8"},
          {"which is not asked where the first can't be read",
           "::1",
           {{"CF-Connecting-IP", "x"}, {"X-Forwarded-For", "6.6.6.6"}},
           "::1"},
      },
      kTrusted, "cf-connecting-ip,X-Forwarded-For");
}

TEST_CASE("Forwarded") {
  check(
      {
          {"one", "::1", {{"Forwarded", "for=192.0.2.9"}}, "192.0.2.9"},
          {"with more",
           "::1",
           {{"Forwarded", "proto=https;FOR=\"192.0.2.9:80\" ; by=203.0.113.43"}},
           "192.0.2.9"},
          {"IPv6", "::1", {{"Forwarded", "for=\"[2001:db9::9]:80\""}}, "2001:db9::9"},
          {"a list", "::1", {{"Forwarded", "for=6.6.6.6, for=192.0.2.9,for=10.2.2.2"}}, "192.0.2.9"},
          {"two fields", "::1", {{"Forwarded", "for=6.6.6.6"}, {"forwarded", "for=192.0.2.9"}}, "192.0.2.9"},
          {"unknown", "::1", {{"Forwarded", "for=6.6.6.6, for=unknown"}}, "::1"},
          {"hidden", "::1", {{"Forwarded", "for=6.6.6.6, for=_a1, for=10.2.2.2"}}, "10.2.2.2"},
          {"without for", "::1", {{"Forwarded", "for=6.6.6.6, proto=http"}}, "::1"},
          {"twice in one", "::1", {{"Forwarded", "for=6.6.6.6;for=192.0.2.9"}}, "::1"},
          {"an address alone", "::1", {{"Forwarded", "6.6.6.6"}}, "::1"},
          {"empty", "::1", {{"Forwarded", ""}}, "::1"},
          {"a quote that a client opened", "::1", {{"Forwarded", "for=6.6.6.6;x=\", for=192.0.2.9"}}, "::1"},
          {"and a proxy closed", "::1", {{"Forwarded", "for=6.6.6.6;x=\", for=\"192.0.2.9\""}}, "::1"},
          {"a comma within quotes",
           "::1",
           {{"Forwarded", "for=192.0.2.9;x=\"a, for=6.6.6.6\""}},
           "192.0.2.9"},
          {"an escape", "::1", {{"Forwarded", "for=\"192.0.2\\.9\""}}, "192.0.2.9"},
      },
      kTrusted, "Forwarded");
}

TEST_CASE("a Unix socket can be a proxy") {
  check(
      {
          {"it names the client", "unix", {{"X-Forwarded-For", "6.6.6.6, 192.0.2.8, 10.2.2.2"}}, "192.0.2.8"},
          {"it names nobody", "unix", {}, ""},
          {"it can't be read", "unix", {{"X-Forwarded-For", "6.6.6.6, unknown"}}, ""},
          {"strangers", "192.0.2.1", {{"X-Forwarded-For", "6.6.6.6"}}, "192.0.2.1"},
      },
      "unix,10.0.0.0/8");
}

TEST_CASE("what is no list of proxies, and of headers") {
  for (const char* bad : {"unix:", "UNIX", "*", "10.0.0.0/33", "10.0.0.0/8,nonsense", "localhost"}) {
    CAPTURE(bad);
    CHECK_FALSE(Proxies::parse(bad));
  }
  for (const char* bad : {"X Forwarded", "a:b", "X-Real-IP,\"", "ü"}) {
    CAPTURE(bad);
    CHECK_FALSE(Proxies::parse("", bad));
  }
  CHECK(Proxies::parse("")->headers == std::vector<std::string>{"X-Forwarded-For"});
  CHECK(Proxies::parse("", " , Forwarded ,X-Real-IP")->headers ==
        std::vector<std::string>{"Forwarded", "X-Real-IP"});
}

TEST_CASE("a long list of hops takes no time") {
  std::string hops;
  for (int i = 0; i < 20'000; ++i) hops += i == 0 ? "10.2.2.1" : ",10.2.2.2";
  Request request;
  request.client = "10.1.1.1";
  request.headers = {{"X-Forwarded-For", hops}};
  CHECK(client_of(request, Proxies::parse("10.0.0.0/8").value())->text() == "10.2.2.1");
}
