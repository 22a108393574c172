#include "native-host/http/client.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native-host/files/stages.hpp"
#include "native-host/http/test_http_server.hpp"

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using Server = TestHttpServer;

/// One connection of a client, as bytes.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}

  /// What is there up to `mark` and with it; less where the client ends before.
  std::string read_until(std::string_view mark) {
    std::string text;
    char c = 0;
    while (!text.ends_with(mark) && recv(socket_, &c, 1, 0) == 1) text += c;
    return text;
  }
  std::string read_bytes(std::size_t count) {
    std::string text(count, '\0');
    const auto got = recv(socket_, text.data(), count, MSG_WAITALL);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    return text;
  }
  void write(std::string_view text) const { send(socket_, text.data(), text.size(), MSG_NOSIGNAL); }
  /// Until the client goes away.
  void wait() {
    while (!read_bytes(1).empty()) continue;
  }

 private:
  int socket_;
};

/// Takes one connection after the other, each of which `script` serves.
class RawServer {
 public:
  explicit RawServer(std::function<void(Peer&)> script)
      : script_(std::move(script)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, raw, size) != 0 || listen(listener_, 16) != 0 ||
        getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("no port for a test server");
    }
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port)) + "/";
    thread_ = std::jthread([this] {
      for (int socket = 0; (socket = accept(listener_, nullptr, nullptr)) >= 0; close(socket)) {
        Peer peer(socket);
        script_(peer);
      }
    });
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  ~RawServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  [[nodiscard]] const std::string& url() const { return url_; }

 private:
  std::function<void(Peer&)> script_;
  int listener_;
  std::string url_;
  std::jthread thread_;
};

/// So many bytes, and then the end or an error.
class TestSource final : public files::Source {
 public:
  explicit TestSource(std::size_t size, std::optional<Error> error = {})
      : left_(size), error_(std::move(error)) {}

  Result<std::size_t> read(std::span<char> room) override {
    largest_room = std::max(largest_room, room.size());
    if (left_ == 0 && error_) return std::unexpected(*error_);
    const auto count = std::min(room.size(), left_);
    std::ranges::fill(room.first(count), 'u');
    left_ -= count;
    return count;
  }

  std::size_t largest_room = 0;  // 0: it was not read

 private:
  std::size_t left_;
  std::optional<Error> error_;
};

constexpr auto kNoAnswer = "HTTP/1.1 204 X\r\n\r\n";

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
  std::stop_source stop;
  const Server server([&](const Request&) {
    stop.request_stop();
    return Server::Reply{.silent = true};
  });
  Client client({.timeout = 60s});
  const auto answer = client.send({.url = server.origin() + "/"}, stop.get_token());
  CHECK(answer.error().code == "stopped");
}

TEST_CASE("an upload streams, and waits for the server's word") {
  constexpr std::size_t kSize = 5'000'000;
  std::string head;
  std::string body;
  RawServer server([&](Peer& peer) {
    head = peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    body = peer.read_bytes(kSize);
    peer.write("HTTP/1.1 201 X\r\nContent-Length: 2\r\n\r\nok");
  });
  TestSource source(kSize);
  Client client;
  const auto answer =
      client.send({.method = "POST", .url = server.url(), .upload = &source, .upload_size = kSize});
  REQUIRE_MESSAGE(answer, answer.error().message);
  CHECK(answer->status == 201);
  CHECK(answer->body == "ok");
  CHECK(head.starts_with("POST / HTTP/1.1\r\n"));
  CHECK(head.contains("Content-Length: 5000000\r\n"));
  CHECK(head.contains("Expect: 100-continue\r\n"));
  CHECK(body == std::string(kSize, 'u'));
  CHECK(source.largest_room <= 1U << 20U);
}

TEST_CASE("an upload of unknown size goes in chunks") {
  std::string head;
  std::string body;
  RawServer server([&](Peer& peer) {
    head = peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    body = peer.read_until("0\r\n\r\n");
    peer.write(kNoAnswer);
  });
  TestSource source(10);
  Client client;
  CHECK(client.send({.method = "PUT", .url = server.url(), .upload = &source})->status == 204);
  CHECK(head.contains("Transfer-Encoding: chunked\r\n"));
  CHECK(body == "a\r\nuuuuuuuuuu\r\n0\r\n\r\n");
}

TEST_CASE("nothing of an upload is read that a server refuses at once") {
  RawServer server([&](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 413 X\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
  });
  TestSource source(1'000'000);
  Client client;
  const auto answer = client.send({.method = "PUT", .url = server.url(), .upload = &source});
  REQUIRE(answer);
  CHECK(answer->status == 413);
  CHECK(answer->body == "big");
  CHECK(source.largest_room == 0);
}

