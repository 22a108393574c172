#include "native-host/config/dotenv.hpp"

#include <doctest/doctest.h>

namespace skerry::config {
namespace {

using Variables = std::map<std::string, std::string>;

TEST_CASE("lines of a .env file") {
  struct Case {
    const char* text;
    Variables variables;
    std::vector<int> malformed = {};
  };
  for (const auto& [text, variables, malformed] : std::vector<Case>{
           {"", {}},
           {"A=1", {{"A", "1"}}},
           {"A=1\r\nB=2\r\n", {{"A", "1"}, {"B", "2"}}},
           {"\xEF\xBB\xBF"
            "A=1",
            {{"A", "1"}}},
           {"# A=1\n\n   \n  B = two words  # why\n", {{"B", "two words"}}},
           {"export A=1", {{"A", "1"}}},
           {"A=", {{"A", ""}}},
           {"A=#x", {{"A", ""}}},
           {"A=a#b", {{"A", "a#b"}}},
           {"A='a \\n # \"b'", {{"A", "a \\n # \"b"}}},
           {"A=\"a\\n\\\"\\\\\\$ #b\" # c", {{"A", "a\n\"\\$ #b"}}},
           {"A=postgres://u:p=x@h/d?a=b", {{"A", "postgres://u:p=x@h/d?a=b"}}},
           {"A=1\nA=2", {{"A", "2"}}},
           {"A\nB=1", {{"B", "1"}}, {1}},
           {"=1\n1A=1\nA B=1", {}, {1, 2, 3}},
           {"A=\"open\nB=1", {{"B", "1"}}, {1}},
           {"A='a' b\nA=\"\\x\"", {}, {1, 2}},
       }) {
    CAPTURE(text);
    const auto read = parse_dotenv(text);
    CHECK(read.variables == variables);
    CHECK(read.malformed == malformed);
  }
}

TEST_CASE("a file that systemd reads, too") {
  struct Case {
    const char* text;
    Variables variables;
    std::vector<int> malformed = {};
  };
  for (const auto& [text, variables, malformed] : std::vector<Case>{
           {"", {}},
           {"A=1\r\nB=2", {{"A", "1"}, {"B", "2"}}},
           {"; a comment\n# A=2\n\n  ;B=1\nC=3\n", {{"C", "3"}}},
           {"# goes on \\\nA=1\nB=2", {{"B", "2"}}},
           {"A=1 # no comment\nB=2 ; none", {{"A", "1 # no comment"}, {"B", "2 ; none"}}},
           {"A= two words \t\nB=\nC=   \n", {{"A", "two words"}, {"B", ""}, {"C", ""}}},
           {"A=one \\\n  two\nB=x", {{"A", "one   two"}, {"B", "x"}}},
           {"A=a\\ b\\\\c\\\td\\ \n", {{"A", "a b\\c\td "}}},
           {"A=\"one\ntwo\"\nB='three\n\\four'\nC=5",
            {{"A", "one\ntwo"}, {"B", "three\n\\four"}, {"C", "5"}}},
           {R"(A="x\ty \"q\" \$ \\ \`")", {{"A", R"(x\ty "q" $ \ `)"}}},
           {"A=\"one\" 'two' three", {{"A", "onetwothree"}}},
           {"A=it's\nB='open\n", {{"A", "it's"}, {"B", "open\n"}}},
           {"A=\"one\\\ntwo\"", {{"A", "onetwo"}}},
           {"A=$B `c`", {{"A", "$B `c`"}}},
           {" A =1\nA=2", {{"A", "2"}}},
           {"no line\nexport A=1\n=2\nB=3", {{"B", "3"}}, {1, 2, 3}},
           {"A=\\", {{"A", "\\"}}},
       }) {
    CAPTURE(text);
    const auto read = parse_environment_file(text);
    CHECK(read.variables == variables);
    CHECK(read.malformed == malformed);
  }
}

}  // namespace
}  // namespace skerry::config
