#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>

#include "functions/bundle.hpp"
#include "shared/http.hpp"
#include "shared/refusal.hpp"

namespace skerry::guest {

/// The largest body of a request that its function takes.
inline std::size_t body_limit(const Request& head, const Config& config) {
  constexpr std::size_t kOfNobody = std::size_t{1} << 20;
  const functions::Function* function = functions::find_route(head, config);
  return function == nullptr ? kOfNobody : function->max_body;
}

/// True if Content-Length tells that the body is larger, so that it need not be read.
inline bool announces_more(const Headers& headers, std::size_t limit) {
  const std::string_view text = headers.get("Content-Length").value_or("0");
  std::uint64_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  return error != std::errc() || length > limit;
}

inline Response body_too_large() {
  return refusal_response(413, "body_too_large", "The body is too large.");
}

}  // namespace skerry::guest
