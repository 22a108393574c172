#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "shared/http.hpp"

namespace skerry {

/// The pieces of a list between commas, without the space around them; empty ones are skipped.
///
///     for (CommaList list(setting); auto piece = list.next();) use(*piece);
class CommaList {
 public:
  explicit CommaList(std::string_view text) : rest_(text) {}

  std::optional<std::string_view> next() {
    while (!rest_.empty()) {
      const std::string_view piece = rest_.substr(0, rest_.find(','));
      rest_.remove_prefix(std::min(piece.size() + 1, rest_.size()));
      if (const auto trimmed = trim(piece); !trimmed.empty()) return trimmed;
    }
    return std::nullopt;
  }

 private:
  std::string_view rest_;
};

/// The other way: `a,b`.
inline std::string join_commas(std::span<const std::string> pieces) {
  std::string joined;
  for (const std::string& piece : pieces) joined.append(joined.empty() ? "" : ",").append(piece);
  return joined;
}

}  // namespace skerry
