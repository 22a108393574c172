#include "shared/json_cursor.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace skerry;

namespace {

bool whole_value(std::string_view text) {
  JsonCursor json(text);
  json.value();
  return json.complete();
}

}  // namespace

TEST_CASE("a value passes if, and only if, it is JSON") {
  for (const std::string& text : std::initializer_list<std::string>{"",
                                                                    " ",
                                                                    "0",
                                                                    "-0",
                                                                    "00",
                                                                    "-",
                                                                    "+1",
                                                                    "1.",
                                                                    ".1",
                                                                    "1.0",
                                                                    "1e5",
                                                                    "1E+5",
                                                                    "1e",
                                                                    "1e+",
                                                                    "1.5e-10",
                                                                    "01",
                                                                    "-01",
                                                                    "0x1",
                                                                    "1 2",
                                                                    "true",
                                                                    "false",
                                                                    "null",
                                                                    "tru",
                                                                    "truex",
                                                                    "nul",
                                                                    "NaN",
                                                                    "Infinity",
                                                                    "True",
                                                                    R"("")",
                                                                    R"(")",
                                                                    R"("a)",
                                                                    R"("a"b)",
                                                                    R"("\"")",
                                                                    R"("\\")",
                                                                    R"("\)",
                                                                    R"("\x")",
                                                                    R"("\u12g4")",
                                                                    R"("\u1234")",
                                                                    R"("\u123")",
                                                                    R"("\u123)",
                                                                    "\"\t\"",
                                                                    "\"\x1f\"",
                                                                    "\"\x7f\"",
                                                                    "\"1234567\"",
                                                                    "\"12345678\"",
                                                                    "\"123456789\"",
                                                                    "\"1234567",
                                                                    "\"12345678",
                                                                    R"("123456\"78")",
                                                                    "\"1234567\n\"",
                                                                    "\"ä€😀\"",
                                                                    "{}",
                                                                    "[]",
                                                                    "{",
                                                                    "}",
                                                                    "[",
                                                                    "]",
                                                                    "[}",
                                                                    "{]",
                                                                    "[1]",
                                                                    "[1,]",
                                                                    "[,1]",
                                                                    "[,]",
                                                                    "[1 2]",
                                                                    "[1,2]",
                                                                    "[[]]",
                                                                    "[[],{}]",
                                                                    "[[],",
                                                                    R"({"a":1})",
                                                                    R"({"a":1,})",
                                                                    R"({"a"})",
                                                                    R"({"a":})",
                                                                    R"({"a",1})",
                                                                    R"({a:1})",
                                                                    R"({"a":1 "b":2})",
                                                                    R"({"a":1,"b":{"c":[{"d":null}]}})",
                                                                    R"({"a":1,"a":2})",
                                                                    R"({"":""})",
                                                                    R"({1:2})",
                                                                    "[1]]",
                                                                    "{}{}",
                                                                    "//x\n1",
                                                                    " \t\r\n[ 1 , 2 ] ",
                                                                    "\v1",
                                                                    "'a'",
                                                                    R"(["a","b","}"])",
                                                                    R"([{"[":"{"}])"}) {
    CAPTURE(text);
    CHECK(whole_value(text) == nlohmann::json::accept(text));
  }
}

TEST_CASE("half a surrogate pair passes: it becomes U+FFFD where it is read") {
  for (const char* text : {R"("\ud83c")", R"({"a":"\udaaa\n"})", R"(["\uDf0a\uD83C"])"}) {
    CAPTURE(text);
    CHECK(whole_value(text));
  }
}

TEST_CASE("a NUL ends nothing") {
  CHECK_FALSE(whole_value(std::string_view("1\0", 2)));
  CHECK_FALSE(whole_value(std::string_view("[1\0]", 4)));
  CHECK_FALSE(whole_value(std::string_view("\0", 1)));
}

TEST_CASE("a text that was cut anywhere is damaged") {
  const std::string text = R"({"a":[1.5e3,true,null,"x\u00e4y"],"b":{"c":{}}})";
  REQUIRE(whole_value(text));
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(whole_value(text.substr(0, size)));
  }
}

