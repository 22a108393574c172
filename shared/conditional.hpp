#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/http.hpp"
#include "shared/time.hpp"

namespace skerry {

/// What identifies a representation (RFC 9110 §8.8). `etag` is in its quoted form, with `W/` if weak.
struct Validators {
  std::string etag;
  std::optional<Time> last_modified;
};

/// True if an `If-None-Match` value names `etag`, by weak comparison (RFC 9110 §13.1.2). `*` names any.
/// A malformed list names nothing from the malformed place on; empty items are skipped.
bool etag_listed(std::string_view if_none_match, std::string_view etag);

/// True if a GET or HEAD may be answered with 304 (RFC 9110 §13.2.2): `If-None-Match` decides where it is
/// present, else `If-Modified-Since`, to the second; one that is no date, or more than one, does not count.
bool not_modified(const Request& request, const Validators& validators);

}  // namespace skerry
