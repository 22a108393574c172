#pragma once

#include <charconv>
#include <cstdint>
#include <string>

namespace skerry {

/// Lower-case hexadecimal digits without leading zeros.
inline std::string hexadecimal(std::uint64_t value) {
  char digits[16];
  return {digits, std::to_chars(digits, digits + sizeof digits, value, 16).ptr};
}

}  // namespace skerry
