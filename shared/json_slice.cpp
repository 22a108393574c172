#include "shared/json_slice.hpp"

#include <cstdint>

namespace skerry {
namespace {

constexpr int kMaxDepth = 64;

constexpr bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

/// What a number or a literal is made of.
constexpr bool is_scalar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '+' || c == '.' || c == 'E';
}

}  // namespace

void JsonSlicer::skip_space() {
  while (at_ < text_.size() && is_space(text_[at_])) ++at_;
}

/// From an opening quote to behind the closing one. Control characters may not stand bare in a string.
bool JsonSlicer::skip_string() {
  for (++at_; at_ < text_.size(); ++at_) {
    const char c = text_[at_];
    if (c == '"') {
      ++at_;
      return true;
    }
    if (c == '\\') {
      if (++at_ == text_.size()) return false;
    } else if (static_cast<std::uint8_t>(c) < 0x20) {
      return false;
    }
  }
  return false;
}

bool JsonSlicer::skip_value() {
  std::uint64_t arrays = 0;  // bit n: the bracket that is open at depth n is `[`
  int depth = 0;
  do {
    skip_space();
    if (at_ >= text_.size()) return false;
    const char c = text_[at_];
    if (c == '"') {
      if (!skip_string()) return false;
    } else if (c == '{' || c == '[') {
      if (depth == kMaxDepth) return false;
      const std::uint64_t bit = std::uint64_t{1} << depth++;
      arrays = c == '[' ? arrays | bit : arrays & ~bit;
      ++at_;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return false;
      --depth;
      if (((arrays >> depth & 1) != 0) != (c == ']')) return false;
      ++at_;
    } else if ((c == ',' || c == ':') && depth > 0) {
      ++at_;
    } else if (is_scalar(c)) {
      while (at_ < text_.size() && is_scalar(text_[at_])) ++at_;
    } else {
      return false;
    }
  } while (depth > 0);
  return true;
}

std::optional<JsonSlicer::Part> JsonSlicer::damaged() {
  state_ = State::damaged;
  return std::nullopt;
}

bool JsonSlicer::enter(char open) {
  skip_space();
  if (state_ != State::outside || at_ >= text_.size() || text_[at_] != open) {
    damaged();
    return false;
  }
  ++at_;
  close_ = open == '[' ? ']' : '}';
  state_ = State::first;
  return true;
}

std::optional<JsonSlicer::Part> JsonSlicer::next() {
  if (state_ != State::first && state_ != State::later) return std::nullopt;
  skip_space();
  if (at_ < text_.size() && text_[at_] == close_) {
    ++at_;
    skip_space();
    state_ = at_ == text_.size() ? State::complete : State::damaged;
    return std::nullopt;
  }
  if (state_ == State::later) {
    if (at_ >= text_.size() || text_[at_] != ',') return damaged();
    ++at_;
    skip_space();
  }
  Part part;
  if (close_ == '}') {
    const std::size_t quote = at_;
    if (at_ >= text_.size() || text_[at_] != '"' || !skip_string()) return damaged();
    part.key = text_.substr(quote + 1, at_ - quote - 2);
    skip_space();
    if (at_ >= text_.size() || text_[at_] != ':') return damaged();
    ++at_;
    skip_space();
  }
  const std::size_t begin = at_;
  if (!skip_value()) return damaged();
  part.value = text_.substr(begin, at_ - begin);
  state_ = State::later;
  return part;
}

std::optional<std::string_view> plain_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return std::nullopt;
  const std::string_view content = value.substr(1, value.size() - 2);
  if (content.contains('\\')) return std::nullopt;
  return content;
}

}  // namespace skerry
