#include "native-host/program/stop_signal.hpp"

#include <csignal>
#include <ctime>
#include <string_view>
#include <tuple>
#include <utility>

#include <unistd.h>

namespace skerry::program {
namespace {

sigset_t signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGHUP);
  return set;
}

/// What a signal handler may do.
extern "C" void end_at_once(int number) {
  constexpr std::string_view kWords =
      "skerry: stopped at once. Where a PostgreSQL of its own runs, it goes on; the next start takes it "
      "over.\n";
  std::ignore = write(STDERR_FILENO, kWords.data(), kWords.size());
  _exit(128 + number);
}

void end_at_once_from_now_on() {
  struct sigaction action{};
  action.sa_handler = end_at_once;
  sigset_t set;
  sigemptyset(&set);
  for (const int number : {SIGINT, SIGTERM}) {
    sigaction(number, &action, nullptr);
    sigaddset(&set, number);
  }
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

}  // namespace

StopSignal::StopSignal() {
  const sigset_t set = signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

StopSignal::Came StopSignal::wait_for_any(std::chrono::milliseconds time) {
  const sigset_t set = signals();
  const timespec limit{.tv_sec = time.count() / 1000, .tv_nsec = time.count() % 1000 * 1'000'000};
  const int came = sigtimedwait(&set, nullptr, &limit);
  if (came == SIGHUP) return Came::reload;
  if (came <= 0) return Came::nothing;
  if (std::exchange(stopping_, true)) end_at_once(came);
  end_at_once_from_now_on();
  return Came::stop;
}

}  // namespace skerry::program
