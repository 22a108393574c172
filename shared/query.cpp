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

/// Takes the next piece that is not empty, and its `&`, from `text`; an empty one at the end.
std::string_view take_piece(std::string_view& text) {
  std::string_view piece;
  while (piece.empty() && !text.empty()) {
    piece = text.substr(0, text.find('&'));
    text.remove_prefix(std::min(piece.size() + 1, text.size()));
  }
  return piece;
}

std::string value_in(std::string_view piece) {
  const auto equals = piece.find('=');
  return equals == std::string_view::npos ? std::string() : percent_decode(piece.substr(equals + 1), true);
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

std::optional<std::string> last_parameter(std::string_view text, std::string_view name) {
  std::optional<std::string_view> found;
  for (auto piece = take_piece(text); !piece.empty(); piece = take_piece(text)) {
    const auto given = piece.substr(0, piece.find('='));
    const bool encoded = given.find_first_of("%+") != std::string_view::npos;
    if (encoded ? percent_decode(given, true) == name : given == name) found = piece;
  }
  if (!found) return std::nullopt;
  return value_in(*found);
}

Query Query::parse(std::string_view text) {
  Query query;
  for (auto piece = take_piece(text); !piece.empty(); piece = take_piece(text)) {
    query.parameters_.emplace_back(percent_decode(piece.substr(0, piece.find('=')), true), value_in(piece));
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
