#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/platform.hpp"
#include "shared/time.hpp"

namespace skerry {

/// Makes UUIDs of version 7 (RFC 9562 §5.7) for what is received in one moment: they begin with that moment
/// and differ in 74 bits, which start at random and count up (§6.2, method 1). So they sort by time, and in
/// the order in which they were made.
class UuidV7 {
 public:
  UuidV7(Time now, Random& random);
  /// `0193e5a0-0000-7000-8000-000000000001`, in lower case.
  std::string next();

 private:
  std::uint64_t high_ = 0;  ///< 48 bits time, 4 bits version, 12 bits of the counter
  std::uint64_t low_ = 0;   ///< the other 62 bits of the counter
};

/// True for the form of RFC 9562 §4, in either case, of whatever version.
bool is_uuid(std::string_view text);

}  // namespace skerry
