#include "shared/conditional.hpp"

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("etag_listed") {
  struct Case {
    std::string_view list, etag;
    bool expected;
  };
  const Case cases[] = {
      {R"("a")", R"("a")", true},
      {R"("a")", R"("b")", false},
      {R"(  "a"	)", R"("a")", true},
      {R"(W/"a")", R"("a")", true},
      {R"("a")", R"(W/"a")", true},
      {R"(W/"a")", R"(W/"a")", true},
      {R"("x", "y" ,W/"a")", R"("a")", true},
      {R"("x","y")", R"("a")", false},
      {R"("a,b")", R"("a,b")", true},
      {R"("a,b")", R"("a)", false},
      {R"("x, "a")", R"("a")", false},  // "x, " and then a mess
      {R"("")", R"("")", true},
      {R"("")", "", false},
      {R"("A")", R"("a")", false},
      {"\"\xff\"", "\"\xff\"", true},
      // empty items
      {R"(,"a")", R"("a")", true},
      {R"( , ,, "x" ,, , "a",)", R"("a")", true},
      {", ,", R"("a")", false},
      {"", R"("a")", false},
      // any
      {"*", R"("a")", true},
      {" * ", "", true},
      {R"("x", *)", R"("a")", false},
      {R"("*")", R"("a")", false},
      // malformed from some place on
      {R"("x" "a")", R"("a")", false},
      {R"("a" "x")", R"("a")", true},
      {R"("a)", R"("a")", false},
      {R"("a)", R"("a)", false},
      {"a", "a", false},
      {R"(w/"a")", R"("a")", false},
      {R"(W/ "a")", R"("a")", false},
      {"W/", R"("a")", false},
      {R"(W/")", R"("a")", false},
      {"\"", "\"", false},
  };
  for (const auto& [list, etag, expected] : cases) {
    CAPTURE(std::string(list));
    CAPTURE(std::string(etag));
    CHECK(etag_listed(list, etag) == expected);
  }
}

TEST_CASE("a list of a megabyte is read in one pass") {
  std::string list;
  for (int i = 0; i < 100'000; ++i) list += "\"" + std::to_string(i) + "\" , ";
  CHECK(etag_listed(list, "\"99999\""));
  CHECK_FALSE(etag_listed(list, "\"100000\""));
  CHECK_FALSE(etag_listed(std::string(1'000'000, ','), "\"a\""));
  CHECK_FALSE(etag_listed(std::string(1'000'000, '"'), "\"a\""));
}

TEST_CASE("not_modified") {
  constexpr std::string_view kThen = "Sat, 21 Nov 2026 08:00:00 GMT";
  constexpr std::string_view kBefore = "Sat, 21 Nov 2026 07:59:59 GMT";
  const Validators validators{.etag = "\"a\"", .last_modified = parse_rfc3339("2026-11-21T08:00:00.900Z")};
  const Validators undated{.etag = "\"a\"", .last_modified = std::nullopt};
  const std::string then(kThen), before(kBefore);
  struct Case {
    std::string_view method;
    Headers headers;
    bool dated, undated;
  };
  const Case cases[] = {
      {"GET", {}, false, false},
      {"GET", {{"If-None-Match", "\"a\""}}, true, true},
      {"HEAD", {{"if-none-match", "W/\"a\""}}, true, true},
      {"GET", {{"If-None-Match", "*"}}, true, true},
      {"GET", {{"If-None-Match", "\"x\""}, {"If-None-Match", "\"a\""}}, true, true},
      {"GET", {{"If-None-Match", ""}, {"If-None-Match", "\"a\""}}, true, true},
      {"GET", {{"If-None-Match", "\"x\""}}, false, false},
      {"POST", {{"If-None-Match", "\"a\""}}, false, false},
      {"get", {{"If-None-Match", "\"a\""}}, false, false},
      {"OPTIONS", {{"If-Modified-Since", then}}, false, false},
      {"GET", {{"If-Modified-Since", then}}, true, false},
      {"GET", {{"If-Modified-Since", before}}, false, false},
      {"GET", {{"If-Modified-Since", "Sat Nov 21 08:00:00 2026"}}, true, false},
      {"GET", {{"If-Modified-Since", "yesterday"}}, false, false},
      {"GET", {{"If-Modified-Since", then}, {"If-Modified-Since", then}}, false, false},
      // If-None-Match decides where it is present, even if it is unreadable
      {"GET", {{"If-None-Match", "\"x\""}, {"If-Modified-Since", then}}, false, false},
      {"GET", {{"If-None-Match", "junk"}, {"If-Modified-Since", then}}, false, false},
      {"GET", {{"If-None-Match", "\"a\""}, {"If-Modified-Since", before}}, true, true},
  };
  for (const auto& [method, headers, dated_expected, undated_expected] : cases) {
    Request request;
    request.method = method;
    request.headers = headers;
    CAPTURE(request.method);
    CAPTURE(headers.joined("If-None-Match"));
    CAPTURE(headers.joined("If-Modified-Since"));
    CHECK(not_modified(request, validators) == dated_expected);
    CHECK(not_modified(request, undated) == undated_expected);
  }
}

}  // namespace
}  // namespace skerry
