#include "wasm-runtime/host/waiting.hpp"

#include <utility>

namespace skerry::sandbox {

std::optional<std::uint64_t> Waiting::add(Item& item) {
  const std::lock_guard lock(mutex_);
  if (closed_ || items_.size() >= max_runs_ || item->bytes > max_bytes_ - bytes_) return std::nullopt;
  bytes_ += item->bytes;
  items_.emplace(++last_id_, std::move(item));
  return last_id_;
}

Waiting::Item Waiting::take(std::uint64_t id) {
  const std::lock_guard lock(mutex_);
  const auto found = items_.find(id);
  return found == items_.end() ? nullptr : release(found);
}

std::vector<Waiting::Item> Waiting::take_overdue(std::chrono::steady_clock::time_point now) {
  std::vector<Item> overdue;
  const std::lock_guard lock(mutex_);
  for (auto at = items_.begin(); at != items_.end();) {
    const auto next = std::next(at);
    if (at->second->deadline <= now) overdue.push_back(release(at));
    at = next;
  }
  return overdue;
}

std::vector<Waiting::Item> Waiting::close() {
  std::vector<Item> all;
  const std::lock_guard lock(mutex_);
  closed_ = true;
  while (!items_.empty()) all.push_back(release(items_.begin()));
  return all;
}

std::size_t Waiting::size() const {
  const std::lock_guard lock(mutex_);
  return items_.size();
}

Waiting::Item Waiting::release(std::unordered_map<std::uint64_t, Item>::iterator at) {
  Item item = std::move(at->second);
  bytes_ -= item->bytes;
  items_.erase(at);
  return item;
}

}  // namespace skerry::sandbox
