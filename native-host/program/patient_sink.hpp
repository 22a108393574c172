#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string_view>

#include <spdlog/sinks/sink.h>

namespace skerry::program {

/// How long writers to standard error wait for its reader: for ever, until somebody says otherwise.
/// Thread-safe.
class Patience {
 public:
  using Clock = std::chrono::steady_clock;

  void end_at(Clock::time_point time) { end_ = time; }
  [[nodiscard]] bool is_over() const { return Clock::now() >= end_.load(); }

 private:
  std::atomic<Clock::time_point> end_{Clock::time_point::max()};
};

/// Writes all of it to a descriptor that may be full, and gives up where patience ends. False where not all
/// was written. A pipe or a socket that is full blocks nobody who wants to end.
bool write_patiently(int fd, std::string_view bytes, const Patience& patience);

/// Standard error, for a logger's thread.
std::shared_ptr<spdlog::sinks::sink> make_patient_sink(std::shared_ptr<const Patience> patience);

}  // namespace skerry::program
