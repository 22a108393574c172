#include "native-host/http/exchange.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <functional>
#include <latch>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <unistd.h>

#include "native-host/http/content.hpp"
#include "native-host/http/server.hpp"
#include "native-host/http/test_client.hpp"
#include "native-host/http/test_server.hpp"

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using Serve = std::function<Task<void>(Exchange&)>;

Task<void> echo(Exchange& exchange) {
  if (!exchange.begin({.headers = {{"x-length", exchange.body_length() ? "known" : "unknown"}}})) co_return;
  while (true) {
    const auto piece = co_await exchange.read();
    if (!piece) co_return;
    if (piece->empty()) break;
    if (!co_await exchange.write(*piece)) co_return;
  }
  std::ignore = co_await exchange.end();
}

Task<void> count(Exchange& exchange) {
  std::size_t size = 0;
  while (true) {
    const auto piece = co_await exchange.read();
    if (!piece) co_return;
    if (piece->empty()) break;
    size += piece->size();
  }
  std::ignore = co_await exchange.respond({200, {}, std::to_string(size)});
}

std::string post(std::string_view path, std::string_view fields, std::string_view body) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n" +
         std::string(body);
}

/// The body of a chunked answer; nothing where it isn't whole.
std::optional<std::string> unchunk(Client& client) {
  std::string body;
  while (true) {
    const auto line = client.until("\r\n");
    if (!line.ends_with("\r\n")) return std::nullopt;
    const auto size = std::strtoul(line.c_str(), nullptr, 16);
    const auto data = client.take(size + 2);
    if (data.size() != size + 2) return std::nullopt;
    body += data.substr(0, size);
    if (size == 0) return body;
  }
}

TEST_CASE("a body goes through piece by piece, whatever its framing") {
  Routed server({{"/echo", {.serve = echo, .max_body_bytes = 64 << 20}}});
  const std::string large(8'000'000, 'x');
  for (const auto& [fields, body, whole] : std::vector<std::array<std::string, 3>>{
           {"Content-Length: 3\r\n", "abc", "abc"},
           {"Transfer-Encoding: chunked\r\n", "2\r\nab\r\n1;x=\"y\"\r\nc\r\n0\r\nX: y\r\n\r\n", "abc"},
           {"", "", ""},
           // What is larger than all that buffers hold comes back while it is sent.
           {"Content-Length: 8000000\r\n", large, large},
       }) {
    CAPTURE(fields);
    Client client(server.address());
    std::thread sender([&] { client.send(post("/echo", fields, body)); });
    const auto head = client.until("\r\n\r\n");
    CHECK(head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(head.find("Transfer-Encoding: chunked\r\n") != std::string::npos);
    const bool is_same = unchunk(client) == whole;
    CHECK(is_same);
    sender.join();
  }
}

TEST_CASE("pipelined requests don't run into one another") {
  Routed server({{"/count", {.serve = count}}});
  Client client(server.address());
  std::string all;
  for (int i = 0; i < 300; ++i) {
    const std::string body(static_cast<std::size_t>(i), 'b');
    all += i % 2 == 0 ? post("/count", "Content-Length: " + std::to_string(i) + "\r\n", body) : [&] {
      char size[16];
      std::snprintf(size, sizeof(size), "%x\r\n", i);
      return post("/count", "Transfer-Encoding: chunked\r\n", size + body + "\r\n0\r\n\r\n");
    }();
  }
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 300; ++i) CHECK(client.read().body == std::to_string(i));
  sender.join();
}

TEST_CASE("100 Continue is sent when the handler first asks for the body, and only then") {
  Routed server({{"/count", {.serve = count}}, {"/deny", {.serve = [](Exchange& exchange) -> Task<void> {
                                                  std::ignore = co_await exchange.respond({403, {}, "no"});
                                                }}}});
  {
    Client client(server.address());
    client.send(post("/count", "Expect: 100-continue\r\nContent-Length: 3\r\n", ""));
    CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(client.ask("abc").body == "3");
  }
  {
    Client client(server.address());
    client.send(post("/deny", "Expect: 100-continue\r\nContent-Length: 3\r\n", ""));
    const auto answer = client.read();
    CHECK(answer.status == 403);
    // Whether the body comes now can't be known.
    CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  }
}

