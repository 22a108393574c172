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

/// The names and values of a query, as they are written.
template <class Take>
void for_each_piece(std::string_view text, Take take) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
    if (piece.empty()) continue;
    const auto equals = std::min(piece.find('='), piece.size());
    take(piece.substr(0, equals), piece.substr(std::min(equals + 1, piece.size())));
  }
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
  for_each_piece(text, [&](std::string_view name, std::string_view value) {
    query.parameters_.emplace_back(percent_decode(name, true), percent_decode(value, true));
  });
  return query;
}

std::optional<std::string> Query::last_in(std::string_view text, std::string_view name) {
  std::optional<std::string_view> last;
  for_each_piece(text, [&](std::string_view encoded, std::string_view value) {
    // What is decoded is never longer.
    if (encoded.size() >= name.size() && percent_decode(encoded, true) == name) last = value;
  });
  return last ? std::optional(percent_decode(*last, true)) : std::nullopt;
}

std::optional<std::string_view> Query::last(std::string_view name) const {
  for (const Parameter& parameter : parameters_ | std::views::reverse) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

}  // namespace skerry
