#pragma once

#include <chrono>

namespace skerry::program {

/// SIGINT, SIGTERM and SIGHUP, taken out of the way of every thread and asked for where it suits. Make one
/// before any thread is started: threads inherit the mask.
class StopSignal {
 public:
  enum class Came { nothing, stop, reload };

  StopSignal();

  /// What came, at the latest after `time`.
  Came wait_for_any(std::chrono::milliseconds time);
  /// True once SIGINT or SIGTERM came, at the latest after `time`. SIGHUP is let pass.
  bool wait(std::chrono::milliseconds time) { return wait_for_any(time) == Came::stop; }
};

}  // namespace skerry::program
