#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace skerry::http {

/// What all heads, bodies and buffers of a server may take of memory together. For any thread.
class Memory {
 public:
  explicit Memory(std::uint64_t most) : most_(most) {}

  [[nodiscard]] std::uint64_t taken() const { return taken_.load(std::memory_order_relaxed); }
  bool take(std::uint64_t bytes) {
    if (taken_.fetch_add(bytes, std::memory_order_relaxed) + bytes <= most_) return true;
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

/// One holder's part of it. What is small is not counted: it is bounded by the number of connections.
class Claim {
 public:
  static constexpr std::uint64_t kSmall = std::uint64_t{8} * 1024;

  explicit Claim(Memory& memory) : memory_(memory) {}
  ~Claim() { reset(); }
  Claim(const Claim&) = delete;
  Claim& operator=(const Claim&) = delete;

  /// False where there is no room for so many bytes: what was held before is held on.
  bool grow_to(std::uint64_t bytes) {
    if (bytes <= std::max(held_, kSmall)) return true;
    if (!memory_.take(bytes - held_)) return false;
    held_ = bytes;
    return true;
  }
  void reset() {
    if (held_ > 0) memory_.give(std::exchange(held_, 0));
  }

 private:
  Memory& memory_;
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
