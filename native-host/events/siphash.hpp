#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skerry::events {

/// 16 bytes that stand for a text, for who has the same key.
struct Hash128 {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

/// SipHash-2-4 with 128 bits (Aumasson, Bernstein 2012): without the key nobody finds two texts with one
/// hash.
Hash128 siphash(const Hash128& key, std::string_view text);

}  // namespace skerry::events
