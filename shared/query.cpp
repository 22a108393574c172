#include "shared/query.hpp"

#include <algorithm>
#include <ranges>

namespace skerry {
namespace {

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

std::string percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
               hex_digit(text[i + 2]) >= 0) {
      out += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

Query Query::parse(std::string_view text) {
  Query query;
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (piece.empty()) continue;
    const auto equals = piece.find('=');
    query.parameters_.emplace_back(
        percent_decode(piece.substr(0, equals), true),
        equals == std::string_view::npos ? std::string() : percent_decode(piece.substr(equals + 1), true));
  }
  return query;
}

std::optional<std::string_view> Query::last(std::string_view name) const {
  for (const Parameter& parameter : parameters_ | std::views::reverse) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

}  // namespace skerry