TEST_CASE("a source that fails ends the exchange") {
  RawServer server([&](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 100 Continue\r\n\r\n");
    peer.wait();
  });
  Client client({.timeout = 60s});
  TestSource broken(1'000, Error{"broken", "It is broken.", ErrorKind::damaged});
  auto answer = client.send({.method = "PUT", .url = server.url(), .upload = &broken});
  CHECK(answer.error() == Error{"broken", "It is broken.", ErrorKind::damaged});
  TestSource small(1'000);
  answer = client.send({.method = "PUT", .url = server.url(), .upload = &small, .upload_size = 1'001});
  CHECK(answer.error().code == "upload_short");
}

TEST_CASE("a download streams into its sink, which is ended when it is whole") {
  const std::string large(3'000'000, 'd');
  const Server server([&](const Request& request) {
    if (request.target == "/missing") return Server::Reply{.status = 404, .body = "why"};
    if (request.target == "/cut") return Server::Reply{.body = large, .cut_after = 2'000'000};
    return Server::Reply{.body = request.target == "/empty" ? "" : large, .headers = {{"X-Is", "there"}}};
  });
  Client client({.max_body = 1'000});
  std::string text;
  std::string digest;
  auto sink = files::hash(files::into(text), digest);
  auto answer = client.send({.url = server.origin() + "/large", .download = sink.get()});
  REQUIRE_MESSAGE(answer, answer.error().message);
  CHECK(answer->headers.get("x-is") == "there");
  CHECK(answer->body.empty());
  CHECK(text == large);
  CHECK(digest.size() == 64);

  digest.clear();
  sink = files::hash(files::into(text), digest);
  CHECK(client.send({.url = server.origin() + "/empty", .download = sink.get()})->status == 200);
  CHECK(digest.size() == 64);

  text.clear();
  digest.clear();
  sink = files::hash(files::into(text), digest);
  answer = client.send({.url = server.origin() + "/missing", .download = sink.get()});
  CHECK(answer->status == 404);
  CHECK(answer->body == "why");
  CHECK(text.empty());
  CHECK(digest.empty());

  answer = client.send({.url = server.origin() + "/cut", .download = sink.get()});
  CHECK(answer.error().code == "connection_lost");
  CHECK(answer.error().kind == ErrorKind::unavailable);
  CHECK(digest.empty());

  sink = files::limit(files::into(text), 1'000'000);
  answer = client.send({.url = server.origin() + "/large", .download = sink.get()});
  CHECK(answer.error().code == "too_large");
  CHECK(client.send({.url = server.origin() + "/empty"})->status == 200);
}

TEST_CASE("a deadline and a stall end what nobody goes on with") {
  RawServer server([&](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 X\r\nContent-Length: 100\r\n\r\nhalf");
    peer.wait();
  });
  std::string text;
  const auto sink = files::into(text);
  Client patient({.timeout = 0ms});
  const auto now = std::chrono::steady_clock::now();
  CHECK(patient.send({.url = server.url(), .deadline = now}).error().code == "timeout");
  auto answer = patient.send({.url = server.url(), .download = sink.get(), .deadline = now + 200ms});
  CHECK(answer.error().code == "timeout");
  CHECK(answer.error().kind == ErrorKind::unavailable);
  Client impatient({.timeout = 0ms, .stall_timeout = 1s});
  CHECK(impatient.send({.url = server.url(), .download = sink.get()}).error().code == "timeout");
  std::stop_source stop;
  stop.request_stop();
  CHECK(patient.send({.url = server.url()}, stop.get_token()).error().kind == ErrorKind::stopped);
}

TEST_CASE("a head is bounded, and what is no HTTP is told") {
  std::mutex mutex;
  std::string reply;
  RawServer server([&](Peer& peer) {
    peer.read_until("\r\n\r\n");
    std::unique_lock lock(mutex);
    const auto all = std::move(reply);
    lock.unlock();
    peer.write(all);  // the client may be gone before its end
  });
  struct Case {
    std::string reply;
    const char* code;
  };
  std::string many = "HTTP/1.1 200 X\r\n";
  for (int i = 0; i < 3'000; ++i) many += "X-" + std::to_string(i) + ": " + std::string(90, 'x') + "\r\n";
  Client client;
  for (auto& [text, code] : std::vector<Case>{
           {many + "\r\n", "head_too_large"},
           {"SSH-2.0-OpenSSH_9.2\r\n", "connection_lost"},
           {"", "connection_lost"},
       }) {
    {
      const std::lock_guard lock(mutex);
      reply = text;
    }
    const auto answer = client.send({.url = server.url()});
    CHECK_MESSAGE(answer.error().code == code, answer.error().message);
  }
}

TEST_CASE("a request can't be made to hold another one") {
  int requests = 0;
  const Server server([&](const Request&) {
    ++requests;
    return Server::Reply{};
  });
  const auto url = server.origin() + "/";
  Client client;
  const auto zero = std::string("http://127.0.0.1\0.example/", 26);
  for (const auto& request : std::vector<ClientRequest>{
           {.url = url, .headers = {{"X", "a\r\nY: b"}}},
           {.url = url, .headers = {{"X: a\r\nY", "b"}}},
           {.url = url, .headers = {{"", "b"}}},
           {.method = "GET / HTTP/1.1\r\nX:", .url = url},
           {.method = "", .url = url},
       }) {
    CHECK(client.send(request).error() ==
          Error{"request_failed", client.send(request).error().message, ErrorKind::usage});
  }
  CHECK(client.send({.url = zero}).error().code == "bad_url");
  CHECK(requests == 0);
  CHECK(client.send({.url = url, .headers = {{"X-Empty", ""}}})->status == 200);
}

}  // namespace
}  // namespace skerry::http
