#include "shared/json_slice.hpp"

#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry {
namespace {

using Json = nlohmann::json;

struct Walk {
  std::vector<std::pair<std::string, std::string>> parts;
  bool complete = false;
};

Walk walk(std::string_view text, char open) {
  Walk out;
  JsonSlicer slicer(text);
  for (slicer.enter(open); const auto part = slicer.next();) {
    out.parts.emplace_back(part->key, part->value);
    const char* const end = part->value.data() + part->value.size();
    REQUIRE(part->value.data() >= text.data());
    REQUIRE(end == text.data() + slicer.position());
  }
  out.complete = slicer.complete();
  REQUIRE(slicer.position() <= text.size());
  REQUIRE_FALSE(slicer.next());  // it stays at its end
  REQUIRE(slicer.complete() == out.complete);
  return out;
}

TEST_CASE("whole texts") {
  struct Case {
    std::string_view text;
    std::vector<std::pair<std::string, std::string>> expected;
  };
  const Case cases[] = {
      {"[]", {}},
      {" \t\r\n[ \n] \n", {}},
      {"{}", {}},
      {"[1]", {{"", "1"}}},
      {"[ 1 , -2.5E+3 ,true,null ]", {{"", "1"}, {"", "-2.5E+3"}, {"", "true"}, {"", "null"}}},
      {R"(["a","",","])", {{"", R"("a")"}, {"", R"("")"}, {"", R"(",")"}}},
      {R"(["\"]","\\","\\\"["])", {{"", R"("\"]")"}, {"", R"("\\")"}, {"", R"("\\\"[")"}}},
      {R"([{"a":"}]"},[[],{}]])", {{"", R"({"a":"}]"})"}, {"", "[[],{}]"}}},
      {R"([ { "a" : [ 1 , 2 ] } ])", {{"", R"({ "a" : [ 1 , 2 ] })"}}},
      {R"({"a":1,"a":2})", {{"a", "1"}, {"a", "2"}}},
      {R"({ "" : "" , "\"" : { } })", {{"", R"("")"}, {R"(\")", "{ }"}}},
      {"[\"\xff\xfe\",\"h\xc3\xa9\"]", {{"", "\"\xff\xfe\""}, {"", "\"h\xc3\xa9\""}}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    const Walk found = walk(text, text.contains('{') && text.find('{') < text.find('[') ? '{' : '[');
    CHECK(found.complete);
    CHECK(found.parts == expected);
  }
}

TEST_CASE("damaged texts") {
  struct Case {
    std::string_view text;
    std::size_t parts;  ///< before the damage
  };
  const Case cases[] = {
      {"", 0},
      {" ", 0},
      {"1", 0},
      {"\"[\"", 0},
      {"]", 0},
      {"[", 0},
      {"[1", 1},
      {"[1,", 1},
      {"[1,]", 1},
      {"[,1]", 0},
      {"[1,,2]", 1},
      {"[1 2]", 1},
      {"[1]]", 1},
      {"[1] x", 1},
      {"[1][2]", 1},
      {"[1}", 1},
      {"[}", 0},
      {"[{]", 0},
      {"[{]}]", 0},
      {"[[}]", 0},
      {"[\"a]", 0},
      {"[\"a\\\"]", 0},
      {"[\"a\\", 0},
      {"[\"a\nb\"]", 0},
      {"[1:2]", 1},
      {"[?]", 0},
      {"[TRUE]", 0},
      {"['a']", 0},
      {"[/**/1]", 0},
      {"[\xc2\xa0]", 0},
      {"\xef\xbb\xbf[1]", 0},
      {std::string_view("[1\0]", 4), 1},
      {std::string_view("[1]\0", 4), 1},
      {"{", 0},
      {"{\"", 0},
      {"{\"a", 0},
      {"{\"a\"", 0},
      {"{\"a\":", 0},
      {"{\"a\":}", 0},
      {"{\"a\":1", 1},
      {"{\"a\":1,}", 1},
      {"{\"a\":1 \"b\":2}", 1},
      {"{\"a\" 1}", 0},
      {"{a:1}", 0},
      {"{1:1}", 0},
      {"{,}", 0},
      {"{\"a\":1]", 1},
      {"{\"a\",1}", 0},
  };
  for (const auto& [text, parts] : cases) {
    CAPTURE(std::string(text));
    const Walk found = walk(text, text.starts_with('{') ? '{' : '[');
    CHECK_FALSE(found.complete);
    CHECK(found.parts.size() == parts);
  }
}

TEST_CASE("enter takes what it is told, once") {
  CHECK_FALSE(JsonSlicer("{}").enter('['));
  CHECK_FALSE(JsonSlicer("[]").enter('{'));
  JsonSlicer slicer("[1]");
  CHECK_FALSE(slicer.next());
  CHECK(slicer.enter('['));
  CHECK_FALSE(slicer.enter('['));
  CHECK_FALSE(slicer.next());
  CHECK_FALSE(slicer.complete());
}

