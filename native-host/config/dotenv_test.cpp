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

}  // namespace
}  // namespace skerry::config
