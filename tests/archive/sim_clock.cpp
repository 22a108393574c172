#include "tests/archive/sim_clock.hpp"

#include <charconv>
#include <cmath>

namespace skerry::archive {
namespace {

constexpr double kGreatestSpeed = 1e6;

bool is_speed(double speed) {
  return speed >= 0 && speed <= kGreatestSpeed;
}

}  // namespace

std::optional<double> parse_speed(std::string_view text) {
  double speed = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), speed);
  if (error != std::errc() || end != text.data() + text.size() || !is_speed(speed)) return std::nullopt;
  return speed;
}

Result<SimClock> SimClock::parse(std::string_view start, double speed) {
  if (!is_speed(speed)) return fail("clock_invalid", "The speed must be from 0 to 1000000.");
  const auto moment = std::chrono::steady_clock::now();
  if (start == "now") {
    return SimClock(std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()), speed,
                    moment);
  }
  const auto time = parse_rfc3339(start);
  if (!time) return fail("clock_invalid", "The clock must be `now` or a time like 2026-11-21T08:00:00Z.");
  return SimClock(*time, speed, moment);
}

Time SimClock::at(Steady moment) const {
  const std::chrono::duration<double, std::milli> passed = moment - at_;
  return start_ + std::chrono::milliseconds(std::llround(passed.count() * speed_));
}

void SimClock::set(Time start, double speed, Steady moment) {
  start_ = start;
  speed_ = speed;
  at_ = moment;
}

}  // namespace skerry::archive
