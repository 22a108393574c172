#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "native-host/clock/clock.hpp"
#include "native-host/program/report.hpp"
#include "shared/error.hpp"

namespace skerry::program {

/// Work that is done again and again, each on a thread of its own, from `start` on until `stop`.
struct Loop {
  std::string name;  ///< for messages
  /// Between the starts of two turns; a turn that takes longer is followed by the next one at once.
  std::chrono::milliseconds interval;
  /// One turn. It ends soon once the stop is requested. A failure is the work's own to report; what it throws
  /// is reported here, and counts as one.
  std::function<Result<void>(const std::stop_token&)> work;
  /// After a turn that failed; it doubles from there, up to `longest_retry`. 0: the interval.
  std::chrono::milliseconds retry{0};
  std::chrono::milliseconds longest_retry{0};  ///< 0: the interval
  bool at_once = true;    ///< the first turn comes with the start; else after the first interval
  bool of_start = false;  ///< the program says that it is ready when the first turn is over
};

class Loops {
 public:
  explicit Loops(Report& report, std::shared_ptr<AlarmClock> clock = make_system_clock())
      : report_(&report), clock_(std::move(clock)) {}
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;
  ~Loops() { stop(); }

  /// Before `start`.
  void add(Loop loop);
  void start();
  /// Asks all of them to end, and waits.
  void stop();
  /// True once each loop `of_start` has had its first turn.
  [[nodiscard]] bool have_begun() const;

 private:
  struct Running {
    Loop loop;
    std::atomic<bool> begun = false;
    std::jthread thread = {};
  };
  void run(Running& running, Alarm& alarm, const std::stop_token& stop);

  Report* report_;
  std::shared_ptr<AlarmClock> clock_;
  std::vector<std::unique_ptr<Running>> loops_;
};

}  // namespace skerry::program
