#pragma once

#include <charconv>
#include <string_view>

#include "shared/platform.hpp"

namespace skerry {

/// A setting that is a whole number; `fallback` where it is not set or none.
inline int setting(const Config& config, std::string_view name, int fallback) {
  const std::string_view text = config.get(name).value_or("");
  int value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace skerry
