// WebSockets, Server-Sent Events and the hub behind both, seen through raw sockets.
#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/blocking/blocking.hpp"
#include "native-host/http/event_stream.hpp"
#include "native-host/http/exchange.hpp"
#include "native-host/http/hub.hpp"
#include "native-host/http/server.hpp"
#include "native-host/http/test_client.hpp"
#include "native-host/http/test_server.hpp"
#include "native-host/http/websocket.hpp"

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using Serve = std::function<Task<void>(Exchange&)>;

constexpr std::string_view kUpgrade =
    "Host: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string upgrade(std::string_view more = {}) {
  return "GET / HTTP/1.1\r\n" + std::string(kUpgrade) + std::string(more) + "\r\n";
}

enum : unsigned { kContinuation = 0, kText = 1, kBinary = 2, kClose = 8, kPing = 9, kPong = 10 };

/// A frame of a client (RFC 6455 §5.2); `announced` in place of the payload's size.
std::string frame(unsigned opcode, std::string_view payload, bool fin = true, bool masked = true,
                  std::optional<std::uint64_t> announced = {}) {
  const std::uint64_t size = announced.value_or(payload.size());
  std::string out;
  out += static_cast<char>((fin ? 0x80U : 0U) | opcode);
  const auto mask_bit = masked ? 0x80U : 0U;
  if (size < 126) {
    out += static_cast<char>(mask_bit | size);
  } else {
    const auto bytes = size < 65536 ? 2 : 8;
    out += static_cast<char>(mask_bit | (bytes == 2 ? 126U : 127U));
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(size >> (8U * static_cast<unsigned>(i)));
  }
  constexpr std::array<char, 4> kMask = {'\x37', '\x0a', '\x21', '\x3d'};
  if (masked) out.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += masked ? static_cast<char>(payload[i] ^ kMask[i % 4]) : payload[i];
  return out;
}

struct Frame {
  unsigned opcode = 99;  // nothing came
  std::string payload;
  /// Of a close frame.
  [[nodiscard]] int code() const {
    if (opcode != kClose || payload.size() < 2) return 0;
    return (static_cast<unsigned char>(payload[0]) << 8) | static_cast<unsigned char>(payload[1]);
  }
};

Frame read_frame(Client& client) {
  const auto head = client.take(2);
  if (head.size() < 2) return {};
  std::uint64_t size = static_cast<unsigned char>(head[1]) & 0x7fU;
  if (size >= 126) {
    const auto more = client.take(size == 126 ? 2 : 8);
    size = 0;
    for (const char c : more) size = (size << 8U) | static_cast<unsigned char>(c);
  }
  return {static_cast<unsigned char>(head[0]) & 0x0fU, client.take(size)};
}

/// A handler that sends back what comes, and says how it ended.
Serve echo(Found<Error>& ends, const WebSocketOptions& options = {}) {
  return [&ends, options](Exchange& exchange) -> Task<void> {
    auto socket = co_await exchange.upgrade(options);
    if (!socket) {
      ends.put(socket.error());
      co_return;
    }
    while (true) {
      auto message = co_await socket->read();
      if (!message) {
        ends.put(message.error());
        co_return;
      }
      if (auto sent = co_await socket->write(message->data, message->binary); !sent) co_return;
    }
  };
}

TEST_CASE("a WebSocket carries messages both ways, control frames between them") {
  Found<Error> ends;
  Routed server({{"/", {.serve = echo(ends, {.protocols = {"b", "a"}})}}});
  Client client(server.address());
  // The first frame comes with the request.
  client.send(upgrade("Sec-WebSocket-Protocol: a, b\r\n") + frame(kText, "hello"));
  const auto head = client.until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 101 "));
  // RFC 6455 §1.3.
  CHECK(head.find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos);
  CHECK(head.find("Sec-WebSocket-Protocol: b\r\n") != std::string::npos);
  CHECK(read_frame(client).payload == "hello");
  client.send(frame(kText, "frag", false) + frame(kPing, "p") + frame(kContinuation, "mented"));
  const auto pong = read_frame(client);
  CHECK(pong.opcode == kPong);
  CHECK(pong.payload == "p");
  CHECK(read_frame(client).payload == "fragmented");
  const std::string large(1 << 20, '\xff');
  client.send(frame(kBinary, large));
  const auto back = read_frame(client);
  CHECK(back.opcode == kBinary);
  const bool is_same = back.payload == large;
  CHECK(is_same);
  client.send(frame(kClose, "\x03\xe8"));
  CHECK(read_frame(client).code() == 1000);
  CHECK(ends.get().value_or(Error{}).code == "websocket_closed");
  CHECK(client.rest().empty());
}

