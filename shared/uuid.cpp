#include "shared/uuid.hpp"

#include <array>
#include <cstddef>
#include <span>

#include "shared/hex.hpp"

namespace skerry {
namespace {

constexpr std::size_t kLength = 36;
constexpr std::uint64_t kCounterBits = (std::uint64_t{1} << 62) - 1;
constexpr std::uint64_t kStartBits = kCounterBits >> 1;  // leaves room above the start, so that nothing wraps

constexpr bool is_dash(std::size_t at) {
  return at == 8 || at == 13 || at == 18 || at == 23;
}

}  // namespace

UuidV7::UuidV7(Time now, Random& random) {
  std::array<std::uint64_t, 2> bits{};
  random.fill(std::as_writable_bytes(std::span(bits)));
  const auto milliseconds = static_cast<std::uint64_t>(now.time_since_epoch().count());
  high_ = milliseconds << 16 | 0x7000 | (bits[0] & 0xFFF);
  low_ = bits[1] & kStartBits;
}

std::string UuidV7::next() {
  constexpr std::string_view kHex = "0123456789abcdef";
  const std::uint64_t variant_and_low = std::uint64_t{2} << 62 | (low_++ & kCounterBits);
  std::string out(kLength, '-');
  std::size_t digit = 0;
  for (std::size_t at = 0; at < kLength; ++at) {
    if (is_dash(at)) continue;
    const std::uint64_t half = digit < 16 ? high_ : variant_and_low;
    out[at] = kHex[half >> (60 - 4 * (digit % 16)) & 0xF];
    ++digit;
  }
  return out;
}

bool is_uuid(std::string_view text) {
  if (text.size() != kLength) return false;
  for (std::size_t at = 0; at < kLength; ++at) {
    if (is_dash(at) ? text[at] != '-' : !is_hex_digit(text[at])) return false;
  }
  return true;
}

}  // namespace skerry
