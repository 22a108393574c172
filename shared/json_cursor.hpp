#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace skerry {

/// Reads a JSON text (RFC 8259) from left to right in one pass, entering what matters and skipping the rest
/// as raw text. Linear, no tree, no allocation but for deep values. Everything that it passes is checked:
/// structure, numbers, literals, escapes, control characters; not that strings are UTF-8, escaped surrogates
/// are pairs and names are unique. What is skipped is at most `kMaxDepth` levels deep; what is entered counts
/// for itself. Deeper values are damage, or are passed, at a bit of memory a level, for who asks
/// `passed_deep()` of each.
///
///     JsonCursor json(text);
///     if (json.enter('{')) {
///       while (auto name = json.member()) {
///         if (*name == "batch" && json.peek() == '[' && json.enter('[')) {
///           while (json.element()) use(json.value());
///         } else {
///           json.value();
///         }
///       }
///     }
///     if (!json.complete()) …the text is damaged
///
/// After the first damage everything is empty and `complete()` is false, so that it need be asked only once.
class JsonCursor {
 public:
  static constexpr int kMaxDepth = 512;

  enum class Deep : std::uint8_t { is_damage, passes };

  explicit JsonCursor(std::string_view text, Deep deep = Deep::is_damage) : text_(text), deep_(deep) {}

  /// The first character of the value that comes next; 0 at the end and after damage.
  char peek();
  /// Enters the object (`{`) or array (`[`) that comes next; anything else is damage.
  bool enter(char open);
  /// In an object: goes to the next member's value and returns its name, between its quotes and still
  /// escaped. Nothing, and behind the object, after the last one.
  std::optional<std::string_view> member();
  /// In an array: goes to the next element. False, and behind the array, after the last one.
  bool element();
  /// Passes the next value and returns its raw text: a string with its quotes, an object with its braces.
  std::string_view value();
  /// True if a value was passed since it was asked last that is more than `kMaxDepth` levels deep.
  bool passed_deep() { return std::exchange(passed_deep_, false); }
  /// Where reading stands in the text.
  [[nodiscard]] std::size_t position() const { return at_; }
  /// True if the text was read to its end, and nothing was wrong.
  bool complete();

 private:
  char next_char();
  bool next_part(char close);
  bool skip_value();
  bool skip_string();
  bool skip_escape();
  bool skip_number();
  bool skip_digits();
  bool skip_literal(std::string_view literal);
  bool skip_scalar(char first);
  bool damaged();

  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = false;  ///< in a container of which no part was read yet
  bool ok_ = true;
  Deep deep_;
  bool passed_deep_ = false;
};

}  // namespace skerry
