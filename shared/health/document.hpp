#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/time.hpp"

namespace skerry::health {

/// One line of the native host's self-check.
struct Check {
  std::string name;  ///< `database`, `cycle`, `freshness`, `disk`, `publish:cloudflare`
  bool ok = true;
  std::string message = {};
  std::optional<Time> since = {};  ///< when `ok` became what it is; filled in by `render`

  friend bool operator==(const Check&, const Check&) = default;
};

/// The KV value `health`, and the answer to `GET /internal/health`, format 1:
///
///   {"format":1,"checked_at":"2026-11-21T08:05:00Z","checks":[
///    {"name":"database","ok":true,"message":"PostgreSQL answers.","since":"2026-11-21T08:00:00Z"}]}
struct Document {
  Time checked_at;
  std::vector<Check> checks;
};

/// `since` is carried over from `previous` (such a text, or anything) as long as a check's `ok` stays. What
/// is not UTF-8 becomes U+FFFD.
std::string render(Time now, const std::vector<Check>& checks, std::string_view previous);

/// Nothing where the text is no such document, whole and of format 1. A check without a name is left out; one
/// whose `ok` is not `true` is not ok.
std::optional<Document> parse(std::string_view text);

}  // namespace skerry::health
