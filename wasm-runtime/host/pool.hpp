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
/// instances of a function as were ever at work at once.
class Pool {
  struct Place;

 public:
  /// Installs the process's handler of the time signal.
  Pool(const Limits& limits, Log& log);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() = default;

  /// An instance for the calling thread alone. It is reset when the lease ends, which must be before the
  /// thread does.
  class Lease {
   public:
    explicit Lease(Pool& pool, Place& place) : pool_(pool), place_(place) {}
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease();
    Instance* operator->() const;
    Instance& operator*() const;

   private:
    Pool& pool_;
    Place& place_;
  };

  /// Starts the watch over its time. The instance may not be started yet.
  Lease take(const Function& function);

 private:
  struct Place {
    Place(const Function& function, const Limits& limits, Log& log) : instance(function, limits, log) {}

    Instance instance;
    pthread_t thread{};
    std::uint64_t lease = 0;  ///< a number, or 0: idle
    // Of the watchdog alone: the last lease that it saw, and the thread's processor time then.
    std::uint64_t seen_lease = 0;
    std::chrono::nanoseconds seen_time{};
  };

  Place* idle_place(const Function& function);
  void watch(const std::stop_token& stop);
  void inspect(Place& place) const;

  Limits limits_;
  Log& log_;
  std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::unique_ptr<Place>> places_;
  std::uint64_t last_lease_ = 0;
  std::jthread watchdog_;  // last: it uses everything above
};

}  // namespace skerry::sandbox
