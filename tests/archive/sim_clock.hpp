#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::archive {

/// Seconds of the clock in a real second: 0 to 1000000.
std::optional<double> parse_speed(std::string_view text);

/// The replica's clock: real, standing still, or running faster or slower than real time.
class SimClock {
 public:
  using Steady = std::chrono::steady_clock::time_point;

  /// Shows `start` at the real moment `at`, and moves `speed` seconds in each real second from then on.
  SimClock(Time start, double speed, Steady at) : start_(start), speed_(speed), at_(at) {}

  /// The value of `--clock` (`now` or RFC 3339) and `--speed`. Errors: `clock_invalid`.
  static Result<SimClock> parse(std::string_view start, double speed);

  [[nodiscard]] Time at(Steady moment) const;
  [[nodiscard]] Time now() const { return at(std::chrono::steady_clock::now()); }

  [[nodiscard]] double speed() const { return speed_; }

  /// Moves the clock.
  void set(Time start, double speed, Steady moment);

 private:
  Time start_;
  double speed_;
  Steady at_;
};

}  // namespace skerry::archive
