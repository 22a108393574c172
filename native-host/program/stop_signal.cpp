#include "native-host/program/stop_signal.hpp"

#include <algorithm>
#include <csignal>
#include <ctime>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>

#include <poll.h>
#include <unistd.h>

namespace skerry::program {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

// What comes so soon after a stop is the same one once more: who sends it to a child and then to the whole
// group (a terminal and npm, timeout, init systems of containers).
constexpr auto kEcho = milliseconds(500);

bool is_ignored(int signal) {
  struct sigaction now{};
  return sigaction(signal, nullptr, &now) == 0 && now.sa_handler == SIG_IGN;
}

/// Says it where somebody listens.
[[noreturn]] void end_at_once(std::string_view words, int exit) {
  pollfd out{.fd = STDERR_FILENO, .events = POLLOUT, .revents = 0};
  if (poll(&out, 1, 0) == 1 && (out.revents & POLLOUT) != 0)
    std::ignore = write(STDERR_FILENO, words.data(), words.size());
  _exit(exit);
}

}  // namespace

StopSignal::StopSignal(milliseconds within, Hangup hangup)
    : within_(std::max(within, milliseconds(1000))), hangup_(is_ignored(SIGHUP) ? Hangup::reload : hangup) {
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this] { listen(); });
}

StopSignal::~StopSignal() {
  over_ = true;
  pthread_kill(thread_.native_handle(), SIGHUP);
  thread_.join();
}

void StopSignal::listen() {
  sigset_t set;
  // What is sent to the process goes to whichever thread waits for it, or has it unblocked.
  sigfillset(&set);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  set = signals();
  std::optional<SteadyClock::time_point> first;
  std::optional<SteadyClock::time_point> end;
  while (!over_) {
    const auto left =
        end ? std::max(std::chrono::duration_cast<milliseconds>(*end - SteadyClock::now()), milliseconds(0))
            : milliseconds(3'600'000);
    const timespec limit{.tv_sec = left.count() / 1000, .tv_nsec = left.count() % 1000 * 1'000'000};
    const int came = sigtimedwait(&set, nullptr, &limit);
    if (over_) return;
    const bool reloads = came == SIGHUP && hangup_ == Hangup::reload;
    if (end && !reloads) {
      if (came > 0 && SteadyClock::now() - *first < kEcho) continue;
      if (came > 0)
        end_at_once(
            "skerry: stopped at once. Where a PostgreSQL of its own runs, it goes on; the next start takes "
            "it over.\n",
            128 + came);
      if (SteadyClock::now() >= *end)
        end_at_once(
            "skerry: stopped, though not everything had ended within stop_timeout. Where a PostgreSQL of its "
            "own runs, it goes on; the next start takes it over.\n",
            1);
    }
    if (came <= 0) continue;
    const std::lock_guard lock(mutex_);
    if (reloads) {
      reload_ = true;
    } else {
      stop_ = true;
      first = SteadyClock::now();
      end = *first + within_;
    }
    came_.notify_all();
  }
}

StopSignal::Came StopSignal::wait_for_any(milliseconds time) {
  std::unique_lock lock(mutex_);
  came_.wait_for(lock, time, [this] { return stop_ || reload_; });
  if (stop_) return Came::stop;
  return std::exchange(reload_, false) ? Came::reload : Came::nothing;
}

}  // namespace skerry::program
