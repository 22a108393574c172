#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>
#include <thread>

namespace skerry::program {

/// SIGINT, SIGTERM and SIGHUP, taken out of the way of every thread and asked for where it suits. Make one
/// before any thread is started: threads inherit the mask.
///
/// Whatever the program is doing, it ends: a thread of its own sees to it that after the first stop the
/// process is over within the time that the constructor got (its exit code is then 1, where it could not end
/// in an orderly way), and that the next stop, half a second later or more, ends it at once (128 and the
/// signal's number). Neither waits for who doesn't read standard error.
class StopSignal {
 public:
  enum class Came { nothing, stop, reload };
  /// What SIGHUP means: of who serves, to read the settings again; of others, that their terminal is gone,
  /// unless they were started with SIGHUP ignored (nohup).
  enum class Hangup { stop, reload };

  explicit StopSignal(std::chrono::milliseconds within = std::chrono::seconds(10),
                      Hangup hangup = Hangup::stop);
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  ~StopSignal();

  /// What came, at the latest after `time`. Once it is a stop, it stays one.
  Came wait_for_any(std::chrono::milliseconds time);
  /// True once a stop came, at the latest after `time`. A reload is let pass.
  bool wait(std::chrono::milliseconds time) { return wait_for_any(time) == Came::stop; }

 private:
  void listen();

  const std::chrono::milliseconds within_;
  const Hangup hangup_;
  std::mutex mutex_;
  std::condition_variable came_;
  bool stop_ = false;
  bool reload_ = false;
  std::atomic<bool> over_ = false;
  std::thread thread_;
};

/// Runs `work(stop_token)` in a thread to its end, which a signal asks for.
template <class Work>
void run_until_stopped(StopSignal& signals, Work&& work) {
  std::atomic<bool> done = false;
  std::jthread worker([&](const std::stop_token& stop) {
    work(stop);
    done = true;
  });
  while (!done && !signals.wait(std::chrono::milliseconds(50))) {
  }
  // Where it is done, nobody looks any more.
  worker.request_stop();
}

}  // namespace skerry::program