TEST_CASE("what can't become a WebSocket gets its status") {
  struct Case {
    const char* what;
    std::string request;
    int status;
    const char* code;
  };
  Found<Error> ends;
  Routed server(
      {{"/",
        {.serve = echo(
             ends, {.protocols = {"x"}, .protocol_required = true, .origins = {"https://good.example"}})}}});
  const auto with = [](std::string_view from, std::string_view to) {
    auto request = upgrade("Sec-WebSocket-Protocol: x\r\n");
    return request.replace(request.find(from), from.size(), to);
  };
  for (const auto& [what, request, status, code] : std::vector<Case>{
           {"no upgrade", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400, "not_a_websocket"},
           {"POST", with("GET", "POST"), 400, "not_a_websocket"},
           {"HTTP/1.0", with("HTTP/1.1", "HTTP/1.0"), 400, "not_a_websocket"},
           {"to another protocol", with("WebSocket", "h2c"), 400, "not_a_websocket"},
           {"no Connection", with("Connection: keep-alive, Upgrade", "X: y"), 400, "not_a_websocket"},
           {"an old version", with("Version: 13", "Version: 8"), 426, "not_a_websocket"},
           {"no key", with("Sec-WebSocket-Key", "X-Key"), 400, "not_a_websocket"},
           {"a short key", with("dGhlIHNhbXBsZSBub25jZQ==", "dGhl"), 400, "not_a_websocket"},
           {"another's page", with("Host: a\r\n", "Host: a\r\nOrigin: https://evil.example\r\n"), 403,
            "origin_denied"},
           {"no common protocol", upgrade("Sec-WebSocket-Protocol: y\r\n"), 400, "no_common_protocol"},
           {"a body", with("Host: a\r\n", "Host: a\r\nContent-Length: 5\r\n") + "hello", 400,
            "body_not_allowed"},
           {"a chunked body", with("Host: a\r\n", "Host: a\r\nTransfer-Encoding: chunked\r\n"), 400,
            "body_not_allowed"},
       }) {
    CAPTURE(what);
    Client client(server.address());
    client.send(request);
    const auto answer = client.read();
    CHECK(answer.status == status);
    CHECK(answer.body.find(code) != std::string::npos);
    CHECK((answer.head.find("Sec-WebSocket-Version: 13\r\n") != std::string::npos) == (status == 426));
    CHECK(client.closed());
    CHECK(ends.get().value_or(Error{}).code == code);
  }
  Client client(server.address());
  client.send(with("Host: a\r\n", "Host: a\r\nOrigin: https://GOOD.example\r\n"));
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 101 "));
}

