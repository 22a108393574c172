#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace skerry::http {

/// What all heads, bodies and buffers of a server may take of memory together. For any thread.
class Memory {
 public:
  explicit Memory(std::uint64_t most) : most_(most) {}

  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  /// What a single holder needs is never too much for one that says what it has (`own`) of it already: a body
  /// may be larger than a client's share.
  bool take(std::uint64_t bytes, std::optional<std::uint64_t> own = {}) {
    const auto before = taken_.fetch_add(bytes, std::memory_order_relaxed);
    if (before + bytes <= most_ || before == own) return true;
    give(bytes);
    return false;
  }
  void give(std::uint64_t bytes) {
    [[maybe_unused]] const auto before = taken_.fetch_sub(bytes, std::memory_order_relaxed);
    assert(before >= bytes);
  }

 private:
  const std::uint64_t most_;
  std::atomic<std::uint64_t> taken_ = 0;
};

/// The part of it that one client may have, over all its connections.
using Share = Memory;

/// What one connection has of both. Of one thread.
class Holding {
 public:
  /// Without a share: as much as there is.
  explicit Holding(Memory& memory, std::shared_ptr<Share> share = nullptr)
      : memory_(memory), share_(std::move(share)) {}
  Holding(const Holding&) = delete;
  Holding& operator=(const Holding&) = delete;

  bool take(std::uint64_t bytes) {
    share_is_full_ = share_ && !share_->take(bytes, held_);
    if (share_is_full_) return false;
    if (!memory_.take(bytes)) {
      if (share_) share_->give(bytes);
      return false;
    }
    held_ += bytes;
    return true;
  }
  void give(std::uint64_t bytes) {
    assert(held_ >= bytes);
    held_ -= bytes;
    memory_.give(bytes);
    if (share_) share_->give(bytes);
  }
  /// What it has, and what it takes from now on, is another client's. False: that one has no room for it, and
  /// nothing changes.
  bool move_to(const std::shared_ptr<Share>& share) {
    if (share == share_) return true;
    share_is_full_ = share && held_ > 0 && !share->take(held_, 0);
    if (share_is_full_) return false;
    if (share_) share_->give(held_);
    share_ = share;
    return true;
  }
  /// Why the last one failed: the client has too much, and not all of them together.
  [[nodiscard]] bool share_is_full() const { return share_is_full_; }

 private:
  Memory& memory_;
  std::shared_ptr<Share> share_;
  std::uint64_t held_ = 0;
  bool share_is_full_ = false;
};

/// One part of what a connection holds. What is small is not counted: it is bounded by the number of
/// connections.
class Claim {
 public:
  static constexpr std::uint64_t kSmall = std::uint64_t{8} * 1024;

  explicit Claim(Holding& holding) : holding_(holding) {}
  ~Claim() { reset(); }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// False where there is no room for so many bytes: what was held before is held on.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= std::max(held_, kSmall)) return true;
    if (!holding_.take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }
  void reset() {
    if (held_ > 0) holding_.give(std::exchange(held_, 0));
  }

 private:
  Holding& holding_;
  std::uint64_t held_ = 0;
};

/// Room for exactly `size` bytes: `reserve` may make room for twice as many as there were.
inline void reserve_exactly(std::string& text, std::size_t size) {
  std::string larger;
  larger.reserve(size);
  larger.append(text);
  text = std::move(larger);
}

}  // namespace skerry::http
