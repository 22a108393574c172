#include "shared/printable.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "shared/json_text.hpp"

namespace skerry {
namespace {

TEST_CASE("what a terminal may be shown") {
  struct Case {
    std::string text;
    std::string shown;
  };
  const Case cases[] = {
      {"", ""},
      {"plain, with \"quotes\" and \\", "plain, with \"quotes\" and \\"},
      {"Zürich, Ελλάδα, 東京, 🦭", "Zürich, Ελλάδα, 東京, 🦭"},
      {"\x1b[31mred\x07", "\\u001b[31mred\\u0007"},
      {std::string("a\0b", 3), "a\\u0000b"},
      {"a\tb\rc\x7F", "a b\\u000dc\\u007f"},
      {"one\ntwo\r\nthree", "one two three"},
      {"\u0080\u0085\u009b31m\u009f", "\\u0080\\u0085\\u009b31m\\u009f"},  // C1, as UTF-8
      {"\x9b"
       "31m",
       "\\x9b31m"},  // and as a byte
      {"gpj\u202Eexe.", "gpj\\u202eexe."},
      {"\u2066a\u2069\u200E\u200F\u061C", "\\u2066a\\u2069\\u200e\\u200f\\u061c"},
      {"a\u2028b\u2029c", "a\\u2028b\\u2029c"},
      {"ad\u200Bmin\u200C\u200D\u2060\uFEFF\u00AD", "ad\\u200bmin\\u200c\\u200d\\u2060\\ufeff\\u00ad"},
      {"\u3164\uFFA0\u115F", "\\u3164\\uffa0\\u115f"},
      {"\U000E0041\U000E0100", "\\U000e0041\\U000e0100"},
      {"\uFFF9a\uFFFE", "\\ufff9a\\ufffe"},
      {"\xff\xc3", "\\xff\\xc3"},
      {"\xed\xa0\x80", "\\xed\\xa0\\x80"},  // a surrogate
      {"\xc0\xaf", "\\xc0\\xaf"},           // an overlong form
      {"\xe2\x82", "\\xe2\\x82"},
      {"❤\uFE0F", "❤\uFE0F"},
  };
  for (const auto& [text, shown] : cases) {
    CAPTURE(shown);
    CHECK(printable(text) == shown);
    CHECK(printable(shown) == shown);
    CHECK(is_utf8(printable(text)));
  }
  CHECK(printable("one\r\ntwo\x1b\n", Lines::kept) == "one\ntwo\\u001b\n");
}

TEST_CASE("JSON stays what it is") {
  const nlohmann::json value{{"a\u009b", "b\u202E\x1b\n\"\u2028\U000E0041é🦭\x7F"}, {"c", {1, "\u200B"}}};
  for (const int indent : {-1, 2}) {
    const auto text = printable_json(value.dump(indent));
    CAPTURE(text);
    CHECK(nlohmann::json::parse(text) == value);
    CHECK(printable(text, Lines::kept) == text);
  }
  CHECK(printable_json("\"\xff\"") == "\"\uFFFD\"");
  std::string out;
  append_printable_string(out, "a\u009b\"\xff\n");
  CHECK(out == R"("a\u009b\"�\n")");
}

TEST_CASE("cut between characters") {
  struct Case {
    std::string text;
    std::size_t width;
    std::string cut;
  };
  const Case cases[] = {
      {"abc", 3, "abc"},
      {"abcd", 3, "ab…"},
      {"äöüß", 3, "äö…"},
      {"äöü", 3, "äöü"},
      {"東京都", 6, "東京都"},
      {"東京都", 5, "東京…"},
      {"東京都", 4, "東…"},
      {"ab", 1, "…"},
      {"ab", 0, ""},
      {"e\u0301e\u0301e\u0301", 3, "e\u0301e\u0301e\u0301"},
      {"e\u0301e\u0301e\u0301", 2, "e\u0301…"},
      {"👍\U0001F3FD👍", 4, "👍\U0001F3FD👍"},
      {"👍\U0001F3FD👍", 3, "👍\U0001F3FD…"},
      {"", 0, ""},
  };
  for (const auto& [text, width, cut] : cases) {
    CAPTURE(text);
    CAPTURE(width);
    CHECK(shortened(text, width) == cut);
  }
  const std::string text = "aé東🦭";  // 1 + 2 + 3 + 4 bytes
  const std::size_t sizes[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10};
  for (std::size_t size = 0; size < std::size(sizes); ++size) {
    CAPTURE(size);
    CHECK(head_of(text, size).size() == sizes[size]);
  }
  CHECK(head_of(std::string(9, '\x80'), 5).size() == 5);
  CHECK(head_of("\xff\xff\xff", 2).size() == 2);
}

}  // namespace
}  // namespace skerry
