#include "native-host/http/later.hpp"

#include <utility>

namespace skerry::http {

void Inbox::post(Work work) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  work_.push_back(std::move(work));
  // Under the lock: what is woken must not be gone.
  if (!std::exchange(woken_, true)) wake_();
}

void Inbox::run() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = false;
    running_.swap(work_);
  }
  for (Work& work : running_) {
    try {
      std::exchange(work, nullptr)();
    } catch (...) {  // NOLINT(bugprone-empty-catch): a Later inside answers 500, and that is reported
    }
  }
  running_.clear();
}

void Inbox::close() {
  std::vector<Work> dropped;
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
