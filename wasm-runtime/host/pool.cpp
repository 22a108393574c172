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

// An instance has some hundred kilobytes of memory; slow clients must not make the pool grow.
constexpr unsigned kMostResting = 32;

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

std::shared_ptr<Instance> Pool::take(const Function& function) {
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
  place->state = Place::State::at_work;
  place->work = ++last_work_;
  place->instance.renew();
  return {&place->instance, [this, place](Instance*) { give_back(*place); }};
}

bool Pool::rest(const Instance& instance) {
  const std::lock_guard lock(mutex_);
  const auto place = std::ranges::find(places_, &instance, [](const auto& p) { return &p->instance; });
  if (resting_ == kMostResting) return false;
  (*place)->state = Place::State::resting;
  ++resting_;
  return true;
}

void Pool::give_back(Place& place) {
  place.instance.reset();
  const std::lock_guard lock(mutex_);
  if (place.state == Place::State::resting) --resting_;
  place.state = Place::State::idle;
}

/// The one that this thread used last, if it can be: its memory is in this processor's cache.
Pool::Place* Pool::idle_place(const Function& function) {
  Place* any = nullptr;
  for (const auto& place : places_) {
    if (place->state != Place::State::idle || place->instance.function().module != function.module) continue;
    if (pthread_equal(place->thread, pthread_self()) != 0) return place.get();
    any = place.get();
  }
  return any;
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
      if (place->state == Place::State::at_work) inspect(*place);
  }
}

/// Under the lock, so that the request can't end, and the thread is alive.
void Pool::inspect(Place& place) const {
  const nanoseconds time = processor_time(place.thread);
  if (place.seen_work != place.work) {
    place.seen_work = place.work;
    place.seen_time = time;
  } else if (time - place.seen_time >= limits_.time) {
    place.instance.expire();
    // Elsewhere it finds out by itself when it comes back.
    if (place.instance.overran()) pthread_kill(place.thread, Sandbox::time_signal());
  }
}

}  // namespace skerry::sandbox
