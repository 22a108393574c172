#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "shared/http.hpp"

namespace skerry::http {

/// A small HTTP server on a free loopback port, one thread for each connection: what an archive may do to us.
class TestHttpServer {
 public:
  struct Reply {
    int status = 200;
    std::string body = {};
    Headers headers = {};
    bool silent = false;                        ///< never answer
    std::size_t cut_after = std::string::npos;  ///< close after so many bytes of the body
  };
  using Handler = std::function<Reply(const Request&)>;

  explicit TestHttpServer(Handler handler)
      : handler_(std::move(handler)), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    if (bind(listener_, raw, size) != 0 || listen(listener_, 256) != 0 ||
        getsockname(listener_, raw, &size) != 0) {
      throw std::runtime_error("no port for a test server");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
  }
  TestHttpServer(const TestHttpServer&) = delete;
  TestHttpServer& operator=(const TestHttpServer&) = delete;
  ~TestHttpServer() {
    shutdown(listener_, SHUT_RDWR);
    acceptor_.join();
    close(listener_);
    for (const int connection : connections_) shutdown(connection, SHUT_RDWR);
    threads_.clear();
    for (const int connection : connections_) close(connection);
  }

  [[nodiscard]] std::string origin() const { return "http://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int connections() const { return accepted_; }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int most_at_once() const { return most_at_once_; }

 private:
  void accept_all() {
    for (int connection = 0; (connection = accept(listener_, nullptr, nullptr)) >= 0;) {
      const std::lock_guard lock(mutex_);
      connections_.push_back(connection);
      ++accepted_;
      threads_.emplace_back([this, connection] { serve(connection); });
    }
  }

  void serve(int connection) {
    std::string buffer;
    for (;;) {
      auto end = buffer.find("\r\n\r\n");
      while (end == std::string::npos) {
        char chunk[4096];
        const auto count = recv(connection, chunk, sizeof(chunk), 0);
        if (count <= 0) return;
        buffer.append(chunk, static_cast<std::size_t>(count));
        end = buffer.find("\r\n\r\n");
      }
      const auto request = parse(std::string_view(buffer).substr(0, end));
      buffer.erase(0, end + 4);
      ++requests_;
      const int now_active = ++active_;
      for (int most = most_at_once_;
           now_active > most && !most_at_once_.compare_exchange_weak(most, now_active);) {
      }
      auto reply = handler_(request);
      --active_;
      if (request.method == "HEAD" && !reply.headers.has("Content-Length")) {
        reply.headers.add("Content-Length", std::to_string(reply.body.size()));
      }
      if (request.method == "HEAD") reply.body.clear();
      if (!reply.silent && !answer(connection, reply)) return;
    }
  }

  static Request parse(std::string_view head) {
    Request request;
    auto line = head.substr(0, head.find("\r\n"));
    request.method = line.substr(0, line.find(' '));
    line.remove_prefix(request.method.size() + 1);
    request.target = line.substr(0, line.find(' '));
    while (head.contains("\r\n")) {
      head.remove_prefix(head.find("\r\n") + 2);
      line = head.substr(0, head.find("\r\n"));
      request.headers.add(line.substr(0, line.find(':')), trim(line.substr(line.find(':') + 1)));
    }
    return request;
  }

  static bool answer(int connection, const Reply& reply) {
    std::string text = "HTTP/1.1 " + std::to_string(reply.status) + " X\r\n";
    if (!reply.headers.has("Content-Length")) {
      text += "Content-Length: " + std::to_string(reply.status == 304 ? 0 : reply.body.size()) + "\r\n";
    }
    for (const auto& [name, value] : reply.headers)
      text.append(name).append(": ").append(value).append("\r\n");
    text += "\r\n" + reply.body.substr(0, reply.cut_after);
    const bool sent =
        send(connection, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size());
    if (reply.cut_after == std::string::npos) return sent;
    shutdown(connection, SHUT_RDWR);
    return false;
  }

  Handler handler_;
  int listener_;
  int port_ = 0;
  std::atomic<int> accepted_ = 0, requests_ = 0, active_ = 0, most_at_once_ = 0;
  std::mutex mutex_;
  std::vector<int> connections_;
  std::list<std::jthread> threads_;
  std::jthread acceptor_;
};

}  // namespace skerry::http