TEST_CASE("fragments that bring nothing are bounded, pings beside a message are not") {
  Found<Error> ends;
  Routed server({{"/", {.serve = echo(ends, {.message_timeout = std::chrono::hours(1)})}}});
  Client client(server.address());
  client.send(upgrade());
  client.until("\r\n\r\n");
  client.send(frame(kText, "one ", false));
  for (int i = 0; i < 4000; ++i) {
    client.send(frame(kPing, std::string(100, 'p')));
    REQUIRE(read_frame(client).opcode == kPong);
  }
  client.send(frame(kContinuation, "message"));
  CHECK(read_frame(client).payload == "one message");

  std::string flood = frame(kText, "", false);
  for (int i = 0; i < 50'000; ++i) flood += frame(kContinuation, "", false);
  client.send(flood);
  CHECK(read_frame(client).code() == 1008);
  CHECK(ends.get().value_or(Error{}).code == "bad_message");
}

TEST_CASE("bad frames close the socket with the code that says why") {
  struct Case {
    const char* what;
    std::string bytes;
    int code;
    const char* error;
  };
  Found<Error> ends;
  Routed server(
      {{"/",
        {.serve = echo(ends, {.max_message = 1000, .message_timeout = 300ms, .close_timeout = 300ms})}}});
  std::string endless = frame(kText, "a", false);
  for (int i = 0; i < 200; ++i) endless += frame(kContinuation, "", false);
  for (const auto& [what, bytes, code, error] : std::vector<Case>{
           {"unmasked", frame(kText, "hello", true, false), 1002, "bad_message"},
           {"a reserved opcode", frame(3, "x"), 1002, "bad_message"},
           {"a reserved bit", "\xf1\x80....", 1002, "bad_message"},
           {"a continuation of nothing", frame(kContinuation, "x"), 1002, "bad_message"},
           {"a message in a message", frame(kText, "a", false) + frame(kText, "b"), 1002, "bad_message"},
           {"a long ping", frame(kPing, std::string(126, 'p')), 1002, "bad_message"},
           {"a fragmented ping", frame(kPing, "p", false), 1002, "bad_message"},
           {"a bad close code", frame(kClose, "\x03\xee"), 1002, "bad_message"},
           {"a close of one byte", frame(kClose, "\x03"), 1002, "bad_message"},
           {"text that is no UTF-8", frame(kText, "\xc3\x28"), 1007, "bad_message"},
           {"text that is cut in a character", frame(kText, "\xc3"), 1007, "bad_message"},
           {"text that is cut over fragments", frame(kText, "\xe2\x82", false) + frame(kContinuation, "x"),
            1007, "bad_message"},
           {"too large", frame(kBinary, std::string(1001, 'x')), 1009, "message_too_large"},
           {"announced as huge", frame(kBinary, "x", true, true, std::uint64_t{1} << 62U), 1009,
            "message_too_large"},
           {"too large in fragments",
            frame(kBinary, std::string(600, 'x'), false) + frame(kContinuation, std::string(600, 'x')), 1009,
            "message_too_large"},
           {"fragments without end", endless, 1008, "bad_message"},
           {"a message that never ends", frame(kText, "a", false), 1008, "bad_message"},
       }) {
    CAPTURE(what);
    Client client(server.address());
    client.send(upgrade());
    client.until("\r\n\r\n");
    client.send(bytes);
    CHECK(read_frame(client).code() == code);
    CHECK(ends.get().value_or(Error{}).code == error);
    CHECK(client.rest().empty());
  }
  SUBCASE("the end in the middle of a frame") {
    Client client(server.address());
    client.send(upgrade() + frame(kText, "hello", true, true, 500));
    client.until("\r\n\r\n");
    client.close();
    CHECK(ends.get().value_or(Error{}).code == "connection_lost");
  }
  SUBCASE("a close frame in the middle of a message") {
    Client client(server.address());
    client.send(upgrade() + frame(kText, "a", false) + frame(kClose, "\x03\xe9"));
    client.until("\r\n\r\n");
    CHECK(read_frame(client).code() == 1001);
    CHECK(ends.get().value_or(Error{}).code == "websocket_closed");
  }
}

TEST_CASE("messages that are not whole have a bound together") {
  Found<Error> ends;
  Routed server({{"/", {.serve = echo(ends)}}}, {.max_memory = 1'000'000});
  Client first(server.address());
  first.send(upgrade() + frame(kText, std::string(400'000, 'x'), false));
  first.until("\r\n\r\n");
  // The end of one of them makes room for the next.
  first.send(frame(kContinuation, "y"));
  CHECK(read_frame(first).payload.size() == 400'001);
  first.send(frame(kText, std::string(400'000, 'x'), false) + frame(kPing, "there"));
  CHECK(read_frame(first).opcode == kPong);
  Client second(server.address());
  second.send(upgrade() + frame(kText, std::string(900'000, 'x'), false));
  second.until("\r\n\r\n");
  CHECK(read_frame(second).code() == 1013);
  const auto why = ends.get();
  REQUIRE(why);
  CHECK(why->code == "too_many_bodies");
  first.send(frame(kContinuation, "y"));
  CHECK(read_frame(first).payload.size() == 400'001);
}

TEST_CASE("who doesn't answer pings is dead") {
  Found<Error> ends;
  Routed server({{"/", {.serve = echo(ends, {.keep_alive = 200ms, .close_timeout = 200ms})}}});
  Client client(server.address());
  client.send(upgrade());
  client.until("\r\n\r\n");
  CHECK(read_frame(client).opcode == kPing);
  CHECK(ends.get().value_or(Error{}).code == "connection_lost");
}

TEST_CASE("the end of a handler, or of the server, closes the socket with its code") {
  Found<Error> ends;
  Found<int> entered;
  Routed server({{"/", {.serve = echo(ends, {.close_timeout = 200ms})}},
                 {"/returns", {.serve = [](Exchange& exchange) -> Task<void> {
                    std::ignore = co_await exchange.upgrade({.close_timeout = 200ms});
                  }}},
                 {"/throws", {.serve = [](Exchange& exchange) -> Task<void> {
                    std::ignore = co_await exchange.upgrade({.close_timeout = 200ms});
                    throw std::runtime_error("no luck");
                  }}},
                 {"/closes", {.serve = [&](Exchange& exchange) -> Task<void> {
                    auto socket = co_await exchange.upgrade({.close_timeout = 5s});
                    REQUIRE(socket);
                    const auto closed =
                        co_await socket->close(CloseCode::policy_violation, std::string(200, 'r'));
                    CHECK(closed);
                    CHECK(socket->peer_code() == 1008);
                    CHECK((co_await socket->write("late")).error().code == "websocket_closed");
                    entered.put(1);
                  }}}},
                {.workers = 2});
  const auto get = [](std::string_view path) {
    return "GET " + std::string(path) + " HTTP/1.1\r\n" + std::string(kUpgrade) + "\r\n";
  };
  for (const auto& [path, code] :
       std::vector<std::pair<const char*, int>>{{"/returns", 1000}, {"/throws", 1011}}) {
    Client client(server.address());
    client.send(get(path));
    client.until("\r\n\r\n");
    CHECK(read_frame(client).code() == code);
  }
  {
    Client client(server.address());
    client.send(get("/closes"));
    client.until("\r\n\r\n");
    const auto closing = read_frame(client);
    CHECK(closing.code() == 1008);
    CHECK(closing.payload.size() == 125);
    client.send(frame(kClose, "\x03\xf0"));
    CHECK(entered.get());
  }
  Client polite(server.address());
  polite.send(get("/"));
  polite.until("\r\n\r\n");
  Client silent(server.address());
  silent.send(get("/"));
  silent.until("\r\n\r\n");
  std::thread stopper([&] { server.server->stop(10s); });
  CHECK(read_frame(polite).code() == 1001);
  polite.send(frame(kClose, "\x03\xe9"));
  CHECK(read_frame(silent).code() == 1001);
  CHECK(ends.get().value_or(Error{}).code == "server_stopping");
  CHECK(ends.get().value_or(Error{}).code == "server_stopping");
  stopper.join();
}

TEST_CASE("permessage-deflate is spoken where it is asked for and allowed") {
  Found<Error> ends;
  Routed server({{"/", {.serve = echo(ends, {.deflate = true})}}});
  Client client(server.address());
  client.send(upgrade("Sec-WebSocket-Extensions: permessage-deflate; client_no_context_takeover\r\n"));
  CHECK(client.until("\r\n\r\n").find("permessage-deflate") != std::string::npos);
  // RFC 7692 §7.2.3.1: "Hello".
  auto compressed = frame(kText, "\xf2\x48\xcd\xc9\xc9\x07\x00"s);
  compressed[0] = static_cast<char>(compressed[0] | 0x40);
  client.send(compressed);
  CHECK(read_frame(client).payload == "Hello");
}

/// A handler that sends what a hub publishes, over either.
Serve follower(Hub& hub, Found<int>& followed, Found<Error>& ends, bool websocket, Outbox::Limits queue,
               std::chrono::milliseconds keep_alive = 15s) {
  return [&, websocket, queue, keep_alive](Exchange& exchange) -> Task<void> {
    if (websocket) {
      auto socket = co_await exchange.upgrade({.close_timeout = 300ms, .queue = queue});
      if (!socket) co_return;
      socket->follow(hub);
      followed.put(1);
      while (true) {
        const auto message = co_await socket->read();
        if (message) continue;
        ends.put(message.error());
        co_return;
      }
    }
    auto stream = EventStream::begin(exchange, {.keep_alive = keep_alive, .retry = 1234ms, .queue = queue});
    if (!stream) co_return;
    stream->follow(hub);
    followed.put(1);
    if (const auto last = stream->last_event_id(); !last.empty())
      std::ignore = co_await stream->send({.data = "since " + std::string(last)});
    const auto ended = co_await stream->run();
    if (!ended) ends.put(ended.error());
  };
}

TEST_CASE("what a hub publishes reaches every subscriber, in order, from any thread") {
  Hub hub;
  Found<int> followed;
  Found<Error> ends;
  Routed server({{"/events", {.serve = follower(hub, followed, ends, false, {})}},
                 {"/", {.serve = follower(hub, followed, ends, true, {})}}},
                {.workers = 3});
  std::vector<std::unique_ptr<Client>> streams;
  std::vector<std::unique_ptr<Client>> sockets;
  for (int i = 0; i < 5; ++i) {
    streams.push_back(std::make_unique<Client>(server.address()));
    streams.back()->send("GET /events HTTP/1.1\r\nHost: a\r\nLast-Event-ID: 7\r\n\r\n");
    sockets.push_back(std::make_unique<Client>(server.address()));
    sockets.back()->send(upgrade());
    CHECK(followed.get());
    CHECK(followed.get());
  }
  CHECK(hub.subscribers() == 10);
  std::thread publisher([&] {
    for (int i = 0; i < 100; ++i)
      hub.publish(
          {.data = "line " + std::to_string(i) + "\nsecond", .event = "tick", .id = std::to_string(i)});
  });
  publisher.join();
  for (const auto& client : streams) {
    const auto head = client->until("\r\n\r\n");
    CHECK(head.find("Content-Type: text/event-stream\r\n") != std::string::npos);
    const auto first = client->until("since 7\n\n");
    CHECK(first.find("retry: 1234\n\n") != std::string::npos);
    int found = 0;
    for (int i = 0; i < 100; ++i) {
      const auto number = std::to_string(i);
      std::string expected("event: tick\nid: ");
      expected.append(number).append("\ndata: line ").append(number).append("\n");
      found += client->until("data: second\n\n").find(expected) != std::string::npos;
    }
    CHECK(found == 100);
  }
  for (const auto& client : sockets) {
    client->until("\r\n\r\n");
    int found = 0;
    for (int i = 0; i < 100; ++i)
      found += read_frame(*client).payload == "line " + std::to_string(i) + "\nsecond";
    CHECK(found == 100);
  }
  // One who leaves is noticed; the others stay until the server stops, and are told.
  streams.pop_back();
  CHECK(ends.get().value_or(Error{}).code == "connection_lost");
  server.server->stop(5s);
  for (int i = 0; i < 9; ++i) CHECK(ends.get().value_or(Error{}).code == "server_stopping");
  for (const auto& client : streams) CHECK(client->rest().ends_with("0\r\n\r\n"));
  for (const auto& client : sockets) CHECK(read_frame(*client).code() == 1001);
  CHECK(hub.subscribers() == 0);
}

TEST_CASE("nobody waits for a subscriber that doesn't read; he is told, and cut off") {
  Hub hub;
  Found<int> followed;
  Found<Error> ends;
  const Outbox::Limits queue{.messages = 8, .bytes = 4 << 20};
  Routed server({{"/events", {.serve = follower(hub, followed, ends, false, queue)}},
                 {"/", {.serve = follower(hub, followed, ends, true, queue)}}});
  for (const bool websocket : {false, true}) {
    CAPTURE(websocket);
    Client client(server.address());
    client.send(websocket ? upgrade() : "GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
    REQUIRE(followed.get());
    const auto message = std::make_shared<const Message>(Message{.data = std::string(1 << 20, 'm')});
    // More than the sockets' buffers and the queue hold; the publisher never waits.
    for (int i = 0; i < 100; ++i) hub.publish(message);
    client.until("\r\n\r\n");
    if (websocket) {
      auto last = read_frame(client);
      while (last.opcode == kText) last = read_frame(client);
      CHECK(last.code() == 1013);
      CHECK(last.payload.find("messages were dropped") != std::string::npos);
    } else {
      const auto all = client.until("\r\n0\r\n\r\n");
      CHECK(all.find("event: dropped\ndata: ") != std::string::npos);
      CHECK(all.ends_with("\r\n0\r\n\r\n"));
    }
    CHECK(ends.get().value_or(Error{}).code == "too_slow");
    CHECK(message.use_count() == 1);
    CHECK(hub.subscribers() == 0);
  }
}

TEST_CASE("a peer that talks but doesn't read is cut off, and doesn't hold up a stop") {
  Found<Error> ends;
  Found<int> entered;
  const std::string piece(1 << 20, 'p');
  const Handler handler{.serve = [&](Exchange& exchange) -> Task<void> {
    auto socket = co_await exchange.upgrade({.close_timeout = 10s});
    if (!socket) co_return;
    entered.put(1);
    while (true) {
      const auto sent = co_await socket->write(piece);
      if (sent) continue;
      ends.put(sent.error());
      co_return;
    }
  }};
  {
    Routed impatient({{"/", handler}}, {.request_timeout = 200ms});
    Client client(impatient.address());
    client.send(upgrade());
    REQUIRE(entered.get());
    client.send(frame(kPing, "p"));
    CHECK(ends.get().value_or(Error{}).code == "connection_lost");
  }
  Routed server({{"/", handler}});
  Client client(server.address());
  client.send(upgrade());
  REQUIRE(entered.get());
  server.server->stop(100ms);
  CHECK(ends.get().value_or(Error{}).code == "server_stopping");
}

TEST_CASE("while a handler works in a pool, what its hub publishes goes on") {
  Hub hub;
  blocking::Pool pool({.threads = 1});
  Found<int> followed;
  Found<int> worked;
  Routed server({{"/", {.serve = [&](Exchange& exchange) -> Task<void> {
                    auto socket = co_await exchange.upgrade({.queue = {.messages = 100, .bytes = 100 << 20}});
                    if (!socket) co_return;
                    socket->follow(hub);
                    followed.put(1);
                    while (true) {
                      const auto message = co_await socket->read();
                      if (!message) co_return;
                      const auto done =
                          co_await exchange.blocking(pool, [](const std::stop_token&) { return 7; });
                      worked.put(done.value_or(0));
                    }
                  }}}});
  Client client(server.address());
  client.send(upgrade());
  REQUIRE(followed.get());
  const std::string large(1 << 20, 'm');
  // More than the sockets' buffers hold: the rest waits for the client to read.
  constexpr int kMany = 32;
  for (int i = 0; i < kMany; ++i) hub.publish({.data = large});
  client.send(frame(kText, "work"));
  CHECK(worked.get() == 7);
  client.until("\r\n\r\n");
  int found = 0;
  for (int i = 0; i < kMany; ++i) found += read_frame(client).payload == large;
  CHECK(found == kMany);
}

TEST_CASE("a stream without events stays alive by comments, and one that nobody reads is cut off") {
  Hub hub;
  Found<int> followed;
  Found<Error> ends;
  Routed server(
      {{"/", {.serve = follower(hub, followed, ends, false, {.messages = 1 << 20, .bytes = 1 << 30}, 20ms)}}},
      {.request_timeout = 300ms});
  Client client(server.address());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.until(":\n\n\r\n").ends_with("3\r\n:\n\n\r\n"));
  CHECK(client.until(":\n\n\r\n").ends_with("3\r\n:\n\n\r\n"));
  for (int i = 0; i < 100; ++i) hub.publish({.data = std::string(1 << 20, 'm')});
  CHECK(ends.get().value_or(Error{}).code == "request_timeout");
  Client head(server.address());
  head.send("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(head.read(true).status == 200);
}

TEST_CASE("an event's fields can't end before their time") {
  struct Case {
    Message message;
    const char* text;
  };
  for (const auto& [message, text] : std::vector<Case>{
           {{.data = ""}, "data: \n\n"},
           {{.data = "a"}, "data: a\n\n"},
           {{.data = "a\nb\rc\r\nd\n"}, "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n"},
           {{.data = " a: b"}, "data:  a: b\n\n"},
           {{.data = "a", .event = "x\ndata: y", .id = "1\r\n\r\n2"}, "event: xdata: y\nid: 12\ndata: a\n\n"},
           {{.data = "a", .id = "1\0"s}, "id: 1\ndata: a\n\n"},
       }) {
    std::string out;
    append_event(out, message);
    CHECK(out == text);
  }
}

TEST_CASE("an outbox is bounded by messages and by bytes, and overflows once") {
  int woken = 0;
  Outbox box({.messages = 2, .bytes = 10}, [&] { ++woken; });
  const auto message = [](std::size_t size) {
    return std::make_shared<const Message>(Message{.data = std::string(size, 'x')});
  };
  box.put(message(5));
  box.put(message(5));
  CHECK(woken == 1);
  REQUIRE(box.take());
  REQUIRE(box.take());
  CHECK(!box.take());
  box.put(message(10));
  CHECK(woken == 2);
  box.put(message(1));
  CHECK(woken == 3);
  CHECK(box.dropped() == 2);
  CHECK(!box.take());
  box.put(message(1));
  CHECK(woken == 3);
  CHECK(box.dropped() == 3);
}

}  // namespace
}  // namespace skerry::http
