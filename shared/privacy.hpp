#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "shared/address.hpp"
#include "shared/http.hpp"

namespace skerry {

/// What an operator decided about the addresses of visitors: the function `tracker`'s settings `gpc` and
/// `dnt` (`keep`, `anonymise`, `drop`) and `anonymise_client`. One decision for the events and for the access
/// log.
struct PrivacyRules {
  std::string gpc;
  std::string dnt;
  bool anonymise = false;
};

/// What follows from them for one request.
struct Privacy {
  bool drop_gpc = false;   ///< nothing of its event is kept, for `Sec-GPC: 1`
  bool drop_dnt = false;   ///< or for `DNT: 1`
  bool anonymise = false;  ///< only the /24 or /48 of its address
  bool nameless = false;   ///< not even that: `SP-Anonymous`, Snowplow's wish

  [[nodiscard]] bool drops() const { return drop_gpc || drop_dnt; }
  /// The address as it may be written down; empty where it may not.
  [[nodiscard]] std::string shown(const std::optional<Address>& client) const;
};

/// A choice that is none of the three counts as `anonymise`.
Privacy privacy_of(const Headers& headers, const PrivacyRules& rules);

}  // namespace skerry
