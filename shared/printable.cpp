#include "shared/printable.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>

#include "shared/json_text.hpp"

namespace skerry {
namespace {

struct Range {
  std::uint32_t first, last;
};

constexpr Range kUnseen[] = {
    {0x0000, 0x001F},   {0x007F, 0x009F},   {0x00AD, 0x00AD},   {0x034F, 0x034F},     {0x061C, 0x061C},
    {0x115F, 0x1160},   {0x17B4, 0x17B5},   {0x180B, 0x180F},   {0x200B, 0x200F},     {0x2028, 0x202E},
    {0x2060, 0x206F},   {0x3164, 0x3164},   {0xFE00, 0xFE0D},   {0xFEFF, 0xFEFF},     {0xFFA0, 0xFFA0},
    {0xFFF0, 0xFFFB},   {0xFFFE, 0xFFFF},   {0x13430, 0x1345F}, {0x1BCA0, 0x1BCA3},   {0x1D173, 0x1D17A},
    {0xE0000, 0xE0FFF}, {0x1FFFE, 0x1FFFF}, {0x2FFFE, 0x2FFFF}, {0x10FFFE, 0x10FFFF},
};
/// Two columns wide (UAX #11, W and F), roughly.
constexpr Range kWide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2E80, 0x303E},   {0x3041, 0xA4CF}, {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},   {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF}, {0x1F900, 0x1FAFF}, {0x20000, 0x3FFFD},
};
/// Part of the character before them.
constexpr Range kCombining[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD}, {0x064B, 0x065F},   {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF}, {0x1DC0, 0x1DFF},   {0x20D0, 0x20FF},
    {0x3099, 0x309A}, {0xFE0E, 0xFE0F}, {0xFE20, 0xFE2F}, {0x1F3FB, 0x1F3FF},
};

bool is_in(std::uint32_t code, std::span<const Range> ranges) {
  return std::ranges::any_of(ranges, [&](Range range) { return code >= range.first && code <= range.last; });
}

bool is_unseen(std::uint32_t code) {
  if (code >= 0x20 && code < 0x7F) return false;
  return is_in(code, kUnseen);
}

struct Character {
  std::uint32_t code = 0;
  std::string_view bytes;
  bool valid = false;
};

/// Takes the first character of `text`, which is not empty, or one byte that begins none.
Character take(std::string_view& text) {
  Character character;
  const auto length = utf8_length(text);
  character.valid = length > 0;
  character.bytes = text.substr(0, std::max<std::size_t>(length, 1));
  text.remove_prefix(character.bytes.size());
  constexpr std::array<unsigned, 5> kLead{0, 0x7F, 0x1F, 0x0F, 0x07};
  character.code = static_cast<unsigned char>(character.bytes[0]) & (length == 0 ? 0xFFU : kLead[length]);
  for (std::size_t i = 1; i < length; ++i)
    character.code = character.code << 6U | (static_cast<unsigned char>(character.bytes[i]) & 0x3FU);
  return character;
}

void append_hex(std::string& out, std::uint32_t number, int digits) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4)
    out += kDigits[number >> static_cast<unsigned>(shift) & 0xFU];
}

void append_shown(std::string& out, const Character& character) {
  if (!character.valid) {
    out += "\\x";
    append_hex(out, character.code, 2);
  } else if (!is_unseen(character.code)) {
    out += character.bytes;
  } else if (character.code > 0xFFFF) {
    out += "\\U";
    append_hex(out, character.code, 8);
  } else {
    out += "\\u";
    append_hex(out, character.code, 4);
  }
}

void append_escaped(std::string& out, std::uint32_t code) {
  out += "\\u";
  if (code <= 0xFFFF) return append_hex(out, code, 4);
  code -= 0x10000;
  append_hex(out, 0xD800 + (code >> 10U), 4);
  out += "\\u";
  append_hex(out, 0xDC00 + (code & 0x3FFU), 4);
}

bool is_plain(char c) {
  return c >= ' ' && c < 0x7F;
}

}  // namespace

std::string printable(std::string_view text, Lines lines) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto character = take(text);
    const bool ends_line = character.code == '\r' && text.starts_with('\n');
    if (ends_line) continue;
    if (character.code == '\t')
      out += ' ';
    else if (character.code != '\n')
      append_shown(out, character);
    else
      out += lines == Lines::kept ? '\n' : ' ';
  }
  return out;
}

std::string printable_json(std::string_view json) {
  std::string out;
  out.reserve(json.size());
  while (!json.empty()) {
    const auto character = take(json);
    // Outside of its strings a JSON text has no other of them.
    const bool is_space = character.code == '\n' || character.code == '\t' || character.code == '\r';
    if (!character.valid)
      out += "\uFFFD";
    else if (is_space || !is_unseen(character.code))
      out += character.bytes;
    else
      append_escaped(out, character.code);
  }
  return out;
}

void append_printable_string(std::string& out, std::string_view text) {
  if (std::ranges::all_of(text, is_plain)) return append_json_string(out, text);
  std::string string;
  append_json_string(string, text);
  out += printable_json(string);
}

void append_word(std::string& out, std::string_view text) {
  constexpr auto is_of_word = [](char c) {
    return is_plain(c) && c != ' ' && c != '"' && c != '=' && c != '\\';
  };
  if (!text.empty() && std::ranges::all_of(text, is_of_word))
    out += text;
  else
    append_printable_string(out, text);
}

std::string shortened(std::string_view text, std::size_t width) {
  std::size_t columns = 0;
  std::size_t fits = 0;  // bytes that leave room for the mark
  for (auto rest = text; !rest.empty();) {
    const auto character = take(rest);
    const bool combines = columns > 0 && is_in(character.code, kCombining);
    columns += combines ? 0 : is_in(character.code, kWide) ? 2 : 1;
    if (columns > width) return width == 0 ? std::string() : std::string(text.substr(0, fits)).append("…");
    if (columns < width) fits = text.size() - rest.size();
  }
  return std::string(text);
}

std::string_view head_of(std::string_view text, std::size_t size) {
  if (text.size() <= size) return text;
  std::size_t end = size;
  // A character has three more bytes at most; what is none is cut anywhere.
  while (end > 0 && size - end < 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, utf8_length(text.substr(end)) > size - end ? end : size);
}

}  // namespace skerry
