#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "shared/conditional.hpp"
#include "shared/http.hpp"
#include "shared/time.hpp"

namespace skerry::http {

/// Bytes of a representation; `length` is not 0.
struct ByteRange {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;

  friend bool operator==(const ByteRange&, const ByteRange&) = default;
};

/// What a Range field selects of a representation.
struct Selection {
  enum class Kind {
    whole,          ///< the field is to be ignored
    parts,          ///< `parts`, one at least
    unsatisfiable,  ///< nothing of it is there
  };
  Kind kind = Kind::whole;
  std::vector<ByteRange> parts = {};

  friend bool operator==(const Selection&, const Selection&) = default;
};

/// Reads a Range field (RFC 9110 §14.1.2, §14.2) against a representation of `length` bytes. Ranges that
/// overlap or that less than 80 bytes lie between become one, which stands where the first of them was asked
/// for; the others keep their order. Ignored as a whole: another unit, what is malformed, more than 100
/// ranges, more than 16 parts that are left.
Selection select_ranges(std::string_view field, std::uint64_t length);

/// How a GET or HEAD for a representation is answered.
struct ContentPlan {
  int status = 200;                   ///< 200, 206, 304, 412 or 416
  std::vector<ByteRange> parts = {};  ///< of 206

  friend bool operator==(const ContentPlan&, const ContentPlan&) = default;
};

/// Judges If-Match, If-Unmodified-Since, If-None-Match, If-Modified-Since and If-Range with Range, in the
/// order of RFC 9110 §13.2.2. Range counts for GET alone. A date in If-Range counts as strong if the
/// representation is a minute old at least (§8.8.2.2).
ContentPlan plan_content(const Request& request, const Validators& validators, std::uint64_t length,
                         Time now);

}  // namespace skerry::http
