#include "shared/credentials.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

/// `bearer:token`, `basic:user:password`, or nothing.
std::string read(const std::optional<Credentials>& credentials) {
  if (!credentials) return {};
  if (credentials->scheme == Credentials::Scheme::bearer) return "bearer:" + credentials->secret;
  return "basic:" + credentials->user + ":" + credentials->secret;
}

TEST_CASE("what a request shows of itself") {
  struct Case {
    std::string value;
    std::string shows;
  };
  const Case cases[] = {
      {"Bearer abc", "bearer:abc"},
      {"bearer abc", "bearer:abc"},
      {"BEARER \t abc  ", "bearer:abc"},
      {"bEaReR two words+", "bearer:two words+"},
      {"Basic a2V5Og==", "basic:key:"},
      {"basic dXNlcjpwOncK", "basic:user:p:w\n"},
      {"BASIC a2V5", "basic:key:"},
      {"Basic", ""},
      {"Bearer", ""},
      {"Bearer ", ""},
      {"Bearerabc", ""},
      {"Bearer,abc", ""},
      {"Basic a=b=c", ""},
      {"Token abc", ""},
      {"Digest username=\"a\"", ""},
      {"abc", ""},
      {"", ""},
      {"Bearer " + std::string(100'000, 'a'), "bearer:" + std::string(100'000, 'a')},
  };
  for (const auto& [value, shows] : cases) {
    CAPTURE(value.substr(0, 40));
    CHECK(read(Credentials::parse(value)) == shows);
    Request request;
    request.headers.add("authorization", value);
    CHECK(read(Credentials::of(request)) == shows);
    request.headers.add("Authorization", value);
    CHECK_FALSE(Credentials::of(request));
  }
  CHECK_FALSE(Credentials::of(Request()));
}

}  // namespace
}  // namespace skerry
