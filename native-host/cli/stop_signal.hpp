#pragma once

#include <chrono>

namespace skerry::cli {

/// SIGINT and SIGTERM, taken out of the way of every thread and asked for where it suits. Make one before any
/// thread is started: threads inherit the mask.
class StopSignal {
 public:
  StopSignal();

  /// True once one of them came, at the latest after `time`.
  bool wait(std::chrono::milliseconds time);
};

}  // namespace skerry::cli
