#include "shared/json_text.hpp"

#include <random>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry {
namespace {

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

TEST_CASE("append_json_string") {
  struct Case {
    std::string_view text, expected;
  };
  const Case cases[] = {
      {"", R"("")"},
      {"rrc00", R"("rrc00")"},
      {R"(say "a\b/")", R"("say \"a\\b/\"")"},
      {"\n\r\t", R"("\n\r\t")"},
      {std::string_view("\0\b\f\x1f", 4), R"("\u0000\u0008\u000c\u001f")"},
      {"\x7f", "\"\x7f\""},
      {"h\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a", "\"h\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a\""},
      {"a\xff"
       "b",
       "\"a\xef\xbf\xbd"
       "b\""},
      {"\xc3", "\"\xef\xbf\xbd\""},
      {"\xc3\"", "\"\xef\xbf\xbd\\\"\""},  // a lead byte does not swallow the quote behind it
      {"\xe2\x82", "\"\xef\xbf\xbd\xef\xbf\xbd\""},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    CHECK(json_string(text) == expected);
  }
  std::string out = "[";
  append_json_string(out, "a");
  CHECK(out == "[\"a\"");
}

TEST_CASE("read_json_string") {
  struct Case {
    std::string_view value;
    std::optional<std::string> expected;
  };
  const Case cases[] = {
      {R"("")", ""},
      {R"("rrc00")", "rrc00"},
      {R"("\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"("a\u0000b")", std::string("a\0b", 3)},
      {R"("\u00e9\u20AC\ud83c\udf0a")", "\xc3\xa9\xe2\x82\xac\xf0\x9f\x8c\x8a"},
      {R"("\ud83c")", "\xef\xbf\xbd"},
      {R"("\ud83c\u0041")",
       "\xef\xbf\xbd"
       "A"},
      {R"("\udf0a\ud83c")", "\xef\xbf\xbd\xef\xbf\xbd"},
      {"\"\xff\"", "\xff"},
      {"", std::nullopt},
      {"\"", std::nullopt},
      {"7", std::nullopt},
      {"null", std::nullopt},
      {R"("a"b")", std::nullopt},
      {R"("\")", std::nullopt},
      {R"("\x")", std::nullopt},
      {R"("\u12")", std::nullopt},
      {R"("\u12g4")", std::nullopt},
      {R"("\u")", std::nullopt},
  };
  for (const auto& [value, expected] : cases) {
    CAPTURE(std::string(value));
    CHECK(read_json_string(value) == expected);
  }
}

TEST_CASE("is_utf8") {
  for (const std::string_view good :
       {"", "a", "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"}) {
    CAPTURE(std::string(good));
    CHECK(is_utf8(good));
  }
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xc2", "\xc2\x7f", "\xc2\xc0", "\xe0\x9f\xbf", "\xe0\xa0",
        "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80", "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80", "\xff", "ok\xe2\x82", "\xe2\x28\xa1"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(is_utf8(bad));
  }
}

TEST_CASE("any bytes become a JSON text, and UTF-8 comes back unchanged") {
  constexpr std::string_view kPieces[] = {
      "a",    "\"",   "\\",  "\n", "\x01", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x8c\x8a", "\xed\xa0\x80",
      "\xc3", "\xff", "\x80"};
  std::mt19937 random(7);
  int intact = 0;
  for (int i = 0; i < 5'000; ++i) {
    std::string text;
    const std::size_t variety = random() % 2 == 0 ? 8 : std::size(kPieces);
    for (std::size_t n = random() % 12; n > 0; --n) text += kPieces[random() % variety];
    CAPTURE(text);
    const nlohmann::json back = nlohmann::json::parse(json_string(text), nullptr, false);
    REQUIRE(back.is_string());
    CHECK((back == text) == is_utf8(text));
    CHECK(read_json_string(json_string(text)) == back.get<std::string>());
    intact += is_utf8(text) ? 1 : 0;
  }
  CHECK(intact > 2'500);
  CHECK(intact < 5'000);
}

}  // namespace
}  // namespace skerry

TEST_CASE("an exact string has no half of a surrogate pair") {
  using skerry::read_exact_json_string;
  using skerry::read_json_string;
  for (const char* text :
       {R"("\ud800")", R"("\udc01")", R"("\ud800\ud800")", R"("a\ud83dx")", R"("\ude00\ud83d")"}) {
    CAPTURE(text);
    CHECK(read_json_string(text));
    CHECK_FALSE(read_exact_json_string(text));
  }
  CHECK(read_exact_json_string(R"("\ud83d\ude00\u00e4")") == "😀ä");
  CHECK_FALSE(read_exact_json_string("1"));
}
