#include "shared/address.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <span>

#include "shared/comma_list.hpp"
#include "shared/hex.hpp"

namespace skerry {
namespace {

constexpr std::size_t kMapped = 12;  // where an IPv4 address begins among the 16 bytes
constexpr std::size_t kGroups = 8;

std::size_t digits_of(std::string_view text, bool (*is_digit)(char)) {
  return static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
}

bool is_decimal(char c) {
  return c >= '0' && c <= '9';
}

/// The decimal number that `text` is, without a leading zero; nothing above `limit`.
std::optional<unsigned> decimal(std::string_view text, unsigned limit) {
  unsigned value = 0;
  if (text.empty() || digits_of(text, is_decimal) != text.size() || (text.size() > 1 && text[0] == '0'))
    return std::nullopt;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || value > limit) return std::nullopt;
  return value;
}

bool parse_v4(std::string_view text, std::span<std::uint8_t> out) {
  for (std::size_t i = 0; i < 4; ++i) {
    const auto dot = i < 3 ? text.find('.') : text.size();
    if (dot == std::string_view::npos) return false;
    const auto value = decimal(text.substr(0, dot), 255);
    if (!value) return false;
    out[i] = static_cast<std::uint8_t>(*value);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return true;
}

bool parse_v6(std::string_view text, std::array<std::uint8_t, 16>& out) {
  std::size_t size = 0, gap = out.size() + 1;  // the gap is where `::` stands
  if (text.starts_with("::")) {
    gap = 0;
    text.remove_prefix(2);
    if (text.empty()) return true;
  }
  for (;;) {
    const auto digits = digits_of(text, is_hex_digit);
    if (digits < text.size() && text[digits] == '.') {
      if (size + 4 > out.size() || !parse_v4(text, std::span(out).subspan(size, 4))) return false;
      size += 4;
      break;
    }
    if (digits == 0 || digits > 4 || size == out.size()) return false;
    unsigned group = 0;
    const auto number = text.substr(0, digits);
    std::from_chars(number.data(), number.data() + number.size(), group, 16);
    out[size++] = static_cast<std::uint8_t>(group >> 8);
    out[size++] = static_cast<std::uint8_t>(group & 0xFF);
    text.remove_prefix(digits);
    if (text.empty()) break;
    if (text.starts_with("::")) {
      if (gap <= out.size()) return false;
      gap = size;
      text.remove_prefix(2);
      if (text.empty()) break;
    } else if (text.front() == ':') {
      text.remove_prefix(1);
    } else {
      return false;
    }
  }
  if (gap > out.size()) return size == out.size();
  if (size == out.size()) return false;  // `::` stands for one group at least
  std::rotate(out.begin() + gap, out.begin() + size, out.end());
  return true;
}

void append_number(std::string& out, unsigned value, int base) {
  char digits[8];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value, base).ptr);
}

void append_v4(std::string& out, std::span<const std::uint8_t> bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) out += '.';
    append_number(out, bytes[i], 10);
  }
}

struct Run {
  std::size_t begin = 0, size = 0;
};

/// The first of the longest runs of zero groups.
Run longest_zeros(std::span<const unsigned, kGroups> groups) {
  Run longest;
  for (std::size_t i = 0; i < groups.size();) {
    Run run{.begin = i};
    while (i < groups.size() && groups[i] == 0) ++i;
    run.size = i - run.begin;
    if (run.size > longest.size) longest = run;
    if (run.size == 0) ++i;
  }
  return longest;
}

void append_v6(std::string& out, std::span<const std::uint8_t, 16> bytes) {
  std::array<unsigned, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) groups[i] = bytes[2 * i] << 8U | bytes[2 * i + 1];
  const Run gap = longest_zeros(groups);
  const bool shortened = gap.size > 1;
  for (std::size_t i = 0; i < kGroups;) {
    if (shortened && i == gap.begin) {
      out += "::";
      i += gap.size;
      continue;
    }
    if (i > 0 && out.back() != ':') out += ':';
    append_number(out, groups[i++], 16);
  }
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  Address address;
  if (!text.contains(':')) {
    address.bytes_[kMapped - 2] = address.bytes_[kMapped - 1] = 0xFF;
    if (!parse_v4(text, std::span(address.bytes_).subspan(kMapped))) return std::nullopt;
  } else if (!parse_v6(text, address.bytes_)) {
    return std::nullopt;
  }
  return address;
}

std::optional<Address> Address::parse_hop(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    port = text.substr(close + 1);
    text = text.substr(1, close - 1);
    if (!text.contains(':')) return std::nullopt;
  } else if (const auto colon = text.find(':'); colon == text.rfind(':') && colon != std::string_view::npos) {
    port = text.substr(colon);
    text = text.substr(0, colon);
  }
  if (!port.empty() && (port[0] != ':' || !decimal(port.substr(1), 65'535))) return std::nullopt;
  return parse(text);
}

std::string Address::text() const {
  std::string out;
  if (is_v4())
    append_v4(out, std::span(bytes_).subspan(kMapped));
  else
    append_v6(out, bytes_);
  return out;
}

bool Address::is_v4() const {
  return std::ranges::all_of(std::span(bytes_).first(kMapped - 2), [](auto byte) { return byte == 0; }) &&
         bytes_[kMapped - 2] == 0xFF && bytes_[kMapped - 1] == 0xFF;
}

Address Address::cut(std::size_t v4, std::size_t v6) const {
  Address kept = *this;
  std::ranges::fill(std::span(kept.bytes_).subspan(is_v4() ? kMapped + v4 : v6), 0);
  return kept;
}

std::optional<Prefix> Prefix::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto address = Address::parse(text.substr(0, slash));
  if (!address) return std::nullopt;
  const unsigned bits = text.contains(':') ? 128 : 32;
  const auto length = slash == std::string_view::npos ? bits : decimal(text.substr(slash + 1), bits);
  if (!length) return std::nullopt;
  Prefix prefix;
  prefix.address_ = *address;
  prefix.length_ = 128 - bits + *length;
  return prefix;
}

bool Prefix::contains(const Address& address) const {
  const std::size_t whole = length_ / 8;
  if (!std::ranges::equal(std::span(address_.bytes_).first(whole), std::span(address.bytes_).first(whole)))
    return false;
  const unsigned rest = length_ % 8;
  return rest == 0 || ((address_.bytes_[whole] ^ address.bytes_[whole]) >> (8 - rest)) == 0;
}

std::optional<std::vector<Prefix>> parse_prefixes(std::string_view list) {
  std::vector<Prefix> prefixes;
  for (CommaList pieces(list); const auto piece = pieces.next();) {
    const auto prefix = Prefix::parse(*piece);
    if (!prefix) return std::nullopt;
    prefixes.push_back(*prefix);
  }
  return prefixes;
}

}  // namespace skerry
