#include "shared/json_cursor.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "shared/hex.hpp"

namespace skerry {
namespace {

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

constexpr std::uint64_t kOnes = 0x0101010101010101;
constexpr std::uint64_t kHighs = 0x8080808080808080;

/// The high bit of every byte that is 0 up to and with the first one; above it, bits may be wrong.
constexpr std::uint64_t zero_bytes(std::uint64_t word) {
  return (word - kOnes) & ~word & kHighs;
}

/// The number of bytes of eight, from the left, that a string goes through without a thought: no quote, no
/// backslash, no control character.
std::size_t plain_bytes(const char* text) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word = 0;
  std::memcpy(&word, text, sizeof word);
  const std::uint64_t controls = (word - kOnes * 0x20) & ~word & kHighs;
  const std::uint64_t stops = controls | zero_bytes(word ^ kOnes * '"') | zero_bytes(word ^ kOnes * '\\');
  return static_cast<std::size_t>(std::countr_zero(stops)) / 8;
}

/// The brackets that are open, one bit each: set for `[`.
class Brackets {
 public:
  [[nodiscard]] bool empty() const { return depth_ == 0; }
  [[nodiscard]] bool full() const { return depth_ >= JsonCursor::kMaxDepth; }
  void push(bool array) {
    const std::uint64_t bit = std::uint64_t{1} << depth_ % 64;
    const std::size_t at = depth_ / 64;
    if (at >= words_.size() + more_.size()) more_.push_back(0);
    std::uint64_t& word = this->word(at);
    word = array ? word | bit : word & ~bit;
    ++depth_;
  }
  void pop() { --depth_; }
  [[nodiscard]] bool in_array() { return (word((depth_ - 1) / 64) >> (depth_ - 1) % 64 & 1) != 0; }

 private:
  std::uint64_t& word(std::size_t at) { return at < words_.size() ? words_[at] : more_[at - words_.size()]; }

  std::array<std::uint64_t, JsonCursor::kMaxDepth / 64>
      words_;  // NOLINT: written by push() before it is read
  std::vector<std::uint64_t> more_;
  std::size_t depth_ = 0;
};

}  // namespace

bool JsonCursor::damaged() {
  ok_ = false;
  at_ = text_.size();
  return false;
}

/// The next character that is no space, 0 where there is none. It is not passed.
char JsonCursor::next_char() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  return at_ < text_.size() ? text_[at_] : '\0';
}

char JsonCursor::peek() {
  return next_char();
}

bool JsonCursor::complete() {
  return next_char() == '\0' && at_ == text_.size() && ok_;
}

bool JsonCursor::enter(char open) {
  if (next_char() != open || open == '\0') return damaged();
  ++at_;
  first_ = true;
  return true;
}

/// Passes the comma before a part that is not the first, or the closing bracket.
bool JsonCursor::next_part(char close) {
  const char c = next_char();
  const bool first = std::exchange(first_, false);
  if (c == close && ok_) {
    ++at_;
    return false;
  }
  if (first) return ok_;
  if (c != ',') return damaged();
  ++at_;
  return true;
}

std::optional<std::string_view> JsonCursor::member() {
  if (!next_part('}')) return std::nullopt;
  if (next_char() != '"') return damaged(), std::nullopt;
  const std::size_t begin = at_ + 1;
  if (!skip_string()) return damaged(), std::nullopt;
  const std::string_view name = text_.substr(begin, at_ - 1 - begin);
  if (next_char() != ':') return damaged(), std::nullopt;
  ++at_;
  return name;
}

bool JsonCursor::element() {
  return next_part(']');
}

std::string_view JsonCursor::value() {
  next_char();
  const std::size_t begin = at_;
  if (!skip_value()) {
    damaged();
    return {};
  }
  return text_.substr(begin, at_ - begin);
}

/// From an opening quote to behind the closing one.
bool JsonCursor::skip_string() {
  ++at_;
  for (;;) {
    if (text_.size() - at_ >= 8) {
      const std::size_t plain = plain_bytes(text_.data() + at_);
      at_ += plain;
      if (plain == 8) continue;
    } else if (at_ == text_.size()) {
      return false;
    }
    const char c = text_[at_++];
    if (c == '"') return true;
    if (c == '\\' ? !skip_escape() : static_cast<std::uint8_t>(c) < 0x20) return false;
  }
}

/// What follows a backslash.
bool JsonCursor::skip_escape() {
  if (at_ == text_.size()) return false;
  const char c = text_[at_++];
  if (c != 'u') return std::string_view("\"\\/bfnrt").contains(c);
  if (text_.size() - at_ < 4) return false;
  for (int i = 0; i < 4; ++i) {
    if (!is_hex_digit(text_[at_++])) return false;
  }
  return true;
}

bool JsonCursor::skip_digits() {
  const std::size_t begin = at_;
  while (at_ < text_.size() && is_digit(text_[at_])) ++at_;
  return at_ > begin;
}

bool JsonCursor::skip_number() {
  const auto pass = [&](std::string_view any) {
    const bool there = at_ < text_.size() && any.contains(text_[at_]);
    at_ += there ? 1 : 0;
    return there;
  };
  pass("-");
  if (!pass("0") && !skip_digits()) return false;
  if (pass(".") && !skip_digits()) return false;
  if (!pass("eE")) return true;
  pass("+-");
  return skip_digits();
}

bool JsonCursor::skip_literal(std::string_view literal) {
  if (!text_.substr(at_).starts_with(literal)) return false;
  at_ += literal.size();
  return true;
}

bool JsonCursor::skip_scalar(char first) {
  switch (first) {
    case '"': return skip_string();
    case 't': return skip_literal("true");
    case 'f': return skip_literal("false");
    case 'n': return skip_literal("null");
    default: return skip_number();
  }
}

bool JsonCursor::skip_value() {
  Brackets open;
  const auto pass_name = [&] {
    if (next_char() != '"' || !skip_string() || next_char() != ':') return false;
    ++at_;
    return true;
  };
  for (;;) {
    const char c = next_char();
    bool ended = true;  // a value ended here
    if (c == '{' || c == '[') {
      if (open.full()) {
        if (deep_ == Deep::is_damage) return false;
        passed_deep_ = true;
      }
      ++at_;
      if (next_char() == (c == '{' ? '}' : ']')) {
        ++at_;
      } else {
        open.push(c == '[');
        ended = false;
      }
    } else if (!skip_scalar(c)) {
      return false;
    }
    while (ended && !open.empty()) {
      const char after = next_char();
      ++at_;
      if (after == ',') break;
      if (after != (open.in_array() ? ']' : '}')) return false;
      open.pop();
    }
    if (open.empty()) return true;
    if (!open.in_array() && !pass_name()) return false;
  }
}

}  // namespace skerry
