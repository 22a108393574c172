#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <limits>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "native-host/events/redis/redis_connection.hpp"
#include "native-host/postgres/test_cluster.hpp"
#include "native-host/process/process.hpp"
#include "shared/events/event.hpp"

namespace skerry::events {

/// A real server for one test, on a Unix socket in a folder of its own. Every command is on its disk before
/// it is answered, so that `kill` loses nothing.
class TestRedis {
 public:
  /// `settings` are arguments: `{"--maxmemory", "2mb"}`.
  explicit TestRedis(std::vector<std::string> settings = {}) : settings_(std::move(settings)) { start(); }
  TestRedis(const TestRedis&) = delete;
  TestRedis& operator=(const TestRedis&) = delete;
  ~TestRedis() { kill(); }

  [[nodiscard]] RedisUrl url() const { return {.path = socket()}; }
  [[nodiscard]] std::string socket() const { return (folder_.path() / "redis.sock").string(); }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  void start() {
    std::vector<std::string> arguments = {"/usr/bin/redis-server",
                                          "--port",
                                          "0",
                                          "--unixsocket",
                                          socket(),
                                          "--dir",
                                          folder_.path().string(),
                                          "--save",
                                          "",
                                          "--appendonly",
                                          "yes",
                                          "--appendfsync",
                                          "always"};
    arguments.insert(arguments.end(), settings_.begin(), settings_.end());
    process_ = process::Child::start(
                   {.arguments = arguments,
                    .folder = folder_.path(),
                    .output = {.kind = process::Stream::Kind::append, .path = folder_.path() / "redis.log"},
                    .error = {.kind = process::Stream::Kind::output}})
                   .value();
    for (int i = 0; i < 1000; ++i) {
      const auto connection = RedisConnection::open(url(), {});
      const auto answer = connection ? (*connection)->ask({"PING"}) : std::unexpected(connection.error());
      if (answer || answer.error().code == "redis_denied") return;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("redis-server does not start");
  }
  void kill() {
    if (!process_) return;
    process_.reset();
    std::filesystem::remove(socket());
  }
  /// Returns when a session waits for what comes (BLPOP, XREADGROUP).
  void await_blocked() const {
    for (int i = 0; i < 100'000; ++i) {
      if (ask({"INFO", "clients"}).text().contains("blocked_clients:1\r")) return;
    }
    throw std::runtime_error("nobody waits");
  }
  void pause() const { process_->signal(SIGSTOP); }
  void resume() const { process_->signal(SIGCONT); }

  Reply ask(const Words& words) const { return RedisConnection::open(url(), {}).value()->ask(words).value(); }

 private:
  postgres::TemporaryFolder folder_;
  std::vector<std::string> settings_;
  std::optional<process::Child> process_;
};

/// Between a client and a server: passes all of a connection's commands, and so many bytes of its answers,
/// then breaks it. One connection at a time.
class LossyPath {
 public:
  explicit LossyPath(std::string server) : server_(std::move(server)) {
    descriptor_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto address = unix_address(path());
    if (descriptor_ < 0 ||
        bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
        listen(descriptor_, 8) != 0) {
      throw std::runtime_error("can't listen");
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  LossyPath(const LossyPath&) = delete;
  LossyPath& operator=(const LossyPath&) = delete;
  ~LossyPath() {
    thread_.request_stop();
    thread_.join();
    close(descriptor_);
  }

  [[nodiscard]] RedisUrl url() const { return {.path = path()}; }
  /// Of the next connection; after that one, all pass whole.
  void lose_after(std::int64_t answer_bytes) { budget_ = answer_bytes; }
  [[nodiscard]] std::int64_t passed() const { return passed_; }

 private:
  static constexpr std::int64_t kWhole = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] std::string path() const { return (folder_.path() / "path.sock").string(); }
  static sockaddr_un unix_address(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    return address;
  }
  static bool wait_for(int descriptor) {
    pollfd waited{.fd = descriptor, .events = POLLIN, .revents = 0};
    return poll(&waited, 1, 5) > 0;
  }
  static void send_all(int to, std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void run(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!wait_for(descriptor_)) continue;
      const int client = accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
      const int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      const auto address = unix_address(server_);
      if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        serve(stop, client, server, budget_.exchange(kWhole));
      close(client);
      close(server);
    }
  }
  void serve(const std::stop_token& stop, int client, int server, std::int64_t budget) {
    std::string buffer(1 << 16, '\0');
    passed_ = 0;
    while (!stop.stop_requested()) {
      pollfd waited[] = {{client, POLLIN, 0}, {server, POLLIN, 0}};
      if (poll(waited, 2, 5) == 0) continue;
      if (waited[0].revents != 0) {
        const auto size = recv(client, buffer.data(), buffer.size(), 0);
        if (size <= 0) return;
        send_all(server, std::string_view(buffer).substr(0, static_cast<std::size_t>(size)));
      }
      if (waited[1].revents != 0) {
        const auto size = recv(server, buffer.data(), buffer.size(), 0);
        if (size <= 0) return;
        const auto passing = std::min<std::int64_t>(size, budget - passed_);
        send_all(client, std::string_view(buffer).substr(0, static_cast<std::size_t>(passing)));
        passed_ += passing;
        if (passed_ >= budget) return;
      }
    }
  }

  postgres::TemporaryFolder folder_;
  std::string server_;
  int descriptor_ = -1;
  std::atomic<std::int64_t> budget_ = kWhole;
  std::atomic<std::int64_t> passed_ = 0;
  std::jthread thread_;
};

inline std::string record_of(const std::string& id, std::size_t body = 20) {
  std::string batch;
  append_event(batch, {.id = id,
                       .received = Time(std::chrono::milliseconds(1'790'000'000'000)),
                       .client = "192.0.2.1",
                       .host = "example.org",
                       .path = "/t/w",
                       .query = "wor=king",
                       .user_agent = "curl/7.88.1",
                       .body = std::string(body, 'b')})
      .value();
  return batch;
}

/// A batch with events of these ids.
inline std::string batch_of(const std::vector<std::string>& ids, std::size_t body = 20) {
  std::string batch;
  for (const auto& id : ids) batch += record_of(id, body);
  return batch;
}

inline std::vector<std::string> ids_of(std::string_view batch) {
  std::vector<std::string> ids;
  for (BatchReader reader(batch); const auto record = reader.next();)
    ids.emplace_back(event_id(*record).value());
  return ids;
}

/// The ids of all events in the stream, in their order.
inline std::vector<std::string> stored_ids(const TestRedis& redis,
                                           const std::string& stream = "skerry:events") {
  std::vector<std::string> ids;
  const auto all = redis.ask({"XRANGE", stream, "-", "+"});
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto some = ids_of(all[i][1].field("events").text());
    ids.insert(ids.end(), some.begin(), some.end());
  }
  return ids;
}

inline std::vector<std::string> numbered(const std::string& prefix, int count) {
  std::vector<std::string> ids;
  ids.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) ids.push_back(prefix + std::to_string(i));
  return ids;
}

}  // namespace skerry::events
