#include "native-host/http/client.hpp"

#include <chrono>

#include <doctest/doctest.h>

#include "native-host/broker/test_http_server.hpp"

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using Server = broker::TestHttpServer;

TEST_CASE("a request arrives as it was meant, and so does the answer") {
  Request seen;
  const Server server([&](const Request& request) {
    seen = request;
    return Server::Reply{.status = 429, .body = "later", .headers = {{"Retry-After", "7"}}};
  });
  Client client;
  const auto answer =
      client.send({.method = "DELETE", .url = server.origin() + "/a/b?c=1", .headers = {{"X-Token", "t"}}});
  REQUIRE_MESSAGE(answer, answer.error().message);
  CHECK(answer->status == 429);
  CHECK(answer->body == "later");
  CHECK(answer->headers.get("retry-after") == "7");
  CHECK(seen.method == "DELETE");
  CHECK(seen.target == "/a/b?c=1");
  CHECK(seen.headers.get("x-token") == "t");
  CHECK(!seen.headers.has("expect"));

  // What one request set is gone with the next.
  REQUIRE(client.send({.url = server.origin() + "/"}));
  CHECK(seen.method == "GET");
  CHECK(!seen.headers.has("x-token"));
  CHECK(!seen.headers.has("content-type"));
}

TEST_CASE("a redirect is not followed") {
  int requests = 0;
  const Server server([&](const Request&) {
    ++requests;
    return Server::Reply{.status = 302, .headers = {{"Location", "/elsewhere"}}};
  });
  Client client;
  CHECK(client.send({.url = server.origin() + "/"})->status == 302);
  CHECK(requests == 1);
}

TEST_CASE("failures are values") {
  const Server server([](const Request& request) {
    if (request.target == "/silent") return Server::Reply{.silent = true};
    if (request.target == "/cut") return Server::Reply{.body = "12345", .cut_after = 2};
    return Server::Reply{.body = std::string(5000, 'x')};
  });
  struct Case {
    std::string url;
    const char* code;
  };
  Client client({.timeout = 300ms, .max_body = 4000});
  for (const auto& [url, code] : std::vector<Case>{
           {server.origin() + "/silent", "timeout"},
           {server.origin() + "/cut", "connection_lost"},
           {server.origin() + "/large", "body_too_large"},
           {"http://127.0.0.1:1/", "connect_failed"},
           {"file:///etc/passwd", "bad_url"},
           {"", "bad_url"},
       }) {
    CAPTURE(url);
    const auto answer = client.send({.url = url});
    REQUIRE(!answer);
    CHECK_MESSAGE(answer.error().code == code, answer.error().message);
  }
}

TEST_CASE("a stop ends a request that nobody answers") {
  const Server server([](const Request&) { return Server::Reply{.silent = true}; });
  Client client({.timeout = 60s});
  std::stop_source stop;
  const auto began = std::chrono::steady_clock::now();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(50ms);
    stop.request_stop();
  });
  const auto answer = client.send({.url = server.origin() + "/"}, stop.get_token());
  CHECK(answer.error().code == "stopped");
  CHECK(std::chrono::steady_clock::now() - began < 5s);
}

TEST_CASE("a path segment holds any text") {
  CHECK(encode_segment("latest") == "latest");
  CHECK(encode_segment("a b/\xC3\xBC?%") == "a%20b%2F%C3%BC%3F%25");
  CHECK(encode_segment("").empty());
}

}  // namespace
}  // namespace skerry::http
