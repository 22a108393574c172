#include "shared/secret.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("secret_equals") {
  struct Case {
    std::string_view expected, given;
    bool equal;
  };
  const Case cases[] = {
      {"s3cret", "s3cret", true},
      {"s3cret", "s3creT", false},
      {"s3cret", "S3cret", false},
      {"s3cret", "s3cre", false},
      {"s3cret", "s3crets", false},
      {"s3cret", "", false},
      {"s3cret", "s3crets3cret", false},  // one that repeats the secret
      {"ab", "abab", false},
      {"abab", "ab", false},
      {"\xff\x80", "\xff\x80", true},
      {"\xff\x80", "\x7f\x80", false},
      {std::string_view("a\0b", 3), std::string_view("a\0b", 3), true},
      {std::string_view("a\0b", 3), std::string_view("a\0c", 3), false},
      {"a", std::string_view("a\0", 2), false},
      // an empty secret closes its door
      {"", "", false},
      {"", "a", false},
      {"", std::string_view("\0", 1), false},
  };
  for (const auto& [expected, given, equal] : cases) {
    CAPTURE(std::string(expected));
    CAPTURE(std::string(given));
    CHECK(secret_equals(expected, given) == equal);
  }
}

TEST_CASE("every bit counts") {
  const std::string secret = "0123456789abcdef0123456789abcdef";
  for (std::size_t byte = 0; byte < secret.size(); ++byte) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string given = secret;
      given[byte] = static_cast<char>(given[byte] ^ (1 << bit));
      CHECK_FALSE(secret_equals(secret, given));
    }
  }
}

}  // namespace
}  // namespace skerry
