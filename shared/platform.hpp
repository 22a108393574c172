#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/task.hpp"
#include "shared/time.hpp"

namespace skerry {

/// The ports through which a function sees its platform. Each runtime implements them once
/// (wasm-runtime/guest, wasm-runtime/host); a function never includes a platform's header.

/// The key-value store at the edge. Keys: 1 to 512 bytes; values: up to 25 MiB. Reads may be a minute old.
/// Errors: `kv_unavailable`, `kv_key_invalid`, `kv_value_too_large`, `kv_read_only`.
class Kv {
 public:
  using Value = std::optional<std::string>;  ///< nothing: there is no such key

  virtual ~Kv() = default;
  virtual Task<Result<Value>> get(std::string key) = 0;
  /// In the order of `keys`, at most 100 of them.
  virtual Task<Result<std::vector<Value>>> get_many(std::vector<std::string> keys) = 0;
  virtual Task<Result<void>> put(std::string key, std::string value) = 0;
};

/// Where events go. `batch` is `count` records as shared/events/event.hpp has them. It answers only when the
/// whole batch is durable, or when nothing of it is kept, unless the deployment was told to answer at once.
/// Errors: `events_unavailable`, `events_full`, `events_garbled` (a later try may do), `events_refused` (none
/// will).
class Events {
 public:
  virtual ~Events() = default;
  virtual Task<Result<void>> send(std::string batch, std::uint32_t count) = 0;
};

/// The native host behind the edge; in the native host itself, the program around the function.
/// `request.target` is in origin form: where the host is, is the deployment's matter. A response of any
/// status is an answer. Errors: `origin_unconfigured`, `origin_unreachable`, `origin_too_large` (more than 1
/// MiB).
class Origin {
 public:
  virtual ~Origin() = default;
  virtual Task<Result<Response>> fetch(Request request) = 0;
};

/// The time of the request's last turn: it stands still while a function computes.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Time now() const = 0;
};

/// Random bytes fit for secrets.
class Random {
 public:
  virtual ~Random() = default;
  virtual void fill(std::span<std::byte> bytes) = 0;
};

/// Settings of the deployment: plain names (`view_promise_seconds`), set at start.
class Config {
 public:
  virtual ~Config() = default;
  [[nodiscard]] virtual std::optional<std::string_view> get(std::string_view name) const = 0;
};

/// One line per event, for operators. No secrets, no personal data.
class Log {
 public:
  enum class Level { info, warning, error };
  virtual ~Log() = default;
  virtual void write(Level level, std::string_view line) = 0;
};

/// What a function keeps from one request to the next in the same instance. A platform may start a new
/// instance at any time (the native host does so for every request), so this only ever saves work.
class Resident {
 public:
  /// The one `T` of this instance, made by its default constructor on first use.
  template <class T>
  T& of() {
    static constexpr char kTag{};
    for (auto& slot : slots_)
      if (slot.tag == &kTag) return *static_cast<T*>(slot.value.get());
    slots_.push_back({&kTag, std::make_shared<T>()});
    return *static_cast<T*>(slots_.back().value.get());
  }

 private:
  struct Slot {
    const void* tag;
    std::shared_ptr<void> value;
  };
  std::vector<Slot> slots_;
};

/// Of a deployment that has no place for events.
class NoEvents final : public Events {
 public:
  Task<Result<void>> send(std::string, std::uint32_t) override {
    co_return fail("events_unavailable", "No place for events is configured.");
  }
};

/// Of a deployment that names no native host.
class NoOrigin final : public Origin {
 public:
  Task<Result<Response>> fetch(Request) override {
    co_return fail("origin_unconfigured", "No native host is configured.");
  }
};

struct Platform {
  Kv& kv;
  Events& events;
  Origin& origin;
  const Clock& clock;
  Random& random;
  const Config& config;
  Log& log;
  Resident& resident;
};

}  // namespace skerry
