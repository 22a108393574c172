// What one client does must not hold up another: counted in requests, not in time. All that takes part lies
// in the kernel's buffers before the one worker sees any of it, so that its rounds alone decide.
#include <atomic>
#include <cstddef>
#include <filesystem>
#include <latch>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "native-host/http/exchange.hpp"
#include "native-host/http/server.hpp"
#include "native-host/http/test_client.hpp"
#include "native-host/http/test_server.hpp"
#include "native-host/http/websocket.hpp"

namespace skerry::http {
namespace {

using namespace std::string_literals;

constexpr int kPipelined = 3000;
constexpr int kFresh = 60;
/// Of the others' requests before the last fresh one: a few rounds of a few requests, where a client at a
/// time would be some thousand.
constexpr int kBetween = 300;

std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// A masked text frame of one byte, with the mask 0.
constexpr std::string_view kMessage("\x81\x81\0\0\0\0x", 7);

TEST_CASE("a pipeline without end doesn't hold up those who come fresh") {
  std::atomic<int> served = 0;
  std::latch go{1};
  const auto count = [&] {
    // The first one holds the worker until all of the others are there.
    if (++served == 1) go.wait();
    return Response{200, {}, "hog"};
  };
  const std::string socket =
      (std::filesystem::temp_directory_path() / ("skerry-fair-" + std::to_string(::getpid()))).string();
  std::atomic<int> last = 0;
  Routed server({{"/hog", {.respond = [&](const Request&) { return count(); }}},
                 {"/later", {.respond_later = [&](const Request&, Later later) { later(count()); }}},
                 {"/serve", {.serve = [&](Exchange& exchange) -> Task<void> {
                    while (true) {
                      const auto piece = co_await exchange.read();
                      if (!piece || piece->empty()) break;
                    }
                    co_await exchange.respond(count());
                  }}},
                 {"/socket", {.serve = [&](Exchange& exchange) -> Task<void> {
                    auto opened = co_await exchange.upgrade({});
                    if (!opened) co_return;
                    while (co_await opened->read()) count();
                  }}},
                 {"/livez",
                  {.respond =
                       [&](const Request&) {
                         last = served.load();
                         return Response{200, {}, "ok"};
                       }}}},
                {.listen = {{.host = "127.0.0.1"}, {.path = socket}}});

  std::string pipeline;
  std::string opening;
  SUBCASE("HEAD") {
    pipeline = "HEAD /hog HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  SUBCASE("not there") {
    pipeline = "HEAD /hog HTTP/1.1\r\nHost: a\r\n\r\nGET /no HTTP/1.1\r\nHost: a\r\n\r\n";
  }
  SUBCASE("posts that are answered later") {
    pipeline = "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
  }
  SUBCASE("chunked posts") {
    pipeline = "POST /later HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  }
  SUBCASE("bodies piece by piece") {
    pipeline = "POST /serve HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
  }
  SUBCASE("messages of a WebSocket") {
    opening =
        "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    pipeline = kMessage;
  }
  const auto addresses = server.server->addresses();
  const auto all = opening + repeated(pipeline, kPipelined);
  Client first(addresses[0]);
  REQUIRE(first.send(all));
  while (served == 0) std::this_thread::yield();  // as long as it takes
  Client other(addresses[1]);
  // Its buffer is a small one; what doesn't fit follows.
  std::jthread sender([&] { other.send(all); });
  std::vector<std::unique_ptr<Client>> fresh;
  for (int i = 0; i < kFresh; ++i) {
    auto& client = *fresh.emplace_back(std::make_unique<Client>(addresses[i % 2 == 0 ? 0 : 1]));
    REQUIRE(client.connected());
    REQUIRE(client.send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
  go.count_down();
  for (const auto& client : fresh) CHECK(client->read().status == 200);
  CHECK(last.load() < kBetween);
  first.close();
  ::shutdown(other.fd(), SHUT_RDWR);
}

}  // namespace
}  // namespace skerry::http
