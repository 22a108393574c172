#pragma once

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "shared/http.hpp"

namespace skerry::broker {

/// What pages of folder listings are cut into: enough of HTML for them, and for XML.

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
inline bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

struct Tag {
  std::string_view name;  ///< as it is written, without the slash
  std::string_view attributes;
  bool closes = false;

  [[nodiscard]] bool is(std::string_view wanted) const {
    return name.size() == wanted.size() && equal_ignoring_case(name, wanted);
  }
};

/// Cuts a page into texts and tags in one pass. Comments and declarations are dropped.
class Scanner {
 public:
  explicit Scanner(std::string_view html) : html_(html) {}

  /// Moves to the next tag. False at the end of the page; `text` then is its last text.
  bool next() {
    const auto begin = at_;
    for (;;) {
      at_ = html_.find('<', at_);
      if (at_ == std::string_view::npos || at_ + 1 == html_.size()) {
        text = html_.substr(begin);
        at_ = html_.size();
        return false;
      }
      const char c = html_[at_ + 1];
      if (is_letter(c) || c == '/' || c == '!' || c == '?') break;
      ++at_;
    }
    text = html_.substr(begin, at_ - begin);
    return html_.substr(at_).starts_with("<!--") ? skip_comment() : read_tag();
  }

  std::string_view text;  ///< between the last tag and this one
  Tag tag;

 private:
  bool skip_comment() {
    const auto end = html_.find("-->", at_);
    at_ = end == std::string_view::npos ? html_.size() : end + 3;
    tag = {};
    return end != std::string_view::npos;
  }

  bool read_tag() {
    const auto begin = at_ + 1;
    const auto end = end_of_tag(begin);
    if (end == std::string_view::npos) {
      at_ = html_.size();
      return false;
    }
    at_ = end + 1;
    tag.attributes = html_.substr(begin, end - begin);
    tag.closes = tag.attributes.starts_with('/');
    if (tag.closes) tag.attributes.remove_prefix(1);
    const auto name_end =
        std::ranges::find_if(tag.attributes, [](char c) { return is_space(c) || c == '/'; });
    tag.name = {tag.attributes.begin(), name_end};
    tag.attributes.remove_prefix(tag.name.size());
    return true;
  }

  /// Where the tag's `>` is: quoted ones don't count.
  [[nodiscard]] std::size_t end_of_tag(std::size_t at) const {
    for (char quote = 0; at < html_.size(); ++at) {
      const char c = html_[at];
      if (quote != 0) {
        if (c == quote) quote = 0;
      } else if (c == '>') {
        return at;
      } else if (c == '"' || c == '\'') {
        quote = c;
      }
    }
    return std::string_view::npos;
  }

  std::string_view html_;
  std::size_t at_ = 0;
};

/// The value of an attribute, undecoded.
std::optional<std::string_view> attribute(std::string_view rest, std::string_view wanted);

/// The href with its character references resolved, and then its percent-encoded letters, digits, `-._~`
/// (RFC 3986 §6.2.2.2: with and without they are one name); `store` keeps the text if it had any. A reference
/// that is no ASCII character, and so no part of a file's name, comes back as '\0'.
std::string_view decoded_href(std::string_view href, std::deque<std::string>& store);

/// The percent-encoded letters, digits and `-._~` of a URL as themselves.
std::string decode_unreserved(std::string_view url);

}  // namespace skerry::broker
