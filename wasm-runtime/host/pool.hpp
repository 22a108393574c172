#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>

#include "wasm-runtime/host/instance.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

/// The instances of a sandbox, and the watchdog over those that are at work. Thread-safe. It keeps as many
/// instances of a function as were ever taken at once.
class Pool {
 public:
  /// Installs the process's handler of the time signal.
  Pool(const Limits& limits, Log& log);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() = default;

  /// An instance for the caller alone, and the watch over the time of the calling thread. The instance may
  /// not be started yet. It goes back, reset, with the last copy of the pointer, from whatever thread.
  std::shared_ptr<Instance> take(const Function& function);

  /// Ends the watch, which must be before the thread ends: from now on the instance's memory is only looked
  /// at. False where too many instances are kept like that already: this one should go back soon.
  bool rest(const Instance& instance);

 private:
  struct Place {
    Place(const Function& function, const Limits& limits, Log& log) : instance(function, limits, log) {}

    Instance instance;
    pthread_t thread{};
    enum class State { idle, at_work, resting } state = State::idle;
    std::uint64_t work = 0;  ///< a number for each time that it is taken
    // Of the watchdog alone: the last work that it saw, and the thread's processor time then.
    std::uint64_t seen_work = 0;
    std::chrono::nanoseconds seen_time{};
  };

  Place* idle_place(const Function& function);
  void give_back(Place& place);
  void watch(const std::stop_token& stop);
  void inspect(Place& place) const;

  Limits limits_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::unique_ptr<Place>> places_;
  std::uint64_t last_work_ = 0;
  unsigned resting_ = 0;
  std::jthread watchdog_;  // last: it uses everything above
};

}  // namespace skerry::sandbox
