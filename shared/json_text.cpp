#include "shared/json_text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace skerry {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_escaped(std::string& out, char c) {
  constexpr std::string_view kHex = "0123456789abcdef";
  switch (c) {
    case '"': out += "\\\""; return;
    case '\\': out += "\\\\"; return;
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    default: break;
  }
  const auto byte = static_cast<std::uint8_t>(c);
  if (byte >= 0x20) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 0xF];
}

/// The four hex digits at the start of `text`, or -1.
int hex4(std::string_view text) {
  if (text.size() < 4) return -1;
  int value = 0;
  for (const char c : text.substr(0, 4)) {
    const int digit = c >= '0' && c <= '9'                     ? c - '0'
                      : (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10
                                                               : -1;
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

/// Takes what follows `\u` from the front of `text`.
bool take_unicode(std::string& out, std::string_view& text, bool exact) {
  int code = hex4(text);
  if (code < 0) return false;
  text.remove_prefix(4);
  if (code >= 0xD800 && code <= 0xDFFF) {
    const int low = code < 0xDC00 && text.starts_with("\\u") ? hex4(text.substr(2)) : -1;
    if (low >= 0xDC00 && low <= 0xDFFF) {
      text.remove_prefix(6);
      code = 0x10000 + ((code & 0x3FF) << 10) + (low & 0x3FF);
    } else if (exact) {
      return false;
    } else {
      code = 0xFFFD;
    }
  }
  append_utf8(out, static_cast<char32_t>(code));
  return true;
}

}  // namespace

void append_utf8(std::string& out, char32_t code) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (code >> shift & 0x3F)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | code >> 6);
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | code >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0 | code >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

std::size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t lead = byte(0);
  if (lead < 0x80) return 1;
  std::size_t length = 0;
  std::uint8_t low = 0x80, high = 0xBF;  // what the second byte may be
  if (lead >= 0xC2 && lead <= 0xDF) {
    length = 2;
  } else if (lead >= 0xE0 && lead <= 0xEF) {
    length = 3;
    if (lead == 0xE0) low = 0xA0;
    if (lead == 0xED) high = 0x9F;
  } else if (lead >= 0xF0 && lead <= 0xF4) {
    length = 4;
    if (lead == 0xF0) low = 0x90;
    if (lead == 0xF4) high = 0x8F;
  } else {
    return 0;
  }
  if (text.size() < length || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += kReplacement;
    } else if (length == 1) {
      append_escaped(out, text.front());
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out += '"';
}

namespace {

std::optional<std::string> read_string(std::string_view value, bool exact) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  constexpr std::string_view kEscapes = "\"\\/bfnrt", kMeanings = "\"\\/\b\f\n\r\t";
  std::string out;
  for (std::string_view rest = value.substr(1, value.size() - 2); !rest.empty();) {
    const std::size_t plain = std::min(rest.find('\\'), rest.size());
    if (rest.substr(0, plain).contains('"')) return std::nullopt;
    out += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    if (rest.size() < 2) return std::nullopt;
    const char escape = rest[1];
    rest.remove_prefix(2);
    if (escape == 'u') {
      if (!take_unicode(out, rest, exact)) return std::nullopt;
    } else {
      const std::size_t at = kEscapes.find(escape);
      if (at == std::string_view::npos) return std::nullopt;
      out += kMeanings[at];
    }
  }
  return out;
}

}  // namespace

std::optional<std::string> read_json_string(std::string_view value) {
  return read_string(value, false);
}

std::optional<std::string> read_exact_json_string(std::string_view value) {
  return read_string(value, true);
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace skerry
