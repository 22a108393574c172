#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "shared/http.hpp"

namespace skerry {

/// What the field `Authorization` of a request shows (RFC 9110, 11.4; RFC 6750, 2.1; RFC 7617).
struct Credentials {
  enum class Scheme : std::uint8_t { bearer, basic };

  Scheme scheme;
  std::string user = {};  ///< of Basic
  std::string secret;     ///< the token, or the password

  /// The scheme in any case, one or more spaces or tabs, the rest without space around it. Nothing for other
  /// schemes, for an empty token, and for what is no base64 behind `Basic`; without a colon there, all of it
  /// is the user.
  static std::optional<Credentials> parse(std::string_view value);
  /// Nothing as well where there are two fields of the name: which of them counts can't be known.
  static std::optional<Credentials> of(const Request& request);
};

}  // namespace skerry
