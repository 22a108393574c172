#include "wasm-runtime/host/pool.hpp"

#include <algorithm>
#include <csignal>
#include <system_error>

#include <time.h>
#include <ucontext.h>

namespace skerry::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Where it finds the thread outside a module's code, or in a later request, it does nothing. It leaves by
// siglongjmp, so that it must restore the mask of signals itself.
extern "C" [[clang::disable_sanitizer_instrumentation]] void on_time_signal(int /*signal*/,
                                                                            siginfo_t* /*info*/,
                                                                            void* context) {
  Instance* instance = Instance::current();
  if (instance == nullptr || !instance->overran()) return;
  pthread_sigmask(SIG_SETMASK, &static_cast<ucontext_t*>(context)->uc_sigmask, nullptr);
  instance->trap(Trap::time);
}

void install_handler() {
  struct sigaction action{};
  action.sa_sigaction = on_time_signal;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  if (sigaction(Sandbox::time_signal(), &action, nullptr) != 0)
    throw std::system_error(errno, std::generic_category(), "sigaction");
}

nanoseconds processor_time(pthread_t thread) {
  clockid_t clock{};
  timespec time{};
  if (pthread_getcpuclockid(thread, &clock) != 0 || clock_gettime(clock, &time) != 0) return {};
  return std::chrono::seconds(time.tv_sec) + nanoseconds(time.tv_nsec);
}

}  // namespace

Pool::Pool(const Limits& limits, Log& log) : limits_(limits), log_(log) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  watchdog_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

Pool::Lease Pool::take(const Function& function) {
  std::unique_lock lock(mutex_);
  Place* place = idle_place(function);
  if (place == nullptr) {
    lock.unlock();
    auto made = std::make_unique<Place>(function, limits_, log_);
    place = made.get();
    lock.lock();
    places_.push_back(std::move(made));
  }
  place->thread = pthread_self();
  place->lease = ++last_lease_;
  place->instance.renew();
  return Lease(*this, *place);
}

/// The one that this thread used last, if it can be: its memory is in this processor's cache.
Pool::Place* Pool::idle_place(const Function& function) {
  Place* any = nullptr;
  for (const auto& place : places_) {
    if (place->lease != 0 || place->instance.function().module != function.module) continue;
    if (pthread_equal(place->thread, pthread_self()) != 0) return place.get();
    any = place.get();
  }
  return any;
}

Pool::Lease::~Lease() {
  place_.instance.reset();
  const std::lock_guard lock(pool_.mutex_);
  place_.lease = 0;
}

Instance* Pool::Lease::operator->() const {
  return &place_.instance;
}
Instance& Pool::Lease::operator*() const {
  return place_.instance;
}

void Pool::watch(const std::stop_token& stop) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const milliseconds tick = std::clamp(limits_.time / 5, milliseconds(1), milliseconds(20));
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, tick, [] { return false; });
    for (const auto& place : places_)
      if (place->lease != 0) inspect(*place);
  }
}

/// Under the lock, so that the request can't end, and the thread is alive.
void Pool::inspect(Place& place) const {
  const nanoseconds time = processor_time(place.thread);
  if (place.seen_lease != place.lease) {
    place.seen_lease = place.lease;
    place.seen_time = time;
  } else if (time - place.seen_time >= limits_.time) {
    place.instance.expire();
    // Elsewhere it finds out by itself when it comes back.
    if (place.instance.overran()) pthread_kill(place.thread, Sandbox::time_signal());
  }
}

}  // namespace skerry::sandbox
