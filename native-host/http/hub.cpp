#include "native-host/http/hub.hpp"

#include <algorithm>
#include <cassert>

namespace skerry::http {

void Outbox::put(const SharedMessage& message) {
  {
    const std::lock_guard lock(mutex_);
    if (dropped_ > 0) {
      ++dropped_;
      return;
    }
    const auto size = message->data.size();
    if (messages_.size() < limits_.messages && size <= limits_.bytes - bytes_) {
      messages_.push_back(message);
      bytes_ += size;
      if (messages_.size() > 1) return;
    } else {
      dropped_ = messages_.size() + 1;
      messages_.clear();
      bytes_ = 0;
    }
    assert(bytes_ <= limits_.bytes && messages_.size() <= limits_.messages);
  }
  wake_();
}

SharedMessage Outbox::take() {
  const std::lock_guard lock(mutex_);
  if (messages_.empty()) return nullptr;
  auto message = std::move(messages_.front());
  messages_.pop_front();
  bytes_ -= message->data.size();
  return message;
}

std::uint64_t Outbox::dropped() const {
  const std::lock_guard lock(mutex_);
  return dropped_;
}

bool Outbox::has_news() const {
  const std::lock_guard lock(mutex_);
  return dropped_ > 0 || !messages_.empty();
}

Hub::Subscription Hub::subscribe(std::shared_ptr<Outbox> outbox) {
  const std::lock_guard lock(mutex_);
  outboxes_.push_back(outbox);
  return {*this, std::move(outbox)};
}

void Hub::publish(const SharedMessage& message) {
  const std::lock_guard lock(mutex_);
  for (const auto& outbox : outboxes_) outbox->put(message);
}

std::size_t Hub::subscribers() const {
  const std::lock_guard lock(mutex_);
  return outboxes_.size();
}

void Hub::leave(const std::shared_ptr<Outbox>& outbox) {
  const std::lock_guard lock(mutex_);
  const auto found = std::ranges::find(outboxes_, outbox);
  if (found == outboxes_.end()) return;
  *found = std::move(outboxes_.back());
  outboxes_.pop_back();
}

}  // namespace skerry::http
