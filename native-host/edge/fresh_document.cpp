#include "native-host/edge/fresh_document.hpp"

#include <optional>
#include <utility>

namespace skerry::edge {

FreshDocument::FreshDocument(std::function<std::string()> make, std::chrono::milliseconds keep,
                             std::shared_ptr<AlarmClock> clock)
    : make_(std::move(make)),
      keep_(keep),
      clock_(std::move(clock)),
      thread_([this](const std::stop_token& stop) { work(stop); }) {}

bool FreshDocument::is_fresh() const {
  return clock_->uptime() < stale_at_;
}

void FreshDocument::get(Done done) {
  std::unique_lock lock(mutex_);
  if (is_fresh()) {
    auto text = text_;
    lock.unlock();
    return done(std::move(text));
  }
  waiting_.push_back(std::move(done));
  asked_.notify_one();
}

void FreshDocument::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  while (asked_.wait(lock, stop, [this] { return !waiting_.empty(); })) {
    lock.unlock();
    std::optional<std::string> made;
    try {
      made = make_();
    } catch (...) {  // NOLINT(bugprone-empty-catch): who waits is dropped, and says so
    }
    lock.lock();
    auto waiting = std::exchange(waiting_, {});
    if (made) {
      text_ = *made;
      stale_at_ = clock_->uptime() + keep_;
    }
    lock.unlock();
    if (made)
      for (auto& done : waiting) done(*made);
    waiting.clear();
    lock.lock();
    if (stop.stop_requested()) return;
  }
}

}  // namespace skerry::edge
