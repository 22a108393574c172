#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry {

/// An IPv4 or IPv6 address. An IPv4 address that is mapped into IPv6, `::ffff:192.0.2.1`, is the same host,
/// and so the same address, from whatever it was read.
class Address {
 public:
  /// `192.0.2.1`: four decimal numbers without leading zeros (RFC 6943 §3.1.1, strict), or what RFC 4291 §2.2
  /// allows for IPv6. No zones, ports, brackets or space around it.
  static std::optional<Address> parse(std::string_view text);
  /// As proxies name a hop: an address, or `192.0.2.1:443`, `[2001:db8::1]`, `[2001:db8::1]:443`.
  static std::optional<Address> parse_hop(std::string_view text);

  /// Dotted decimal, or the form of RFC 5952: `2001:db8::1`.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] bool is_v4() const;
  /// Without what tells one household from its neighbours: the /24 of IPv4, the /48 of IPv6.
  [[nodiscard]] Address anonymised() const { return cut(3, 6); }
  /// What one host has to itself: the whole of IPv4, the /64 of IPv6.
  [[nodiscard]] Address host() const { return cut(4, 8); }

  friend bool operator==(const Address&, const Address&) = default;

 private:
  friend class Prefix;
  /// Its first bytes, the others zero.
  [[nodiscard]] Address cut(std::size_t v4, std::size_t v6) const;

  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address as it is mapped into IPv6
};

/// A block of addresses, `192.0.2.0/24`, `2001:db8::/32`, or one alone.
class Prefix {
 public:
  /// Bits behind the length don't count: `192.0.2.7/24` is `192.0.2.0/24`, and `::ffff:192.0.2.0/120`.
  static std::optional<Prefix> parse(std::string_view text);
  /// `::/0` contains IPv4 as well.
  [[nodiscard]] bool contains(const Address& address) const;

 private:
  Address address_;
  unsigned length_ = 0;  // of the 128 bits
};

/// Prefixes between commas, with or without space around them; empty pieces are skipped. Nothing if one of
/// them is none.
std::optional<std::vector<Prefix>> parse_prefixes(std::string_view list);

}  // namespace skerry
