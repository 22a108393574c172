#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/http/server.hpp"
#include "native-host/http/test_client.hpp"

namespace skerry::http {

/// A server whose routes a test gives.
class Routed {
 public:
  explicit Routed(std::map<std::string, Handler> routes, Options options = {}) : routes_(std::move(routes)) {
    if (options.listen.empty()) options.listen = {{.host = "127.0.0.1"}};
    options.log = &log;
    auto started = Server::start(std::move(options), [this](const Request& head) -> const Handler* {
      const auto found = routes_.find(std::string(head.path()));
      return found == routes_.end() ? nullptr : &found->second;
    });
    REQUIRE(started);
    server = std::move(*started);
  }
  ~Routed() { server.reset(); }
  Routed(const Routed&) = delete;
  Routed& operator=(const Routed&) = delete;

  [[nodiscard]] Address address() const { return server->addresses().at(0); }

  Lines log;
  std::unique_ptr<Server> server;

 private:
  std::map<std::string, Handler> routes_;
};

/// What a handler found, for the test to wait for.
template <class T>
class Found {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    came_.notify_all();
  }
  std::optional<T> get() {
    std::unique_lock lock(mutex_);
    if (!came_.wait_for(lock, std::chrono::seconds(10), [this] { return !values_.empty(); }))
      return std::nullopt;
    auto value = std::move(values_.front());
    values_.erase(values_.begin());
    return value;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<T> values_;
};

}  // namespace skerry::http
