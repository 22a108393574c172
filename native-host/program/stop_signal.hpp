#pragma once

#include <atomic>
#include <chrono>
#include <stop_token>
#include <thread>

namespace skerry::program {

/// SIGINT, SIGTERM and SIGHUP, taken out of the way of every thread and asked for where it suits. Make one
/// before any thread is started: threads inherit the mask.
class StopSignal {
 public:
  enum class Came { nothing, stop, reload };

  StopSignal();

  /// What came, at the latest after `time`. From the first stop on, the next one ends the process at once:
  /// its exit code is 128 and the signal's number.
  Came wait_for_any(std::chrono::milliseconds time);
  /// True once SIGINT or SIGTERM came, at the latest after `time`. SIGHUP is let pass.
  bool wait(std::chrono::milliseconds time) { return wait_for_any(time) == Came::stop; }

 private:
  bool stopping_ = false;
};

/// Runs `work(stop_token)` in a thread to its end, which a signal asks for.
template <class Work>
void run_until_stopped(StopSignal& signals, Work&& work) {
  std::atomic<bool> done = false;
  std::jthread worker([&](const std::stop_token& stop) {
    work(stop);
    done = true;
  });
  while (!done) {
    if (signals.wait(std::chrono::milliseconds(50))) worker.request_stop();
  }
}

}  // namespace skerry::program