TEST_CASE("a part is at most 64 levels deep") {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const auto braces = [](int depth) {
    std::string out;
    for (int i = 0; i < depth; ++i) out += "{\"a\":";
    return out + "1" + std::string(static_cast<std::size_t>(depth), '}');
  };
  CHECK(walk("[" + nested(64) + "]", '[').complete);
  CHECK_FALSE(walk("[" + nested(65) + "]", '[').complete);
  CHECK(walk("[" + braces(64) + "]", '[').complete);
  CHECK_FALSE(walk("[" + braces(65) + "]", '[').complete);
  CHECK_FALSE(walk(nested(1'000'000), '[').complete);
  CHECK_FALSE(walk(std::string(1'000'000, '['), '[').complete);
}

TEST_CASE("plain_string") {
  CHECK(plain_string(R"("ris")") == "ris");
  CHECK(plain_string(R"("")") == "");
  CHECK_FALSE(plain_string(R"("a\n")"));
  for (const std::string_view other : {"", "\"", "1", "null", "[\"a\"]", "\"a", "a\""})
    CHECK_FALSE(plain_string(other));
}

/// Random JSON text, with white space wherever it may stand.
class Writer {
 public:
  explicit Writer(unsigned seed) : random_(seed) {}

  std::size_t upto(std::size_t n) { return random_() % n; }
  std::string space() {
    constexpr std::string_view kSpaces[] = {"", "", "", " ", "\n", "\t", "\r\n", "  \n "};
    return std::string(kSpaces[upto(std::size(kSpaces))]);
  }
  std::string string() {
    constexpr std::string_view kPieces[] = {
        "a",        "rrc00",           "{",     "}",     "[", "]", ",",         ":",
        R"(\")",    R"(\\)",           R"(\/)", R"(\n)", "'", " ", R"(\u00e9)", R"(\ud83c\udf0a)",
        "\xc3\xa9", "\xf0\x9f\x8c\x8a"};
    std::string out = "\"";
    for (std::size_t n = upto(6); n > 0; --n) out += kPieces[upto(std::size(kPieces))];
    return out + '"';
  }
  std::string value(int depth) {
    constexpr std::string_view kScalars[] = {"0",       "-1",   "12.5",  "1e9", "1E-9",
                                             "-0.0e+1", "true", "false", "null"};
    switch (upto(depth > 0 ? 4 : 2)) {
      case 0: return std::string(kScalars[upto(std::size(kScalars))]);
      case 1: return string();
      case 2: return container('[', depth).text;
      default: return container('{', depth).text;
    }
  }
  struct Container {
    std::string text;
    std::vector<std::pair<std::string, std::string>> parts;
  };
  Container container(char open, int depth) {
    Container out;
    out.text = open;
    for (std::size_t i = 0, count = upto(5); i < count; ++i) {
      const std::string key = open == '{' ? string() : "";
      const std::string part = value(depth - 1);
      out.text += (i == 0 ? "" : ",") + space();
      if (open == '{') out.text += key + space() + ":" + space();
      out.text += part + space();
      out.parts.emplace_back(open == '{' ? key.substr(1, key.size() - 2) : "", part);
    }
    out.text += space() + (open == '{' ? "}" : "]");
    return out;
  }

 private:
  std::mt19937 random_;
};

TEST_CASE("random documents are cut where nlohmann/json cuts them") {
  Writer writer(3);
  for (int i = 0; i < 3'000; ++i) {
    const char open = writer.upto(2) == 0 ? '[' : '{';
    const auto [document, parts] = writer.container(open, 5);
    const std::string text = writer.space() + document + writer.space();
    CAPTURE(text);
    const Walk found = walk(text, open);
    CHECK(found.complete);
    CHECK(found.parts == parts);
    const Json tree = Json::parse(text);
    if (open == '[') {
      REQUIRE(tree.size() == found.parts.size());
      for (std::size_t n = 0; n < tree.size(); ++n) CHECK(Json::parse(found.parts[n].second) == tree[n]);
    } else {
      Json rebuilt = Json::object();  // of repeated keys the last one stays, as in the tree
      for (const auto& [key, value] : found.parts) {
        rebuilt[Json::parse('"' + key + '"').get<std::string>()] = Json::parse(value);
      }
      CHECK(rebuilt == tree);
    }
  }
}

TEST_CASE("mutated documents neither crash it nor make it refuse what is JSON") {
  constexpr std::string_view kBytes = "{}[]\",:\\ \n0aE-\x01\x7f\x80\xff";
  Writer writer(4);
  int valid = 0;
  for (int i = 0; i < 30'000; ++i) {
    const char open = writer.upto(2) == 0 ? '[' : '{';
    std::string text = writer.container(open, 3).text;
    for (std::size_t n = 1 + writer.upto(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = writer.upto(text.size());
      const char byte = kBytes[writer.upto(kBytes.size())];
      switch (writer.upto(4)) {
        case 0: text[at] = byte; break;
        case 1: text.insert(at, 1, byte); break;
        case 2: text.erase(at, 1); break;
        default: text.resize(at); break;
      }
    }
    CAPTURE(text);
    const bool json = Json::accept(text);
    const bool enters = JsonSlicer(text).enter(open);
    const Walk found = walk(text, open);
    if (json && enters) CHECK(found.complete);
    valid += json && enters ? 1 : 0;
  }
  CHECK(valid > 1'000);
}

}  // namespace
}  // namespace skerry
