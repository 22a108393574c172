#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "shared/events/event.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"

namespace skerry::functions::testing {

/// A platform that a test owns: a map for the KV store, a clock that stands still, settings, the log's lines.
/// With `held`, whatever waits suspends its request until `answer()`.
class TestPlatform final : public Kv,
                           public Events,
                           public Origin,
                           public Clock,
                           public Random,
                           public Config,
                           public Log {
 public:
  std::map<std::string, std::string, std::less<>> values;
  std::optional<Error> kv_error;
  int reads = 0;
  Time time = *parse_rfc3339("2026-11-21T08:06:12Z");
  std::map<std::string, std::string, std::less<>> settings;
  std::vector<std::string> lines;
  std::optional<Error> events_error;
  std::vector<events::Event> sent;  ///< every event of every batch
  int batches = 0;
  std::map<std::string, Result<Response>, std::less<>> origin;  ///< by target
  std::vector<Request> fetched;
  bool held = false;

  /// What a function keeps in its instance lasts as long as this object.
  Platform platform() { return {*this, *this, *this, *this, *this, *this, *this, resident_}; }

  /// Lets the oldest held read go on.
  void answer() {
    const auto waiter = waiting_.front();
    waiting_.erase(waiting_.begin());
    waiter.resume();
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  Task<Result<Value>> get(std::string key) override {
    ++reads;
    if (held) co_await Hold{waiting_};
    if (kv_error) co_return std::unexpected(*kv_error);
    const auto found = values.find(key);
    co_return found == values.end() ? Value() : Value(found->second);
  }
  Task<Result<std::vector<Value>>> get_many(std::vector<std::string> keys) override {
    std::vector<Value> found;
    for (const std::string& key : keys) {
      Result<Value> value = co_await get(key);
      if (!value) co_return std::unexpected(value.error());
      found.push_back(*std::move(value));
    }
    co_return found;
  }
  Task<Result<void>> put(std::string key, std::string value) override {
    values.insert_or_assign(std::move(key), std::move(value));
    co_return Result<void>();
  }
  Task<Result<void>> send(std::string batch, std::uint32_t count) override {
    ++batches;
    if (held) co_await Hold{waiting_};
    if (events_error) co_return std::unexpected(*events_error);
    if (events::check_batch(batch).value() != count) co_return fail("events_refused", "a wrong count");
    for (events::BatchReader reader(batch); const auto record = reader.next();) {
      sent.push_back(events::decode_event(*record).value());
    }
    co_return Result<void>();
  }
  Task<Result<Response>> fetch(Request request) override {
    if (held) co_await Hold{waiting_};
    const auto found = origin.find(request.target);
    fetched.push_back(std::move(request));
    if (found == origin.end()) co_return fail("origin_unreachable", "nobody answers");
    co_return found->second;
  }
  [[nodiscard]] Time now() const override { return time; }
  void fill(std::span<std::byte> bytes) override {
    for (std::byte& byte : bytes) byte = std::byte{42};
  }
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    const auto found = settings.find(name);
    if (found == settings.end()) return std::nullopt;
    return found->second;
  }
  void write(Level, std::string_view line) override { lines.emplace_back(line); }

 private:
  struct Hold {
    std::vector<std::coroutine_handle<>>& waiting;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> handle) { waiting.push_back(handle); }
    void await_resume() const noexcept {}
  };

  Resident resident_;
  std::vector<std::coroutine_handle<>> waiting_;
};

inline Request get(std::string target, Headers headers = {}) {
  Request request;
  request.target = std::move(target);
  request.headers = std::move(headers);
  return request;
}

/// The first value of a response's header, `-` where it has none.
inline std::string header(const Response& response, std::string_view name) {
  return std::string(response.headers.get(name).value_or("-"));
}

/// The answer of a function whose reads end at once.
inline Response run(Task<Response> (*function)(const Request&, Platform&), TestPlatform& test,
                    const Request& request) {
  Platform platform = test.platform();
  auto task = function(request, platform);
  task.start();
  return task.take();
}

}  // namespace skerry::functions::testing
