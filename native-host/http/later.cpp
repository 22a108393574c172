#include "native-host/http/later.hpp"

#include <chrono>
#include <utility>

namespace skerry::http {
namespace {

// What is done in one go before the thread's other work has its turn.
constexpr auto kRound = std::chrono::milliseconds(2);

}  // namespace

void Inbox::post(Work work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  work_.push_back(std::move(work));
  // Under the lock: what is woken must not be gone.
  if (!std::exchange(woken_, true)) wake_();
}

void Inbox::run() {
  if (next_ == running_.size()) {
    running_.clear();
    next_ = 0;
    const std::lock_guard lock(mutex_);
    running_.swap(work_);
  }
  const auto end = std::chrono::steady_clock::now() + kRound;
  while (next_ < running_.size()) {
    try {
      std::exchange(running_[next_++], nullptr)();
    } catch (...) {  // NOLINT(bugprone-empty-catch): a Later inside answers 500, and that is reported
    }
    if (std::chrono::steady_clock::now() >= end) break;
  }
  const std::lock_guard lock(mutex_);
  woken_ = next_ < running_.size() || !work_.empty();
  if (woken_ && !closed_) wake_();
}

void Inbox::close() {
  std::vector<Work> dropped;
  const auto left = std::exchange(running_, {});
  next_ = 0;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  dropped.swap(work_);
}

void Later::end(std::shared_ptr<Pending> pending) {
  if (pending->inbox->is_here() && pending->calling) {
    pending->over = true;
    return;
  }
  const auto inbox = pending->inbox;
  inbox->post([pending = std::move(pending)] {
    pending->over = true;
    if (pending->wake) std::exchange(pending->wake, nullptr)();
  });
}

}  // namespace skerry::http
