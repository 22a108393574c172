#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/time.hpp"

namespace skerry::publish {

/// One line of the program's self-check.
struct Check {
  std::string name;  ///< `database`, `cycle`, `freshness`, `disk`, `publish:cloudflare`
  bool ok = true;
  std::string message = {};
  std::optional<Time> since = {};  ///< when `ok` became what it is; filled in by render_health

  friend bool operator==(const Check&, const Check&) = default;
};

/// The KV value `health`, format 1:
///
///   {"format":1,"checked_at":"2026-11-21T08:05:00Z","checks":[
///    {"name":"database","ok":true,"message":"PostgreSQL answers.","since":"2026-11-21T08:00:00Z"}]}
///
/// `since` is carried over from `previous` (such a value, or anything) as long as a check's `ok` stays.
std::string render_health(Time now, const std::vector<Check>& checks, std::string_view previous);

/// The checks of such a value; nothing where it is none.
struct Health {
  Time checked_at;
  std::vector<Check> checks;
};
std::optional<Health> parse_health(std::string_view text);

}  // namespace skerry::publish
