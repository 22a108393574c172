#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/address.hpp"
#include "shared/http.hpp"

namespace skerry {

/// The proxies in front that may say who a client is, and the headers in which they say it.
///
/// Such a proxy must set each of these headers itself, or append to it: what it only passes on is the
/// client's own word. So no header counts that the operator did not name; without a word that is
/// `X-Forwarded-For`.
struct Proxies {
  std::vector<Prefix> prefixes = {};
  bool unix_socket = false;  ///< whoever comes through a Unix socket
  std::vector<std::string> headers = {"X-Forwarded-For"};

  /// `trusted`: addresses, prefixes and `unix`; `headers`: names of fields, empty for the default; both
  /// between commas. Nothing where one of them is none.
  static std::optional<Proxies> parse(std::string_view trusted, std::string_view headers = {});
  /// The same for one piece of each, for settings.
  static bool is_proxy(std::string_view piece);
  static bool is_header(std::string_view piece);
};

/// Who sent a request. `Request::client` is the peer that the platform vouches for. Only where it is a
/// trusted proxy do headers count: the first of `Proxies::headers` that the request has.
///
/// `X-Forwarded-For` and `Forwarded` (RFC 7239, its `for`) are lists, all fields of the name together: the
/// rightmost hop that is no trusted proxy. A hop that can't be read ends the walk: who wrote it can't be
/// known, and what stands left of it may be anybody's; then it is the last proxy before it. Any other header
/// is one address (`X-Real-IP`, `CF-Connecting-IP`); where it can't be read, or stands there twice, it is the
/// peer.
///
/// Nothing where it can't be known: the platform does not know its peer, or it is a Unix socket that names
/// nobody.
std::optional<Address> client_of(const Request& request, const Proxies& proxies);

}  // namespace skerry
