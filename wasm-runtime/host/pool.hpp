#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>
#include <vector>

#include <pthread.h>

#include "wasm-runtime/host/instance.hpp"
#include "wasm-runtime/host/sandbox.hpp"

namespace skerry::sandbox {

/// The instances of a sandbox, and the watchdog over those that are at work. Thread-safe. It keeps instances
/// for the next requests, some hundred at most,
/// and of those only a few that were not needed for a while.
class Pool {
 public:
  /// Installs the process's handler of the time signal. `on_tick` is called by the watchdog's thread, a few
  /// times within `Limits::wait_time`.
  Pool(const Limits& limits, Log& log, std::function<void()> on_tick);
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() = default;

  /// An instance for the caller alone, for so much processor time, and the watch over the calling thread's.
  /// The instance may not be started yet. It goes back, reset, with the last copy of the pointer, from
  /// whatever thread.
  std::shared_ptr<Instance> take(const Function& function, std::chrono::milliseconds time);

  /// Ends the watch, which must be before the thread ends: from now on the instance's memory is only looked
  /// at. False where too many instances are kept like that already: this one should go back soon.
  bool rest(Instance& instance);

  /// Ends the watch while its request waits for a port.
  void pause(Instance& instance);
  /// The watch over the calling thread, which goes on with the request.
  void go_on(Instance& instance);

  void stop_watching();

  /// How many there are, whatever they do.
  [[nodiscard]] std::size_t size() const;

 private:
  struct Place : Instance {
    using Instance::Instance;

    std::size_t index = 0;  ///< in places_
    pthread_t thread{};
    enum class State { idle, at_work, paused, resting } state = State::idle;
    std::uint64_t work = 0;            ///< a number for each time that a thread begins or goes on
    std::chrono::nanoseconds limit{};  ///< processor time for the request
    std::chrono::steady_clock::time_point idle_since = {};
    std::chrono::nanoseconds spent{};  ///< processor time of the request before that
    std::optional<std::chrono::nanoseconds> began =
        {};  ///< the thread's processor time then, where it is known
    // Of the watchdog alone: the last work that it saw, and the thread's processor time then.
    std::uint64_t seen_work = 0;
    std::chrono::nanoseconds seen_time{};
  };

  static Place& place_of(Instance& instance) { return static_cast<Place&>(instance); }
  Place* take_idle(const Function& function);
  void put_to_work(Place& place);
  void give_back(Place& place);
  /// Under the lock; what it gives is to be destroyed without it.
  std::unique_ptr<Place> remove(const Place& place);
  std::vector<std::unique_ptr<Place>> take_needless();
  [[nodiscard]] std::chrono::nanoseconds spent(const Place& place, std::chrono::nanoseconds now) const;
  void watch(const std::stop_token& stop);
  void inspect(Place& place) const;

  Limits limits_;
  Log& log_;
  std::function<void()> on_tick_;
  mutable std::mutex mutex_;
  std::condition_variable_any wake_;
  std::vector<std::unique_ptr<Place>> places_;
  std::vector<Place*> idle_;  ///< in the order in which they were used
  std::uint64_t last_work_ = 0;
  unsigned resting_ = 0;
  std::jthread watchdog_;  // last: it uses everything above
};

}  // namespace skerry::sandbox
