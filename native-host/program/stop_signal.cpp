#include "native-host/program/stop_signal.hpp"

#include <csignal>
#include <ctime>

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
  return came > 0 ? Came::stop : Came::nothing;
}

}  // namespace skerry::program
