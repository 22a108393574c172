#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "wasm-runtime/host/sandbox.hpp"

/// Ports for the sandbox's tests and its benchmark. Thread-safe.
namespace skerry::sandbox::testing {

inline Request request_for(std::string target, std::string body = {}) {
  Request request;
  request.target = std::move(target);
  request.body = std::move(body);
  return request;
}

class MemoryKv final : public KvPort {
 public:
  Result<Value> get(std::string_view key) override {
    const std::lock_guard lock(mutex_);
    const auto found = values_.find(key);
    return found == values_.end() ? Value() : found->second;
  }
  Result<std::vector<Value>> get_many(std::span<const std::string> keys) override {
    std::vector<Value> values;
    for (const std::string& key : keys) values.push_back(*get(key));
    return values;
  }
  Result<void> put(std::string_view key, std::string value) override {
    const std::lock_guard lock(mutex_);
    values_.insert_or_assign(std::string(key), std::make_shared<const std::string>(std::move(value)));
    return {};
  }

 private:
  std::mutex mutex_;
  std::map<std::string, Value, std::less<>> values_;
};

/// Keeps what is sent until the test answers; the origin answers with what it was asked.
class HeldEvents final : public EventsPort {
 public:
  struct Sent {
    std::string batch;
    std::uint32_t count;
    Done done;
  };
  void send(std::string batch, std::uint32_t count, Done done) override {
    const std::lock_guard lock(mutex_);
    sent_.push_back({std::move(batch), count, std::move(done)});
    arrived_.notify_all();
  }
  /// All of them, once there are so many; none if they don't come.
  std::vector<Sent> take(std::size_t count) {
    std::unique_lock lock(mutex_);
    if (!arrived_.wait_for(lock, std::chrono::seconds(10), [&] { return sent_.size() >= count; })) return {};
    return std::exchange(sent_, {});
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<Sent> sent_;
};

class EchoOrigin final : public OriginPort {
 public:
  void fetch(Request request, Done done) override {
    done(Response{201, {{"x-method", request.method}}, request.target + "\n" + request.body});
  }
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(Time now) : now_(now) {}
  [[nodiscard]] Time now() const override { return now_; }

 private:
  Time now_;
};

class MemoryLog final : public Log {
 public:
  using Line = std::pair<Level, std::string>;

  void write(Level level, std::string_view line) override {
    const std::lock_guard lock(mutex_);
    lines_.emplace_back(level, line);
  }
  std::vector<Line> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<Line> lines_;
};

}  // namespace skerry::sandbox::testing
