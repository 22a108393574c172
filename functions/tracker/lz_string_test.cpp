#include "functions/tracker/lz_string.hpp"

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::functions;

namespace {

std::string decoded(std::string_view text, std::size_t cap = 1'000'000) {
  const auto result = lz_string_decode(text, cap);
  return result ? *result : result.error().code;
}

}  // namespace

TEST_CASE("what lz-string 1.5.0 packed") {
  struct Case {
    std::string_view packed, text;
  };
  for (
      const auto& [packed, text] : {
          Case{"Q===", ""},
          {"IZA=", "a"},
          {"IZA", "a"},
          {"N4IghiBcCMC+Q===", R"({"a":1})"},
          {"N4IghiBcCMC Q===", R"({"a":1})"},
          {"N4IgpgbmB2AuIC5wgDQgK7oJYBNEgAcBaAGwC8QBfIA=", R"({"event":"e","uuid":"p-lz"})"},
          {"CcN4P4NQSLwbgAewBINBAg==", "äöü€😀 Ж"},
          {"gAbA8g==", "\xEF\xBF\xBDx"},
          {"IY18ZUUA", std::string_view("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")},
          {"NobwRApgbhB2AuYBcYAkAHAhgc2gSwgHcwAaMdAJwHt0IL4CBnZceKgazmTHdLQBs8AI26EIIgL5kArtLwATbugC0ARjBTw0O"
           "IhS"
           "pM0tgGNM6eNIoQ+lGnQYRmSVhy4peZVIJEoxkmXMUUFQAmDQBdIA",
           R"([{"event":"$pageview","properties":{"token":"k","$lib":"web"},"uuid":"p-1"},{"event":"$autocapture","properties":{"token":"k","$lib":"web"},"uuid":"p-2"}])"},
      }) {
    CAPTURE(std::string(packed));
    CHECK(decoded(packed) == text);
  }
}

TEST_CASE("what is damaged") {
  for (const std::string_view packed :
       {"", "=", "=Q", "*", "N4IghiBcCMC", "N4Ig\nhiBcCMC+Q===", "wAAA", "IZ_", "AAAAAAAAAAAAAAAA"}) {
    CAPTURE(std::string(packed));
    CHECK(decoded(packed) == "lz64_invalid");
  }
}

TEST_CASE("no more than the cap comes out") {
  const std::string_view packed = "IY18ZUUA";
  CHECK(decoded(packed, 42).size() == 42);
  CHECK(decoded(packed, 41) == "lz64_too_large");
  CHECK(decoded(packed, 0) == "lz64_too_large");
}
