#include "functions/tracker/lz_string.hpp"

#include <cstdint>
#include <optional>
#include <vector>

#include "shared/json_text.hpp"

namespace skerry::functions {
namespace {

constexpr std::uint32_t kByteFollows = 0, kUnitFollows = 1, kEnd = 2, kFirstEntry = 3;

std::optional<std::uint32_t> six_bits(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == ' ' || c == '-') return 62;
  if (c == '/' || c == '_') return 63;
  return std::nullopt;
}

/// Numbers with their lowest bit first, out of characters with their highest bit first.
class Bits {
 public:
  explicit Bits(std::string_view text) : text_(text.substr(0, text.find('='))) {}

  std::optional<std::uint32_t> take(unsigned count) {
    std::uint32_t number = 0;
    for (unsigned i = 0; i < count; ++i) {
      if (left_ == 0) {
        if (at_ == text_.size()) return std::nullopt;
        const auto six = six_bits(text_[at_++]);
        if (!six) return std::nullopt;
        bits_ = *six;
        left_ = 6;
      }
      number |= (bits_ >> --left_ & 1U) << i;
    }
    return number;
  }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t bits_ = 0;
  unsigned left_ = 0;
};

/// Every phrase stands in what was put out already, a new one where the last one and one unit more do:
/// nothing of the dictionary is copied.
struct Phrase {
  std::uint32_t begin;
  std::uint32_t size;
};

std::unexpected<Error> damaged() {
  return fail("lz64_invalid", "The body is not lz64, or damaged.");
}

std::string to_utf8(const std::u16string& units) {
  std::string out;
  out.reserve(units.size());
  for (std::size_t i = 0; i < units.size(); ++i) {
    char32_t code = units[i];
    const bool high = code >= 0xD800 && code < 0xDC00;
    if (high && i + 1 < units.size() && units[i + 1] >= 0xDC00 && units[i + 1] <= 0xDFFF) {
      code = 0x10000 + ((code & 0x3FF) << 10) + (units[++i] & 0x3FF);
    } else if (code >= 0xD800 && code <= 0xDFFF) {
      code = 0xFFFD;
    }
    append_utf8(out, code);
  }
  return out;
}

}  // namespace

Result<std::string> lz_string_decode(std::string_view base64, std::size_t cap) {
  Bits bits(base64);
  std::u16string out;
  std::vector<Phrase> phrases;
  // What codes stand for from `kFirstEntry` on. A code gets a bit more when all of its numbers are given
  // away.
  unsigned width = 2;
  std::uint32_t numbers_left = 1;
  const auto give_number = [&](Phrase phrase) {
    phrases.push_back(phrase);
    if (--numbers_left == 0) numbers_left = 1U << width++;
  };
  for (Phrase last{.begin = 0, .size = 0};;) {
    const auto code = bits.take(width);
    if (!code) return damaged();
    if (*code == kEnd) return to_utf8(out);
    const auto begin = static_cast<std::uint32_t>(out.size());
    Phrase phrase{.begin = begin, .size = 1};
    if (*code == kByteFollows || *code == kUnitFollows) {
      const auto unit = bits.take(*code == kByteFollows ? 8 : 16);
      if (!unit) return damaged();
      if (out.size() == cap) return fail("lz64_too_large", "The body is too large.");
      out.push_back(static_cast<char16_t>(*unit));
      give_number(phrase);
    } else {
      const std::size_t entry = *code - kFirstEntry;
      if (entry > phrases.size() || last.size == 0) return damaged();
      // The number that is given next: the last phrase and its own first unit.
      const Phrase from =
          entry < phrases.size() ? phrases[entry] : Phrase{.begin = last.begin, .size = last.size + 1};
      if (from.size > cap - out.size()) return fail("lz64_too_large", "The body is too large.");
      for (std::uint32_t i = 0; i < from.size; ++i) out.push_back(out[from.begin + i]);
      phrase.size = from.size;
    }
    if (last.size != 0) give_number({.begin = last.begin, .size = last.size + 1});
    last = phrase;
  }
}

}  // namespace skerry::functions
