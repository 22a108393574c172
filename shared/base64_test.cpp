#include "shared/base64.hpp"

#include <doctest/doctest.h>

using namespace skerry;

TEST_CASE("base64") {
  struct Case {
    std::string_view text;
    std::optional<std::string> bytes;
  };
  for (const auto& [text, bytes] : {
           Case{"", ""},  // RFC 4648 §10
           {"Zg==", "f"},
           {"Zm8=", "fo"},
           {"Zm9v", "foo"},
           {"Zm9vYg==", "foob"},
           {"Zm9vYmE=", "fooba"},
           {"Zm9vYmFy", "foobar"},
           {"Zm9vYg", "foob"},
           {"Zm9vYmE", "fooba"},
           {"+/-_ ", std::nullopt},
           {"+/-_", "\xfb\xff\xbf"},
           {" /8=", "\xfb\xff"},
           {"Zm9vY", std::nullopt},
           {"Zg=", std::nullopt},
           {"Z===", std::nullopt},
           {"====", std::nullopt},
           {"Zg==Zg==", std::nullopt},
           {"Zm9v\n", std::nullopt},
           {"Zm9v\nYmFy", std::nullopt},
           {"{\"a\"", std::nullopt},
           {"Zm9\xff", std::nullopt},
       }) {
    CAPTURE(std::string(text));
    CHECK(base64_decode(text) == bytes);
  }
}
