#pragma once

#include <chrono>
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
