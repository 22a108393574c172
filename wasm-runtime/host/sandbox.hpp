#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/setting.hpp"
#include "wasm-runtime/abi/abi.hpp"

struct skerry_module;

/// The modules of the bundle in the native host: translated to C by wasm2c, compiled into the program, and
/// called over the boundary of wasm-runtime/abi.
namespace skerry::sandbox {

/// A translated module (Translate.cmake). Two are the same function if they have the same `module`.
struct Function {
  std::string_view name;
  const skerry_module* module;
  std::size_t max_body = std::size_t{1} << 20U;    ///< of a request; for the server before the sandbox
  std::span<const FunctionSetting> settings = {};  ///< what it declares in its settings.hpp
};

struct Limits {
  /// Of a module's memory, at most 4 GiB less one page of 64 KiB; `memory.grow` fails beyond it.
  std::size_t memory_bytes = std::size_t{64} << 20U;
  /// Calls that may be open at once. A translated function has at most 4 KiB of native stack, so that the
  /// default needs at most 4 MiB of it.
  std::uint32_t call_depth = 1000;
  /// Processor time of a request, what the ports use included; waiting does not count. It is looked at a few
  /// times within this time, so that a request may get up to half as much more.
  std::chrono::milliseconds time{50};
  /// What it gets besides, for each MiB that its body may be once it is inflated: deflate makes a thousandth
  /// of a body at best, and no function takes more inflated than its `max_body`.
  std::chrono::milliseconds time_per_mebibyte{400};
  std::size_t response_bytes = std::size_t{32} << 20U;
  /// Calls to ports by one request.
  std::uint32_t calls = 1000;
  /// Requests that wait for a port at the same time, and the memory that they take together. Beyond it: 503.
  std::uint32_t waiting = 4096;
  std::size_t waiting_bytes = std::size_t{256} << 20U;
  /// How long one may wait, looked at a few times in it: then 503.
  std::chrono::milliseconds wait_time{30'000};
  /// How long instances are kept that no request needed; a few stay.
  std::chrono::milliseconds idle_time{10'000};
};

/// `skerry::Kv` for callers that can block.
class KvPort {
 public:
  using Value = std::shared_ptr<const std::string>;  ///< null: there is no such key

  virtual ~KvPort() = default;
  virtual Result<Value> get(std::string_view key) = 0;
  /// In the order of `keys`, at most 100 of them.
  virtual Result<std::vector<Value>> get_many(std::span<const std::string> keys) = 0;
  virtual Result<void> put(std::string_view key, std::string value) = 0;
};

/// `skerry::Events` for callers that don't wait: `done` is called once, from any thread, also at once. What
/// drops it has failed. The batch is as the module made it: not checked.
class EventsPort {
 public:
  using Done = std::move_only_function<void(Result<void>)>;

  virtual ~EventsPort() = default;
  virtual void send(std::string batch, std::uint32_t count, Done done) = 0;
};

/// `skerry::Origin` in the same way.
class OriginPort {
 public:
  using Done = std::move_only_function<void(Result<Response>)>;

  virtual ~OriginPort() = default;
  virtual void fetch(Request request, Done done) = 0;
};

/// What modules see of the host. Used by every thread that runs requests, several at once. The ports must not
/// run requests themselves.
struct Ports {
  KvPort& kv;
  const Clock& clock;
  Log& log;
  abi::Settings settings;
  EventsPort* events = nullptr;  ///< null: `events_unavailable`
  OriginPort* origin = nullptr;  ///< null: `origin_unconfigured`
};

using Work = std::move_only_function<void()>;

/// Who waits for a response.
struct Caller {
  /// Gets it, once: while `run` still runs, or later, from any thread. It is destroyed without a call where
  /// the run is dropped.
  std::move_only_function<void(Response)> answer;
  /// Gives work to a thread, later, in which the run goes on. Called by any thread. Work that is dropped
  /// drops the run.
  std::move_only_function<void(Work)> post;
  /// Where this run's events go, in place of the ports' `events`, where that is set.
  std::shared_ptr<EventsPort> events = {};
};

/// Who stands before runs that send events, and counts what they send. Thread-safe.
class EventsGate {
 public:
  virtual ~EventsGate() = default;
  /// By a request's head: an answer where it is not to be run. Cheap; does not throw.
  virtual std::optional<Response> refuse(const Request& head) = 0;
  /// Before a run: counts the request, and has what it sends counted.
  virtual void watch(const Request& request, Caller& caller) = 0;
};

/// Runs each request in a fresh instance: its memory is, to the byte, what `_initialize` and
/// `skerry_configure` left (they run once for an instance's place in the pool, and the places are reset, not
/// made anew). So random bytes that a module takes while it initializes are not fresh.
///
/// What a module does wrong is answered with 500 `function_trapped` and one line in the log: a trap, a limit
/// that it exceeds, an answer that breaks the boundary. Nothing that a module returns is believed before it
/// is checked, and the next request finds everything as before. Where it had an input to work on, and came to
/// the end of its memory or of the time for that input, the input was the reason: 413 `input_too_large`.
///
/// While a run waits for events or for the origin it keeps its instance, and its thread is free. Waiting
/// takes no processor time.
///
/// A watchdog thread interrupts requests that exceed their time with a signal (`time_signal()`), which the
/// process must leave to the sandbox.
class Sandbox {
 public:
  /// SIGRTMIN + 3; SIGTRAP under the thread sanitizer.
  static int time_signal();

  Sandbox(Limits limits, Ports ports);
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;
  /// Drops what waits.
  ~Sandbox();

  /// Makes the first instance of a function, so that one that can't start (another version of the boundary,
  /// more memory than the limit) is known before the first request. Error: `function_trapped`.
  Result<void> start(const Function& function);

  /// Any number of threads may be in here at once. A large body lies in the memory of its instance, which is
  /// at the response's disposal as long as that lives: responses must be gone before the sandbox, and so must
  /// the threads to which callers post. Function and request live until there is an answer.
  ///
  /// Besides `function_trapped`: 503 `function_busy` (too many wait) and `function_timeout` (it waited too
  /// long; what it waited for may still happen).
  void run(const Function& function, const Request& request, Caller caller);
  /// The same for callers that can block.
  Response run(const Function& function, const Request& request);

  /// How many wait.
  [[nodiscard]] std::size_t waiting() const;
  /// How many instances there are.
  [[nodiscard]] std::size_t instances() const;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace skerry::sandbox
