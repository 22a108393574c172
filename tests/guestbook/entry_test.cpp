#include "tests/guestbook/entry.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::guestbook {
namespace {

TEST_CASE("an entry is an object with a name and a text") {
  const auto entry = parse_entry(R"({"name": "Ada", "text": "a\tb\\", "more": [1]})");
  REQUIRE(entry);
  CHECK(entry->name == "Ada");
  CHECK(entry->text == "a\tb\\");
  for (const std::string& bad : std::vector<std::string>{
           "", "[]", "{", "null", R"({"name": "Ada"})", R"({"name": 1, "text": ""})",
           R"({"name": "", "text": ""})", R"({"name": "a\u0000", "text": ""})",
           R"({"name": "a", "text": "\ud800"})", "{\"name\": \"a\", \"text\": \"\xc3\x28\"}",
           R"({"name": ")" + std::string(201, 'a') + R"(", "text": ""})",
           R"({"name": "a", "text": ")" + std::string(kLongestLine, 'a') + R"("})",
           std::string(kLongestLine, '[')}) {
    CAPTURE(bad.substr(0, 60));
    const auto refused = parse_entry(bad);
    REQUIRE(!refused);
    CHECK(refused.error().code == "bad_entry");
    CHECK(refused.error().kind == ErrorKind::usage);
  }
}

TEST_CASE("lines come in pieces of any size") {
  const std::string text =
      "{\"name\": \"a\", \"text\": \"1\"}\n\r\n{\"name\": \"b\\t\", \"text\": \"2\\n\"}\r\n"
      "{\"name\": \"c\", \"text\": \"\"}";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    CAPTURE(size);
    EntryLines lines;
    std::string copy;
    for (std::size_t at = 0; at < text.size(); at += size) REQUIRE(lines.take(text.substr(at, size), copy));
    REQUIRE(lines.end(copy));
    CHECK(copy == "a\t1\nb\\t\t2\\n\nc\t\n");
  }
}

TEST_CASE("a bad line is named, and one without an end is not kept") {
  EntryLines lines;
  std::string copy;
  const auto refused = lines.take("\n{\"name\": \"a\", \"text\": \"1\"}\nx\n", copy);
  REQUIRE(!refused);
  CHECK(refused.error().message.starts_with("Line 3: "));

  EntryLines endless;
  std::size_t taken = 0;
  const std::string piece(1000, '[');
  while (endless.take(piece, copy)) REQUIRE((taken += piece.size()) <= kLongestLine);
  CHECK(taken > kLongestLine - piece.size());
}

}  // namespace
}  // namespace skerry::guestbook
