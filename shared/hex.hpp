#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace skerry {

constexpr bool is_hex_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Lower-case hexadecimal digits without leading zeros.
inline std::string hexadecimal(std::uint64_t value) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr};
}

/// With leading zeros: all sixteen digits.
inline std::string sixteen_hexadecimal(std::uint64_t value) {
  auto digits = hexadecimal(value);
  return digits.insert(0, 16 - digits.size(), '0');
}

}  // namespace skerry
