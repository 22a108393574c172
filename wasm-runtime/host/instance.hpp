#pragma once

#include <array>
#include <chrono>
#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "shared/error.hpp"
#include "wasm-runtime/abi/abi.hpp"
#include "wasm-runtime/host/module.h"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

class Instance;

/// Why an execution ended.
enum class Trap {
  none,
  out_of_bounds,
  integer_overflow,
  division_by_zero,
  invalid_conversion,
  unreachable,
  call_indirect,
  call_depth,
  memory,  ///< the module wants more memory than it may have from the start
  exit,    ///< proc_exit
  time,
};

}  // namespace skerry::sandbox

/// What the imports of a translated module get (wasi.cpp).
struct SKERRY_WASI {
  skerry::sandbox::Instance& instance;
};

namespace skerry::sandbox {

/// One module with its memory, to be used by one thread at a time. It executes the module's code behind a
/// wall: a trap ends the execution, not the thread.
///
/// Every failure is `function_trapped` with the reason as its message; of kind `too_large` where memory or
/// time came to its end. After one, only `reset()` and `start()` are of use.
class Instance {
 public:
  /// Reserves the memory's addresses. @throws std::bad_alloc
  Instance(const Function& function, const Limits& limits, Log& log);
  Instance(const Instance&) = delete;
  Instance& operator=(const Instance&) = delete;
  ~Instance();

  [[nodiscard]] const Function& function() const { return function_; }

  /// Initializes and configures the module and keeps an image of that state.
  Result<void> start(const abi::Settings& settings);
  [[nodiscard]] bool started() const { return started_; }
  /// Back to the image.
  void reset();

  /// What a request took besides what the module begins with.
  [[nodiscard]] std::size_t grown_bytes() { return memory().size - first_size_; }

  /// The exports.
  Result<std::uint32_t> open();
  Result<std::span<char>> buffer(std::uint32_t run, std::size_t size);
  Result<abi::Outcome> begin(std::uint32_t run, double now);
  Result<abi::Outcome> resume(std::uint32_t run, double now);
  Result<void> end(std::uint32_t run);

  /// A part of the memory, valid until the next call of an export.
  [[nodiscard]] Result<std::span<char>> view(std::uint32_t address, std::size_t size);

  /// From any thread, while a request runs: its time is up. Execution ends when the thread gets the time
  /// signal or next enters the module.
  void expire() { set(expired_, true); }
  /// Before a request, which gets so much time.
  void renew(std::chrono::milliseconds time) {
    time_ = time;
    set(expired_, false);
  }

  // For the runtime and the imports, which the module's code calls.

  /// The instance whose code this thread executes, or null.
  [[clang::disable_sanitizer_instrumentation]] static Instance* current();
  [[noreturn]] void trap(Trap trap);
  /// Its thread executes the module's code, and its time is up.
  [[nodiscard, clang::disable_sanitizer_instrumentation]] bool overran() const;
  /// Does what must not be interrupted: everything that takes locks or allocates.
  template <class F>
  auto outside(F&& work) {
    leave();
    auto result = std::forward<F>(work)();
    enter();
    return result;
  }
  void allocate(wasm_rt_memory_t& memory, std::uint32_t initial_pages, std::uint32_t max_pages);
  void allocate(wasm_rt_funcref_table_t& table, std::uint32_t elements);
  /// The module wanted more memory and didn't get it.
  void note_refused_memory() { memory_refused_ = true; }
  /// What the module writes to descriptor 2.
  void log(std::string_view text);

 private:
  static constexpr std::size_t kGranule = 4096;
  /// A part of the memory that isn't all zero.
  struct Granule {
    std::size_t address;
    std::array<char, kGranule> bytes;
  };
  struct Table {
    std::vector<wasm_rt_funcref_t> elements;
    std::vector<wasm_rt_funcref_t> image;
  };

  template <class F>
  auto execute(F&& code) -> Result<std::invoke_result_t<F>>;
  bool execute(void (*code)(void*), void* argument);
  void enter();
  void leave();
  Result<abi::Outcome> outcome(Result<std::uint32_t> address);
  [[nodiscard]] Error trapped() const;
  wasm_rt_memory_t& memory() { return *function_.module->memory(state_.get()); }
  void clear_memory(std::size_t from);
  void keep_image();

  Function function_;
  Limits limits_;
  Log& log_;
  std::uint32_t lines_ = 0;
  SKERRY_WASI wasi_{*this};

  std::unique_ptr<std::byte[]> state_;  ///< the translated module's own struct
  std::span<char> block_;               ///< the memory's addresses, all of them
  std::vector<std::unique_ptr<Table>> tables_;
  std::vector<std::byte> state_image_;
  std::vector<Granule> memory_image_;  ///< in the order of addresses
  std::size_t first_size_ = 0;
  bool started_ = false;

  sigjmp_buf wall_{};
  Trap trap_ = Trap::none;
  bool memory_refused_ = false;
  std::chrono::milliseconds time_{};
  // Atomics by builtins: std::atomic's members would be instrumented, and the handler of the time signal may
  // find the thread sanitizer's locks held.
  static void set(bool& flag, bool value) { __atomic_store_n(&flag, value, __ATOMIC_RELAXED); }
  bool inside_ = false;  ///< between enter() and leave(): the thread executes the module's code
  bool expired_ = false;
};

}  // namespace skerry::sandbox
