#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

/// Appends `text` as a JSON string with its quotes (RFC 8259 §7). Bytes that are not UTF-8 become U+FFFD, so
/// that the result always is a JSON text.
void append_json_string(std::string& out, std::string_view text);

/// The content of a raw JSON string (with its quotes), its escapes resolved; half of a surrogate pair becomes
/// U+FFFD. Nothing for other values and for damaged escapes. Bytes outside of escapes are kept as they are.
std::optional<std::string> read_json_string(std::string_view value);
/// The same, but nothing where there is half of a surrogate pair: UTF-8 can't express it, and two texts that
/// differ in it alone would become one.
std::optional<std::string> read_exact_json_string(std::string_view value);

/// Appends a character, which is no half of a surrogate pair, in UTF-8.
void append_utf8(std::string& out, char32_t code);

/// True if `text` is well-formed UTF-8 (RFC 3629: no surrogates, no overlong forms, nothing above U+10FFFF).
bool is_utf8(std::string_view text);

/// The length of the well-formed UTF-8 sequence at the start of `text`, or 0 where there is none.
std::size_t utf8_length(std::string_view text);

}  // namespace skerry
