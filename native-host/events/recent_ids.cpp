#include "native-host/events/recent_ids.hpp"

#include <algorithm>
#include <bit>
#include <cassert>
#include <utility>

namespace skerry::events {
namespace {

constexpr std::size_t kFewest = 64;
constexpr Hash128 kFree{};

/// What is stored: never the mark of a free slot.
Hash128 stored(const Hash128& hash) {
  return hash == kFree ? Hash128{.low = 1, .high = 0} : hash;
}

}  // namespace

std::size_t HashSet::place_of(const Hash128& hash) const {
  assert(std::has_single_bit(slots_.size()) && size_ < slots_.size());  // or the search has no end
  const auto mask = slots_.size() - 1;
  auto place = hash.low & mask;
  while (slots_[place] != kFree && slots_[place] != hash) place = (place + 1) & mask;
  return place;
}

bool HashSet::insert(const Hash128& hash) {
  if (size_ + 1 > slots_.size() / 4 * 3) grow();
  auto& slot = slots_[place_of(stored(hash))];
  if (slot != kFree) return false;
  slot = stored(hash);
  ++size_;
  return true;
}

bool HashSet::contains(const Hash128& hash) const {
  return !slots_.empty() && slots_[place_of(stored(hash))] != kFree;
}

void HashSet::grow() {
  const auto old = std::exchange(slots_, std::vector<Hash128>(std::max(kFewest, 2 * slots_.size())));
  for (const auto& hash : old)
    if (hash != kFree) slots_[place_of(hash)] = hash;
}

bool RecentIds::contains(const Hash128& hash, Clock::time_point now) {
  turn(now);
  return present_.contains(hash) || past_.contains(hash);
}

void RecentIds::insert(const Hash128& hash, Clock::time_point now) {
  turn(now);
  if (most_ > 0 && window_.count() > 0) present_.insert(hash);
}

void RecentIds::turn(Clock::time_point now) {
  const auto age = now - since_;
  if (age < window_ && present_.size() < (most_ + 1) / 2) return;
  past_ = age < 2 * window_ ? std::exchange(present_, {}) : HashSet();
  present_ = {};
  since_ = now;
}

}  // namespace skerry::events