TEST_CASE("an answer has its length, or chunks, or the connection's end") {
  Routed server({{"/sized", {.serve = [](Exchange& exchange) -> Task<void> {
                    std::ignore = exchange.begin({.length = 6});
                    std::ignore = co_await exchange.write("abc");
                    std::ignore = co_await exchange.write("def");
                    std::ignore = co_await exchange.end();
                  }}},
                 {"/pieces", {.serve = [](Exchange& exchange) -> Task<void> {
                    std::ignore = exchange.begin({.headers = {{"Content-Length", "99"}, {"X-A", "b"}}});
                    std::ignore = co_await exchange.write("abc");
                    std::ignore = co_await exchange.write("");
                    std::ignore = co_await exchange.write("def");
                    std::ignore = co_await exchange.end();
                  }}}});
  Client client(server.address());
  CHECK(client.ask("GET /sized HTTP/1.1\r\nHost: a\r\n\r\n").body == "abcdef");
  client.send("GET /pieces HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto head = client.until("\r\n\r\n");
  CHECK(head.find("Content-Length") == std::string::npos);
  CHECK(head.find("X-A: b\r\n") != std::string::npos);
  CHECK(client.take(21) == "3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n");
  for (const char* path : {"/sized", "/pieces"}) {
    client.send("HEAD " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    CHECK(client.read(true).status == 200);
  }
  CHECK(client.ask("GET /sized HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").body == "abcdef");
  client.send("GET /pieces HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(client.until("\r\n\r\n").find("Connection: close\r\n") != std::string::npos);
  CHECK(client.rest() == "abcdef");
  CHECK(!client.was_reset());
}

TEST_CASE("what a handler does wrong costs the answer, visibly, and not the server") {
  struct Case {
    const char* what;
    Serve serve;
    std::string sent;  // after the head; empty: 500
  };
  for (const auto& [what, serve, sent] : std::vector<Case>{
           {"returns without an answer", [](Exchange&) -> Task<void> { co_return; }, ""},
           {"throws",
            [](Exchange&) -> Task<void> {
              throw std::runtime_error("no luck");
              co_return;
            },
            ""},
           {"begins and returns",
            [](Exchange& exchange) -> Task<void> {
              std::ignore = exchange.begin({});
              co_return;
            },
            ""},
           {"forges a head",
            [](Exchange& exchange) -> Task<void> {
              CHECK(exchange.begin({.headers = {{"a", "b\r\nc: d"}}}).error().code == "bad_response");
              CHECK(!exchange.begin({.status = 101}));
              co_return;
            },
            ""},
           {"throws in the middle",
            [](Exchange& exchange) -> Task<void> {
              std::ignore = exchange.begin({});
              std::ignore = co_await exchange.write("ab");
              throw std::runtime_error("no luck");
            },
            "2\r\nab\r\n"},
           {"doesn't end what it began",
            [](Exchange& exchange) -> Task<void> {
              std::ignore = exchange.begin({});
              std::ignore = co_await exchange.write("ab");
            },
            "2\r\nab\r\n"},
           {"writes less than it said",
            [](Exchange& exchange) -> Task<void> {
              std::ignore = exchange.begin({.length = 5});
              std::ignore = co_await exchange.write("ab");
              CHECK((co_await exchange.end()).error().code == "bad_response");
            },
            "ab"},
           {"writes more than it said",
            [](Exchange& exchange) -> Task<void> {
              std::ignore = exchange.begin({.length = 2});
              std::ignore = co_await exchange.write("a");
              CHECK((co_await exchange.write("bc")).error().code == "bad_response");
            },
            "a"},
       }) {
    CAPTURE(what);
    Routed server({{"/", {.serve = serve}}});
    Client client(server.address());
    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    if (sent.empty()) {
      const auto answer = client.read();
      CHECK(answer.status == 500);
      CHECK(answer.body.find("internal_error") != std::string::npos);
      CHECK(client.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n").status == 404);
    } else {
      client.until("\r\n\r\n");
      CHECK(client.rest() == sent);
    }
    // To whom only the connection's end tells where a body ends, a failure is a reset.
    Client old(server.address());
    old.send("GET / HTTP/1.0\r\n\r\n");
    std::ignore = old.rest();
    CHECK(old.was_reset() == (sent == "2\r\nab\r\n"));
    server.server->stop(1s);
    CHECK(!server.log.take().empty());
  }
}

TEST_CASE("errors of a body are values, and the answer is what fits where the handler gives none") {
  Found<std::string> errors;
  Routed server({{"/",
                  {.serve = [&](Exchange& exchange) -> Task<void> {
                     while (true) {
                       const auto piece = co_await exchange.read();
                       if (!piece) errors.put(piece.error().code);
                       if (!piece || piece->empty()) co_return;
                     }
                   },
                   .max_body_bytes = 1000}},
                 {"/answers",
                  {.serve = [](Exchange& exchange) -> Task<void> {
                     const auto all = co_await exchange.read_all(10);
                     std::ignore =
                         co_await exchange.respond({all ? 200 : 422, {}, all ? *all : all.error().code});
                   },
                   .max_body_bytes = 1000}}},
                {.request_timeout = 200ms});
  const std::string big(2000, 'x');
  struct Case {
    const char* what;
    std::string request;
    int status;
    const char* error;  // null: the handler isn't asked
  };
  for (const auto& [what, request, status, error] : std::vector<Case>{
           {"announced too large", post("/", "Content-Length: 1001\r\n", ""), 413, nullptr},
           {"a chunk too large", post("/", "Transfer-Encoding: chunked\r\n", "7d0\r\n" + big), 413,
            "body_too_large"},
           {"chunks too large",
            post("/", "Transfer-Encoding: chunked\r\n", "3e8\r\n" + big.substr(0, 1000) + "\r\n1\r\na\r\n"),
            413, "body_too_large"},
           {"a bad chunk", post("/", "Transfer-Encoding: chunked\r\n", "xyz\r\n\r\n"), 400, "bad_request"},
           {"a line feed in an extension",
            post("/", "Transfer-Encoding: chunked\r\n", "1;a=\"\n\"\r\nx\r\n0\r\n\r\n"), 400, "bad_request"},
           {"it stalls before the first byte", post("/", "Content-Length: 10\r\n", ""), 408,
            "request_timeout"},
           {"it stalls in the middle", post("/", "Content-Length: 10\r\n", "abc"), 408, "request_timeout"},
           {"it stalls in a chunk", post("/", "Transfer-Encoding: chunked\r\n", "5\r\nabc"), 408,
            "request_timeout"},
           {"it stalls in a chunk's head", post("/", "Transfer-Encoding: chunked\r\n", "5"), 408,
            "request_timeout"},
           {"it stalls in the trailer", post("/", "Transfer-Encoding: chunked\r\n", "0\r\nX: y"), 408,
            "request_timeout"},
       }) {
    CAPTURE(what);
    Client client(server.address());
    client.send(request);
    const auto answer = client.read();
    CHECK(answer.status == status);
    CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
    if (error != nullptr) CHECK(errors.get() == error);
  }
  {
    Client client(server.address());
    client.send(post("/", "Content-Length: 10\r\n", "abc"));
    client.end();
    CHECK(errors.get() == "connection_lost");
    CHECK(client.rest() == "");
  }
  Client client(server.address());
  CHECK(client.ask(post("/answers", "Content-Length: 3\r\n", "abc")).body == "abc");
  CHECK(client.ask(post("/answers", "Content-Length: 11\r\n", "abcdefghijk")).body == "body_too_large");
  CHECK(client.ask(post("/answers", "Transfer-Encoding: chunked\r\n", "xyz\r\n\r\n")).body == "bad_request");
  CHECK(client.closed());
}

TEST_CASE("an answer before the body's end reaches a client that goes on sending") {
  Routed server({{"/",
                  {.serve = [](Exchange& exchange) -> Task<void> {
                     std::ignore = co_await exchange.respond({200, {}, "early"});
                   },
                   .max_body_bytes = 1 << 30}}});
  {
    Client client(server.address());
    client.send(post("/", "Content-Length: 1000\r\n", std::string(500, 'x')));
    CHECK(client.read().body == "early");
    client.send(std::string(500, 'x'));
    CHECK(client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").body == "early");
  }
  {
    Client client(server.address());
    client.send(post("/", "Content-Length: 1000000000\r\n", ""));
    for (int i = 0; i < 100; ++i) client.send(std::string(10'000, 'x'));
    const auto answer = client.read();
    CHECK(answer.body == "early");
    CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
  }
}

TEST_CASE("writing waits for a slow reader, and a reader that never comes is cut off") {
  std::atomic<std::size_t> written = 0;
  Found<std::string> errors;
  const std::string piece(100'000, 'p');
  const Handler handler{.serve = [&](Exchange& exchange) -> Task<void> {
    std::ignore = exchange.begin({});
    for (int i = 0; i < 1000; ++i) {
      const auto sent = co_await exchange.write(piece);
      if (!sent) errors.put(sent.error().code);
      if (!sent) co_return;
      written += piece.size();
    }
    std::ignore = co_await exchange.end();
  }};
  Routed impatient({{"/", handler}}, {.request_timeout = 300ms});
  Client silent(impatient.address());
  silent.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(errors.get() == "request_timeout");
  CHECK(written < 100'000'000);
  silent.until("\r\n\r\n");
  CHECK(!unchunk(silent));

  Routed server({{"/", handler}});
  Client reader(server.address());
  reader.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  reader.until("\r\n\r\n");
  CHECK(unchunk(reader).value_or("").size() == 100'000'000);
}

TEST_CASE("a file's range is sent as it is") {
  std::string content(3'000'000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * 31 % 251);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(std::fwrite(content.data(), 1, content.size(), file.get()) == content.size());
  REQUIRE(std::fflush(file.get()) == 0);
  const int fd = ::fileno(file.get());
  Found<std::string> errors;
  const auto send = [&](std::uint64_t offset, std::uint64_t length, bool sized) {
    return [&, offset, length, sized](Exchange& exchange) -> Task<void> {
      std::ignore = exchange.begin({.length = sized ? std::optional(length) : std::nullopt});
      const auto sent = co_await exchange.send_file(fd, offset, length);
      if (!sent) errors.put(sent.error().code);
      if (!sent) co_return;
      std::ignore = co_await exchange.end();
    };
  };
  Routed server({{"/all", {.serve = send(0, 3'000'000, true)}},
                 {"/part", {.serve = send(1'234'567, 765'432, false)}},
                 {"/none", {.serve = send(0, 0, true)}},
                 {"/beyond", {.serve = send(2'999'999, 2, true)}}});
  Client client(server.address());
  const bool is_whole = client.ask("GET /all HTTP/1.1\r\nHost: a\r\n\r\n").body == content;
  CHECK(is_whole);
  client.send("GET /part HTTP/1.1\r\nHost: a\r\n\r\n");
  client.until("\r\n\r\n");
  const bool is_part = unchunk(client) == content.substr(1'234'567, 765'432);
  CHECK(is_part);
  CHECK(client.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n").body.empty());
  client.send("GET /beyond HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.read().body.size() <= 1);
  CHECK(errors.get() == "file_changed");
}

TEST_CASE("what has a length is sent in the ranges that are asked for, from a file and from memory") {
  std::string content(1000, '\0');
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>('a' + (i % 26));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(std::fwrite(("head" + content + "tail").data(), 1, content.size() + 8, file.get()) ==
          content.size() + 8);
  REQUIRE(std::fflush(file.get()) == 0);
  const Validators validators{"\"tag\"", parse_rfc3339("2026-11-21T08:00:00Z")};
  const auto serve = [&](Content what) {
    what.type = "text/plain";
    what.validators = validators;
    what.headers = {{"Cache-Control", "no-cache"}};
    return Handler{.serve = [what](Exchange& exchange) -> Task<void> {
      std::ignore = co_await send_content(exchange, what);
    }};
  };
  Routed server({{"/file", serve({.fd = ::fileno(file.get()), .offset = 4, .length = 1000})},
                 {"/memory", serve({.bytes = content})}});
  Client client(server.address());
  for (const std::string path : {"/file", "/memory"}) {
    CAPTURE(path);
    const auto ask = [&](std::string_view fields, bool head = false) {
      client.send((head ? "HEAD " : "GET ") + path + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) +
                  "\r\n");
      return client.read(head);
    };
    const auto whole = ask("");
    CHECK(whole.status == 200);
    CHECK(whole.body == content);
    CHECK(whole.head.find("Accept-Ranges: bytes\r\n") != std::string::npos);
    CHECK(whole.head.find("ETag: \"tag\"\r\nLast-Modified: Sat, 21 Nov 2026 08:00:00 GMT\r\n") !=
          std::string::npos);
    CHECK(ask("Range: bytes=1-2\r\n", true).head.find("Content-Length: 1000\r\n") != std::string::npos);
    const auto part = ask("Range: bytes=10-19\r\n");
    CHECK(part.status == 206);
    CHECK(part.body == content.substr(10, 10));
    CHECK(part.head.find("Content-Range: bytes 10-19/1000\r\n") != std::string::npos);
    const auto beyond = ask("Range: bytes=1000-\r\n");
    CHECK(beyond.status == 416);
    CHECK(beyond.head.find("Content-Range: bytes */1000\r\n") != std::string::npos);
    const auto same = ask("If-None-Match: \"tag\"\r\n", true);
    CHECK(same.status == 304);
    CHECK(same.head.find("Cache-Control: no-cache\r\n") != std::string::npos);
    CHECK(ask("If-Match: \"other\"\r\n").status == 412);

    const auto parts = ask("Range: bytes=0-4,-5,500-504\r\n");
    CHECK(parts.status == 206);
    const auto at = parts.head.find("multipart/byteranges; boundary=");
    REQUIRE(at != std::string::npos);
    const auto boundary = parts.head.substr(at + 31, parts.head.find("\r\n", at) - at - 31);
    const auto one = [&](const char* range, std::string_view bytes) {
      return "--" + boundary + "\r\nContent-Type: text/plain\r\nContent-Range: bytes " + range +
             "/1000\r\n\r\n" + std::string(bytes) + "\r\n";
    };
    CHECK(parts.body == one("0-4", content.substr(0, 5)) + one("995-999", content.substr(995)) +
                            one("500-504", content.substr(500, 5)) + "--" + boundary + "--\r\n");
  }
}

TEST_CASE("blocking work runs elsewhere and comes back to the worker's thread") {
  blocking::Pool pool({.threads = 1, .queue = 1});
  std::latch leave(1);
  Found<int> entered;
  Routed server({{"/work", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const auto here = std::this_thread::get_id();
                    const auto there = co_await exchange.blocking(
                        pool, [](const std::stop_token&) { return std::this_thread::get_id(); });
                    const auto fine = there && *there != here && here == std::this_thread::get_id();
                    std::ignore = co_await exchange.respond({fine ? 200 : 500, {}, "x"});
                  }}},
                 {"/result", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const Result<int> got = co_await exchange.blocking(
                        pool,
                        [](const std::stop_token&) -> Result<int> { return fail("odd", "It is odd."); });
                    std::ignore = co_await exchange.respond({200, {}, got ? "?" : got.error().code});
                  }}},
                 {"/throw", {.serve = [&](Exchange& exchange) -> Task<void> {
                    std::ignore = co_await exchange.blocking(
                        pool, [](const std::stop_token&) { throw std::runtime_error("no"); });
                  }}},
                 {"/hold", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const auto held = co_await exchange.blocking(pool, [&](const std::stop_token&) {
                      entered.put(1);
                      leave.wait();
                    });
                    std::ignore = co_await exchange.respond({200, {}, held ? "held" : held.error().code});
                  }}}});
  Client client(server.address());
  CHECK(client.ask("GET /work HTTP/1.1\r\nHost: a\r\n\r\n").status == 200);
  CHECK(client.ask("GET /result HTTP/1.1\r\nHost: a\r\n\r\n").body == "odd");
  CHECK(client.ask("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n").status == 500);
  client.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(entered.get());
  Client second(server.address());
  second.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  while (pool.load().waiting == 0) std::this_thread::yield();
  Client third(server.address());
  CHECK(third.ask("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n").body == "pool_full");
  leave.count_down();
  CHECK(client.read().body == "held");
  CHECK(second.read().body == "held");
}

TEST_CASE("a handler waits for a signal, for a time, and for nobody who has left") {
  Found<std::shared_ptr<Signal>> signals;
  Found<std::string> ends;
  Routed server({{"/signal", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const auto signal = exchange.make_signal();
                    signals.put(signal);
                    const auto came = co_await exchange.wait(*signal);
                    ends.put(came ? "came" : came.error().code);
                    std::ignore = co_await exchange.respond({200, {}, "signalled"});
                  }}},
                 {"/sleep", {.serve = [&](Exchange& exchange) -> Task<void> {
                    std::ignore = co_await exchange.sleep(1ms);
                    std::ignore = co_await exchange.respond({200, {}, "slept"});
                  }}}});
  Client client(server.address());
  client.send("GET /signal HTTP/1.1\r\nHost: a\r\n\r\n");
  auto signal = signals.get();
  REQUIRE(signal);
  (*signal)->set();
  (*signal)->set();
  CHECK(client.read().body == "signalled");
  CHECK(ends.get() == "came");
  (*signal)->set();
  CHECK(client.ask("GET /sleep HTTP/1.1\r\nHost: a\r\n\r\n").body == "slept");
  client.send("GET /signal HTTP/1.1\r\nHost: a\r\n\r\n");
  signal = signals.get();
  REQUIRE(signal);
  client.close();
  CHECK(ends.get() == "connection_lost");
  (*signal)->set();
  server.server.reset();
  (*signal)->set();
}

TEST_CASE("so many exchanges at once, and no more, on all workers together") {
  Found<std::shared_ptr<Signal>> signals;
  const Handler handler{.serve = [&](Exchange& exchange) -> Task<void> {
                          const auto signal = exchange.make_signal();
                          signals.put(signal);
                          std::ignore = co_await exchange.wait(*signal);
                          std::ignore = co_await exchange.respond({200, {}, "done"});
                        },
                        .max_concurrent = 2};
  Routed server({{"/", handler}}, {.workers = 3});
  Client first(server.address());
  Client second(server.address());
  first.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto one = signals.get();
  second.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto two = signals.get();
  REQUIRE((one && two));
  Client third(server.address());
  const auto refused = third.ask(post("/", "Content-Length: 1000\r\n", ""));
  CHECK(refused.status == 503);
  CHECK(refused.head.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(refused.body.find("too_many_exchanges") != std::string::npos);
  (*one)->set();
  CHECK(first.read().body == "done");
  Client fourth(server.address());
  fourth.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(signals.get());
  (*two)->set();
  CHECK(second.read().body == "done");
}

TEST_CASE("a route's whole time ends what the client does, and what the handler waits for") {
  Found<std::string> errors;
  Routed server({{"/read",
                  {.serve = [&](Exchange& exchange) -> Task<void> {
                     while (true) {
                       const auto piece = co_await exchange.read();
                       if (!piece) errors.put(piece.error().code);
                       if (!piece) co_return;
                     }
                   },
                   .whole_timeout = 300ms}},
                 {"/wait",
                  {.serve = [&](Exchange& exchange) -> Task<void> {
                     const auto slept = co_await exchange.sleep(1h);
                     errors.put(slept ? "slept" : slept.error().code);
                   },
                   .whole_timeout = 300ms}}});
  Client client(server.address());
  client.send(post("/read", "Content-Length: 1000\r\n", "abc"));
  CHECK(errors.get() == "request_timeout");
  CHECK(client.read().status == 408);
  Client waits(server.address());
  waits.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(errors.get() == "request_timeout");
  CHECK(waits.read().status == 408);
}

TEST_CASE("a handler's blocking work has ended before the handler goes on, whatever ended the exchange") {
  blocking::Pool pool({.threads = 1});
  Found<int> asked;
  Found<bool> ends;
  std::latch leave(1);
  Routed server({{"/",
                  {.serve = [&](Exchange& exchange) -> Task<void> {
                     bool ended = false;
                     std::ignore = co_await exchange.blocking(pool, [&](const std::stop_token& stop) {
                       std::mutex mutex;
                       std::condition_variable_any stopped;
                       std::unique_lock lock(mutex);
                       stopped.wait(lock, stop, [] { return false; });
                       asked.put(1);
                       leave.wait();
                       ended = true;
                     });
                     ends.put(ended);
                   },
                   .whole_timeout = 100ms}},
                 {"/other", {.respond = [](const Request&) { return Response{200, {}, "other"}; }}}},
                {.request_timeout = 40ms});
  Client client(server.address());
  client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(asked.get());
  // The worker goes on, and looks for what is late again and again.
  for (int i = 0; i < 3; ++i) {
    Client other(server.address());
    CHECK(other.ask("GET /other HTTP/1.1\r\nHost: a\r\n\r\nGET /ot").body == "other");
    CHECK(other.read().status == 408);
  }
  leave.count_down();
  CHECK(ends.get() == true);
  CHECK(client.read().status == 408);
}

TEST_CASE("a stop in the middle of anything ends within its grace") {
  blocking::Pool pool({.threads = 2});
  Found<int> entered;
  Found<std::string> ends;
  const auto note = [&](const auto& result) { ends.put(result ? "fine" : result.error().code); };
  const std::string piece(1 << 20, 'p');
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::tmpfile(), &std::fclose);
  REQUIRE(::ftruncate(::fileno(file.get()), off_t{1} << 30U) == 0);
  struct Case {
    const char* what;
    Serve serve;
    std::string end;
  };
  for (const auto& [what, serve, end] : std::vector<Case>{
           {"reading",
            [&](Exchange& exchange) -> Task<void> {
              std::ignore = co_await exchange.read();
              entered.put(1);
              note(co_await exchange.read());
            },
            "server_stopping"},
           {"writing",
            [&](Exchange& exchange) -> Task<void> {
              entered.put(1);
              std::ignore = exchange.begin({});
              while (true) {
                const auto sent = co_await exchange.write(piece);
                if (!sent) note(sent);
                if (!sent) co_return;
              }
            },
            "server_stopping"},
           {"waiting",
            [&](Exchange& exchange) -> Task<void> {
              entered.put(1);
              note(co_await exchange.sleep(1h));
            },
            "server_stopping"},
           {"waiting until the server stops",
            [&](Exchange& exchange) -> Task<void> {
              const auto never = exchange.make_signal();
              entered.put(1);
              note(co_await exchange.wait(*never, std::nullopt, Exchange::Until::stopping));
              std::ignore = co_await exchange.respond({200, {}, "bye"});
            },
            "server_stopping"},
           {"sending a file",
            [&](Exchange& exchange) -> Task<void> {
              entered.put(1);
              std::ignore = exchange.begin({});
              note(co_await exchange.send_file(::fileno(file.get()), 0, std::uint64_t{1} << 30U));
            },
            "server_stopping"},
           {"blocking",
            [&](Exchange& exchange) -> Task<void> {
              const auto done = co_await exchange.blocking(pool, [&](const std::stop_token& stop) {
                std::mutex mutex;
                std::condition_variable_any ended;
                std::unique_lock lock(mutex);
                entered.put(1);
                ended.wait(lock, stop, [] { return false; });
              });
              note(done);
              note(co_await exchange.read());
            },
            "fine"},
       }) {
    CAPTURE(what);
    Routed server({{"/", {.serve = serve}}}, {.workers = 2});
    Client client(server.address());
    client.send(post("/", "Content-Length: 1000\r\n", "abc"));
    REQUIRE(entered.get());
    server.server->stop(100ms);
    CHECK(ends.get() == end);
  }
}

}  // namespace
}  // namespace skerry::http