TEST_CASE("members and elements are entered or passed") {
  const std::string_view text = R"( {"a": 1, "batch" :[ {"id":"x"} ,2, [] ], "\u0062":{"c":[{}]} } )";
  JsonCursor json(text);
  std::vector<std::string> seen;
  REQUIRE(json.peek() == '{');
  REQUIRE(json.enter('{'));
  while (const auto name = json.member()) {
    if (*name == "batch" && json.peek() == '[' && json.enter('[')) {
      while (json.element()) seen.emplace_back(json.value());
    } else {
      seen.push_back(std::string(*name) + "=" + std::string(json.value()));
    }
  }
  CHECK(json.complete());
  CHECK(seen == std::vector<std::string>{"a=1", R"({"id":"x"})", "2", "[]", R"(\u0062={"c":[{}]})"});
}

TEST_CASE("damage between parts") {
  const auto reads = [](std::string_view text, char open) {
    JsonCursor json(text);
    std::size_t parts = 0;
    if (json.enter(open)) {
      while (open == '[' ? json.element() : json.member().has_value()) {
        json.value();
        ++parts;
      }
    }
    return json.complete() ? static_cast<int>(parts) : -1;
  };
  struct Case {
    std::string_view text;
    char open;
    int parts;  // -1: damaged
  };
  for (const auto& [text, open, parts] : {Case{"[]", '[', 0},
                                          {"[ ]", '[', 0},
                                          {"[1,2]", '[', 2},
                                          {"[1,]", '[', -1},
                                          {"[,1]", '[', -1},
                                          {"[1 2]", '[', -1},
                                          {"[1", '[', -1},
                                          {"[1]x", '[', -1},
                                          {"[1}", '[', -1},
                                          {"{}", '[', -1},
                                          {"", '[', -1},
                                          {"{}", '{', 0},
                                          {R"({"a":1})", '{', 1},
                                          {R"({"a":1,})", '{', -1},
                                          {R"({"a" 1})", '{', -1},
                                          {R"({"a":1]})", '{', -1},
                                          {R"({1:1})", '{', -1},
                                          {R"({"a":1}{)", '{', -1}}) {
    CAPTURE(std::string(text));
    CHECK(reads(text, open) == parts);
  }
}

TEST_CASE("the depth is bounded, and no stack grows with it") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  CHECK(whole_value(nested(JsonCursor::kMaxDepth)));
  CHECK_FALSE(whole_value(nested(JsonCursor::kMaxDepth + 1)));
  CHECK_FALSE(whole_value(std::string(1'000'000, '[')));
  std::string mixed;
  for (int i = 0; i < 200; ++i) mixed += R"([{"a":)";
  mixed += '1';
  for (int i = 0; i < 200; ++i) mixed += "}]";
  CHECK(whole_value(mixed));
}

TEST_CASE("after damage nothing more comes") {
  JsonCursor json("[1,?,2]");
  REQUIRE(json.enter('['));
  CHECK(json.element());
  CHECK(json.value() == "1");
  CHECK(json.element());
  CHECK(json.value().empty());
  CHECK_FALSE(json.element());
  CHECK_FALSE(json.member());
  CHECK_FALSE(json.enter('['));
  CHECK(json.value().empty());
  CHECK(json.peek() == '\0');
  CHECK_FALSE(json.complete());
}

TEST_CASE("deep values are damage, or pass and are told") {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  for (const int depth : {1, 512, 513, 576, 577, 100'000}) {
    CAPTURE(depth);
    const bool deep = depth > JsonCursor::kMaxDepth;
    CHECK(whole_value(nested(depth)) == !deep);
    const std::string text = '[' + nested(depth) + ",1]";
    JsonCursor json(text, JsonCursor::Deep::passes);
    json.enter('[');
    REQUIRE(json.element());
    CHECK(json.value() == nested(depth));
    CHECK(json.passed_deep() == deep);
    CHECK_FALSE(json.passed_deep());
    REQUIRE(json.element());
    CHECK(json.value() == "1");
    CHECK_FALSE(json.passed_deep());
    CHECK_FALSE(json.element());
    CHECK(json.complete());
  }
  std::string mixed, ends;
  for (int i = 0; i < 700; ++i) {
    mixed += i % 3 == 0 ? R"({"a":)" : "[";
    ends.insert(0, i % 3 == 0 ? "}" : "]");
  }
  const std::pair<std::string, bool> cases[] = {{mixed + '1' + ends, true},
                                                {mixed + ends, false},
                                                {mixed + '1' + ends + ']', false},
                                                {mixed + "1]" + ends, false}};
  for (const auto& [text, passes] : cases) {
    JsonCursor json(text, JsonCursor::Deep::passes);
    json.value();
    CHECK(json.complete() == passes);
  }
}
