#pragma once

#include <optional>
#include <span>

#include "shared/address.hpp"
#include "shared/http.hpp"

namespace skerry {

/// Who sent a request. `Request::client` is the peer that the platform vouches for. Only where it is a
/// trusted proxy do headers count: `X-Push-IP`, else the rightmost hop of `X-Forwarded-For` (all of its
/// fields) that is no trusted proxy, or the last trusted one before a hop that is no address; without that
/// field `X-Real-IP`, else the peer. The proxy must set or remove `X-Push-IP` and `X-Real-IP`: what it passes
/// on counts.
///
/// Nothing where the platform does not know its peer.
std::optional<Address> client_of(const Request& request, std::span<const Prefix> trusted);

}  // namespace skerry
