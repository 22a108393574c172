#pragma once

#include <memory>
#include <stop_token>

#include "shared/platform.hpp"
#include "shared/time.hpp"

namespace skerry {

/// What one thread waits by.
class Alarm {
 public:
  virtual ~Alarm() = default;
  /// Returns at `until`, at a `ring` that no wait has returned for yet, or at a stop, whichever is first.
  virtual void wait(Time until, const std::stop_token& stop) = 0;
  /// From any thread.
  virtual void ring() = 0;
};

/// What time it is, how much has passed, and waiting for a time: a port, so that tests own all three
/// (test_clock.hpp). For any thread.
class AlarmClock : public Clock {
 public:
  /// Since some moment. Nobody sets it: differences are what has passed.
  [[nodiscard]] virtual Time::duration uptime() const = 0;
  /// Must not outlive the clock.
  virtual std::unique_ptr<Alarm> alarm() = 0;
};

/// The system's clock. Its alarms count by the monotonic one: when the wall clock is set, what waits is late
/// or early by as much, once.
std::shared_ptr<AlarmClock> make_system_clock();

}  // namespace skerry
