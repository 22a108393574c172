#include "native-host/broker/html.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace skerry::broker {
namespace {

/// One character reference at the front of `text`, `&` included, as an ASCII character; other references are
/// no part of a file's name and come back as '\0'.
std::pair<char, std::size_t> character_reference(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, char>, 6> kNamed{
      {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}, {"period", '.'}}};
  const auto end = text.substr(0, 12).find(';');
  if (end == std::string_view::npos) return {'&', 1};  // a bare ampersand
  auto word = text.substr(1, end - 1);
  for (const auto& [name, c] : kNamed) {
    if (word == name) return {c, end + 1};
  }
  if (!word.starts_with('#')) return {'\0', end + 1};
  word.remove_prefix(1);
  const bool is_hex = word.starts_with('x') || word.starts_with('X');
  if (is_hex) word.remove_prefix(1);
  unsigned code = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), code, is_hex ? 16 : 10);
  const bool is_ascii = read.ec == std::errc() && read.ptr == word.data() + word.size() && code < 128;
  return {is_ascii ? static_cast<char>(code) : '\0', end + 1};
}

}  // namespace

std::optional<std::string_view> attribute(std::string_view rest, std::string_view wanted) {
  const auto skip = [&](auto&& belongs) {
    const auto end = std::ranges::find_if_not(rest, belongs);
    const std::string_view skipped(rest.begin(), end);
    rest.remove_prefix(skipped.size());
    return skipped;
  };
  for (;;) {
    skip([](char c) { return is_space(c) || c == '/'; });
    if (rest.empty()) return std::nullopt;
    const auto name = skip([](char c) { return !is_space(c) && c != '='; });
    skip(is_space);
    std::string_view value;
    if (rest.starts_with('=')) {
      rest.remove_prefix(1);
      skip(is_space);
      if (rest.starts_with('"') || rest.starts_with('\'')) {
        const auto end = std::min(rest.find(rest.front(), 1), rest.size());
        value = rest.substr(1, end - 1);
        rest.remove_prefix(std::min(end + 1, rest.size()));
      } else {
        value = skip([](char c) { return !is_space(c); });
      }
    }
    if (equal_ignoring_case(name, wanted)) return value;
  }
}

std::string decode_unreserved(std::string_view url) {
  std::string out;
  while (!url.empty()) {
    unsigned code = 0;
    const auto* digits = url.data() + 1;
    const bool is_encoded = url.front() == '%' && url.size() >= 3 &&
                            std::from_chars(digits, digits + 2, code, 16).ptr == digits + 2;
    const char c = is_encoded && code < 128 ? static_cast<char>(code) : '\0';
    const bool is_unreserved =
        is_letter(c) || is_digit(c) || (c != '\0' && std::string_view("-._~").contains(c));
    out += is_unreserved ? c : url.front();
    url.remove_prefix(is_unreserved ? 3 : 1);
  }
  return out;
}

std::string_view decoded_href(std::string_view href, std::deque<std::string>& store) {
  if (!href.contains('&')) return href.contains('%') ? store.emplace_back(decode_unreserved(href)) : href;
  std::string decoded;
  while (!href.empty()) {
    const auto [c, length] =
        href.front() == '&' ? character_reference(href) : std::pair(href.front(), std::size_t{1});
    decoded += c;
    href.remove_prefix(length);
  }
  return store.emplace_back(decode_unreserved(decoded));
}

}  // namespace skerry::broker
