#include "shared/client.hpp"

#include <algorithm>
#include <utility>

#include "shared/comma_list.hpp"

namespace skerry {
namespace {

constexpr std::string_view kUnix = "unix";

using Hop = std::optional<Address>;

bool is_trusted(const Address& address, const Proxies& proxies) {
  return std::ranges::any_of(proxies.prefixes,
                             [&](const Prefix& prefix) { return prefix.contains(address); });
}

/// From the nearest hop to the farthest that trusted ones vouch for. `previous` takes the next hop, from
/// right to left; nothing where there is no more.
template <class Previous>
Hop farthest(Hop peer, const Proxies& proxies, Previous&& previous) {
  while (const std::optional<Hop> hop = previous()) {
    if (!*hop) return peer;
    if (!is_trusted(**hop, proxies)) return *hop;
    peer = *hop;
  }
  return peer;
}

Hop farthest_of_list(const Hop& peer, std::string_view hops, const Proxies& proxies) {
  bool more = true;
  return farthest(peer, proxies, [&]() -> std::optional<Hop> {
    if (!more) return std::nullopt;
    const auto comma = hops.rfind(',');
    const auto hop = trim(hops.substr(comma + 1));  // npos + 1 is 0
    more = comma != std::string_view::npos;
    if (more) hops = hops.substr(0, comma);
    return Address::parse_hop(hop);
  });
}

/// A token or quoted string at the start of `text` (RFC 9110, 5.6), taken from it. Nothing where a quote is
/// not closed.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find_first_of(";, \t\""), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    return value;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\') ++i;
    if (i < text.size()) value += text[i];
  }
  return std::nullopt;
}

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
}

/// The `for` of each element of the field `Forwarded`, from left to right. Of a text that is no such list
/// only what can be read behind its last fault counts, which is a hop that can't be read.
std::vector<Hop> hops_of_forwarded(std::string_view text) {
  std::vector<Hop> hops;
  for (bool more = true; more;) {
    Hop hop;
    int times = 0;
    bool well = true;
    for (;;) {
      skip_space(text);
      const auto equals = std::min(text.find_first_of("=;,\""), text.size());
      const auto name = text.substr(0, equals);
      text.remove_prefix(equals);
      if (text.starts_with('=')) {
        text.remove_prefix(1);
        const auto value = take_value(text);
        if (!value) {
          hops.emplace_back();
          return hops;
        }
        if (equal_ignoring_case(name, "for")) {
          hop = Address::parse_hop(*value);
          ++times;
        }
        skip_space(text);
      } else if (!name.empty()) {
        well = false;
      }
      if (!text.starts_with(';')) break;
      text.remove_prefix(1);
    }
    if (!text.empty() && text.front() != ',') {
      // Where the next element begins can't be told with certainty; what stands before it does not count.
      well = false;
      text.remove_prefix(std::min(text.find(','), text.size()));
    }
    hops.push_back(well && times == 1 ? hop : std::nullopt);
    more = text.starts_with(',');
    if (more) text.remove_prefix(1);
  }
  return hops;
}

Hop farthest_of_forwarded(const Hop& peer, std::string_view text, const Proxies& proxies) {
  auto hops = hops_of_forwarded(text);
  return farthest(peer, proxies, [&]() -> std::optional<Hop> {
    if (hops.empty()) return std::nullopt;
    auto hop = hops.back();
    hops.pop_back();
    return hop;
  });
}

}  // namespace

bool Proxies::is_proxy(std::string_view piece) {
  return piece == kUnix || Prefix::parse(piece);
}

bool Proxies::is_header(std::string_view piece) {
  return is_token(piece);
}

std::optional<Proxies> Proxies::parse(std::string_view trusted, std::string_view headers) {
  Proxies proxies;
  for (CommaList pieces(trusted); const auto piece = pieces.next();) {
    const auto prefix = Prefix::parse(*piece);
    if (!prefix && *piece != kUnix) return std::nullopt;
    if (prefix)
      proxies.prefixes.push_back(*prefix);
    else
      proxies.unix_socket = true;
  }
  std::vector<std::string> names;
  for (CommaList pieces(headers); const auto piece = pieces.next();) {
    if (!is_header(*piece)) return std::nullopt;
    names.emplace_back(*piece);
  }
  if (!names.empty()) proxies.headers = std::move(names);
  return proxies;
}

std::optional<Address> client_of(const Request& request, const Proxies& proxies) {
  const auto peer = Address::parse_hop(request.client);
  const bool trusted = peer ? is_trusted(*peer, proxies) : proxies.unix_socket && request.client == kUnix;
  if (!trusted) return peer;
  const auto named =
      std::ranges::find_if(proxies.headers, [&](const auto& name) { return request.headers.has(name); });
  if (named == proxies.headers.end()) return peer;
  const auto value = request.headers.joined(*named);
  if (equal_ignoring_case(*named, "X-Forwarded-For")) return farthest_of_list(peer, value, proxies);
  if (equal_ignoring_case(*named, "Forwarded")) return farthest_of_forwarded(peer, value, proxies);
  const auto client = Address::parse_hop(trim(value));
  return client ? client : peer;
}

}  // namespace skerry
