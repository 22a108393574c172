#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "wasm-runtime/abi/abi.hpp"

struct skerry_module;

/// The modules of the bundle in the native host: translated to C by wasm2c, compiled into the program, and
/// called over the boundary of wasm-runtime/abi.
namespace skerry::sandbox {

/// A translated module (Translate.cmake). Two are the same function if they have the same `module`.
struct Function {
  std::string_view name;
  const skerry_module* module;
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
  std::size_t response_bytes = std::size_t{32} << 20U;
  /// Calls to the key-value store by one request.
  std::uint32_t calls = 1000;
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

/// What modules see of the host. Used by every thread that runs requests, several at once. The ports must not
/// run requests themselves.
struct Ports {
  KvPort& kv;
  const Clock& clock;
  Log& log;
  abi::Settings settings;
};

/// Runs each request in a fresh instance: its memory is, to the byte, what `_initialize` and
/// `skerry_configure` left (they run once for an instance's place in the pool, and the places are reset, not
/// made anew). So random bytes that a module takes while it initializes are not fresh.
///
/// What a module does wrong is answered with 500 `function_trapped` and one line in the log: a trap, a limit
/// that it exceeds, an answer that breaks the boundary. Nothing that a module returns is believed before it
/// is checked, and the next request finds everything as before.
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
  ~Sandbox();

  /// Makes the first instance of a function, so that one that can't start (another version of the boundary,
  /// more memory than the limit) is known before the first request. Error: `function_trapped`.
  Result<void> start(const Function& function);

  /// Any number of threads may be in here at once. A large body lies in the memory of its instance, which is
  /// at the response's disposal as long as that lives: responses must be gone before the sandbox.
  Response run(const Function& function, const Request& request);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skerry::sandbox
