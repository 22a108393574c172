#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace skerry {

/// Cuts a JSON text (RFC 8259) into the raw texts of its parts without building a tree: linear, no
/// allocation, aware of strings, so that braces and commas inside them don't count. It finds where values
/// begin and end and that brackets match; it does not check numbers, literals or escapes, nor, inside of a
/// part, where commas and colons stand. A part is at most 64 levels deep.
///
///     JsonSlicer rows(array_text);
///     for (rows.enter('['); auto row = rows.next();) use(row->value);
///     if (!rows.complete()) …the text is damaged
class JsonSlicer {
 public:
  struct Part {
    std::string_view key;    ///< between its quotes, still escaped; empty in an array
    std::string_view value;  ///< raw: a string with its quotes, an object with its braces
  };

  explicit JsonSlicer(std::string_view text) : text_(text) {}

  /// Enters the object (`{`) or array (`[`) that the text is. False if it is something else.
  bool enter(char open);
  /// The next member or element; nothing at the end and at the first damage.
  std::optional<Part> next();
  /// True once the closing bracket was reached with nothing but white space behind it.
  [[nodiscard]] bool complete() const { return state_ == State::complete; }
  /// Where reading stands in the text: behind the last part.
  [[nodiscard]] std::size_t position() const { return at_; }

 private:
  enum class State { outside, first, later, complete, damaged };

  void skip_space();
  bool skip_string();
  bool skip_value();
  std::optional<Part> damaged();

  std::string_view text_;
  std::size_t at_ = 0;
  State state_ = State::outside;
  char close_ = 0;
};

/// The content of a raw JSON string that holds no escape; nothing for other values and for strings with one.
std::optional<std::string_view> plain_string(std::string_view value);

}  // namespace skerry
