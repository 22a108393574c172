#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "native-host/events/siphash.hpp"

namespace skerry::events {

/// A set that only grows; 21 to 43 bytes for each hash.
class HashSet {
 public:
  /// False if it was there.
  bool insert(const Hash128& hash);
  [[nodiscard]] bool contains(const Hash128& hash) const;
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  void grow();
  [[nodiscard]] std::size_t place_of(const Hash128& hash) const;

  std::vector<Hash128> slots_;  ///< a power of two; {0, 0}: free
  std::size_t size_ = 0;
};

/// Remembers each hash for `window` at least and for two at most; but at least the last half of `most`, and
/// never more than `most`.
class RecentIds {
 public:
  using Clock = std::chrono::steady_clock;
  RecentIds(std::chrono::milliseconds window, std::size_t most) : window_(window), most_(most) {}

  [[nodiscard]] bool contains(const Hash128& hash, Clock::time_point now);
  void insert(const Hash128& hash, Clock::time_point now);

 private:
  void turn(Clock::time_point now);

  std::chrono::milliseconds window_;
  std::size_t most_;
  HashSet present_;
  HashSet past_;
  Clock::time_point since_{};  ///< when the first of the present ones may have come
};

}  // namespace skerry::events
