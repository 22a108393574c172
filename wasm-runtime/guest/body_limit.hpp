#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "shared/http.hpp"

namespace skerry::guest {

/// The largest body of a request, where the platform has no limit of its own.
inline constexpr std::size_t kMaxBody = std::size_t{1} << 20;

/// True if Content-Length tells that the body is too large, so that it need not be read.
inline bool announces_too_much(const Headers& headers) {
  const std::string_view text = headers.get("Content-Length").value_or("0");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error != std::errc() || length > kMaxBody;
}

inline Response body_too_large() {
  return error_response(413, "body_too_large", "The body is too large.");
}

}  // namespace skerry::guest
