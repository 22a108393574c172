#include "shared/client.hpp"

#include <algorithm>
#include <string_view>

namespace skerry {
namespace {

bool is_trusted(const Address& address, std::span<const Prefix> trusted) {
  return std::ranges::any_of(trusted, [&](const Prefix& prefix) { return prefix.contains(address); });
}

std::optional<Address> named_by(const Request& request, std::string_view header) {
  const auto value = request.headers.get(header);
  return value ? Address::parse_hop(trim(*value)) : std::nullopt;
}

/// From the nearest hop to the farthest that trusted ones vouch for. One that can't be read ends the walk:
/// who wrote it can't be known, and what stands left of it may be anybody's.
Address farthest(Address peer, std::string_view hops, std::span<const Prefix> trusted) {
  while (!hops.empty()) {
    const auto comma = hops.rfind(',');
    const auto hop = Address::parse_hop(trim(hops.substr(comma + 1)));  // npos + 1 is 0
    if (!hop) return peer;
    if (!is_trusted(*hop, trusted)) return *hop;
    peer = *hop;
    hops = hops.substr(0, comma == std::string_view::npos ? 0 : comma);
  }
  return peer;
}

}  // namespace

std::optional<Address> client_of(const Request& request, std::span<const Prefix> trusted) {
  const auto peer = Address::parse_hop(request.client);
  if (!peer || !is_trusted(*peer, trusted)) return peer;
  if (const auto pushed = named_by(request, "X-Push-IP")) return pushed;
  if (request.headers.has("X-Forwarded-For"))
    return farthest(*peer, request.headers.joined("X-Forwarded-For"), trusted);
  if (const auto real = named_by(request, "X-Real-IP")) return real;
  return peer;
}

}  // namespace skerry
