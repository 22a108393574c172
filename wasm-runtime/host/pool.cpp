#include "wasm-runtime/host/pool.hpp"

#include <algorithm>
#include <csignal>
#include <iterator>
#include <system_error>
#include <utility>

#include <time.h>
#include <ucontext.h>

namespace skerry::sandbox {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// An instance has some hundred kilobytes of memory; slow clients must not make the pool grow.
constexpr unsigned kMostResting = 32;
constexpr std::size_t kMostIdle = 256;
constexpr std::size_t kAlwaysIdle = 4;
constexpr int kLookedAt = 16;

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

Pool::Pool(const Limits& limits, Log& log, std::function<void()> on_tick)
    : limits_(limits), log_(log), on_tick_(std::move(on_tick)) {
  static std::once_flag installed;
  std::call_once(installed, install_handler);
  watchdog_ = std::jthread([this](const std::stop_token& stop) { watch(stop); });
}

std::shared_ptr<Instance> Pool::take(const Function& function, std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  Place* place = take_idle(function);
  if (place == nullptr) {
    lock.unlock();
    auto made = std::make_unique<Place>(function, limits_, log_);
    place = made.get();
    lock.lock();
    place->index = places_.size();
    places_.push_back(std::move(made));
  }
  place->limit = time;
  place->spent = {};
  place->began.reset();
  put_to_work(*place);
  place->renew(time);
  return {place, [this](Instance* instance) { give_back(place_of(*instance)); }};
}

void Pool::put_to_work(Place& place) {
  place.thread = pthread_self();
  place.state = Place::State::at_work;
  place.work = ++last_work_;
}

bool Pool::rest(Instance& instance) {
  const std::lock_guard lock(mutex_);
  if (resting_ == kMostResting) return false;
  place_of(instance).state = Place::State::resting;
  ++resting_;
  return true;
}

void Pool::pause(Instance& instance) {
  const std::lock_guard lock(mutex_);
  Place& place = place_of(instance);
  // The first turn's beginning is known if the watchdog saw it; before that it was no long one.
  if (place.began || place.seen_work == place.work)
    place.spent = spent(place, processor_time(pthread_self()));
  place.state = Place::State::paused;
  if (place.spent >= place.limit) place.expire();
}

void Pool::go_on(Instance& instance) {
  const auto now = processor_time(pthread_self());
  const std::lock_guard lock(mutex_);
  Place& place = place_of(instance);
  put_to_work(place);
  place.began = now;
}

nanoseconds Pool::spent(const Place& place, nanoseconds now) const {
  return place.spent + (now - place.began.value_or(place.seen_time));
}

void Pool::give_back(Place& place) {
  place.reset();
  std::unique_ptr<Place> surplus;
  const std::lock_guard lock(mutex_);
  if (place.state == Place::State::resting) --resting_;
  place.state = Place::State::idle;
  place.idle_since = std::chrono::steady_clock::now();
  if (idle_.size() < kMostIdle) {
    idle_.push_back(&place);
    return;
  }
  surplus = remove(place);
}

std::unique_ptr<Pool::Place> Pool::remove(const Place& place) {
  auto removed = std::exchange(places_[place.index], std::move(places_.back()));
  places_.pop_back();
  if (places_.size() > removed->index) places_[removed->index]->index = removed->index;
  return removed;
}

std::vector<std::unique_ptr<Pool::Place>> Pool::take_needless() {
  std::vector<std::unique_ptr<Place>> needless;
  const auto before = std::chrono::steady_clock::now() - limits_.idle_time;
  auto at = idle_.begin();
  while (idle_.end() - at > static_cast<std::ptrdiff_t>(kAlwaysIdle) && (*at)->idle_since < before)
    needless.push_back(remove(**at++));
  idle_.erase(idle_.begin(), at);
  return needless;
}

std::size_t Pool::size() const {
  const std::lock_guard lock(mutex_);
  return places_.size();
}

/// The one that this thread used last, if it can be: its memory is in this processor's cache.
Pool::Place* Pool::take_idle(const Function& function) {
  auto best = idle_.rend();
  int looked_at = 0;
  for (auto at = idle_.rbegin(); at != idle_.rend() && looked_at < kLookedAt; ++at) {
    if ((*at)->function().module != function.module) continue;
    const bool ours = pthread_equal((*at)->thread, pthread_self()) != 0;
    if (ours || looked_at++ == 0) best = at;
    if (ours) break;
  }
  if (best == idle_.rend()) return nullptr;
  Place* place = *best;
  idle_.erase(std::next(best).base());
  return place;
}

void Pool::stop_watching() {
  watchdog_.request_stop();
  watchdog_.join();
}

void Pool::watch(const std::stop_token& stop) {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  const milliseconds tick = std::clamp(limits_.time / 5, milliseconds(1), milliseconds(20));
  const milliseconds period =
      std::clamp(std::min(limits_.wait_time, limits_.idle_time) / 5, milliseconds(1), milliseconds(1000));
  auto last = std::chrono::steady_clock::now();
  std::unique_lock lock(mutex_);
  while (!stop.stop_requested()) {
    wake_.wait_for(lock, stop, tick, [] { return false; });
    for (const auto& place : places_)
      if (place->state == Place::State::at_work) inspect(*place);
    if (const auto now = std::chrono::steady_clock::now(); now - last >= period) {
      last = now;
      auto needless = take_needless();
      lock.unlock();
      needless.clear();
      on_tick_();
      lock.lock();
    }
  }
}

/// Under the lock, so that the request can't end, and the thread is alive.
void Pool::inspect(Place& place) const {
  const nanoseconds time = processor_time(place.thread);
  if (std::exchange(place.seen_work, place.work) != place.work) place.seen_time = time;
  if (spent(place, time) < place.limit) return;
  place.expire();
  // Elsewhere it finds out by itself when it comes back.
  if (place.overran()) pthread_kill(place.thread, Sandbox::time_signal());
}

}  // namespace skerry::sandbox
