#include "functions/pages/start.hpp"

#include <doctest/doctest.h>

#include "functions/pages/pages.hpp"
#include "functions/testing/test_platform.hpp"

using namespace skerry;
using namespace skerry::functions;
using testing::get;
using testing::header;
using testing::TestPlatform;

TEST_CASE("the head of a view is read, and no more of it") {
  struct Case {
    std::string_view text;
    bool read;
    bool made_up;
  };
  constexpr Case kCases[] = {
      {R"({"format":1,"rows":0,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[]})", true, false},
      {R"({"format":1,"made_up":true,"last_updated_at":"2026-11-21T08:05:12Z","latest":[)", true, true},
      {R"({"format":1,"made_up":false,"last_updated_at":"2026-11-21T08:05:12Z")", true, false},
      {R"({"format":1,"made_up":"true","last_updated_at":"2026-11-21T08:05:12Z"})", true, false},
      {R"({"format":1,"last_updated_at":"yesterday"})", false, false},
      {R"({"format":1})", false, false},
      {R"(["last_updated_at"])", false, false},
      {"", false, false},
      {"\xff\xfe{", false, false},
  };
  for (const auto& [text, read, made_up] : kCases) {
    CAPTURE(text);
    const auto head = ViewHead::read(text);
    REQUIRE(head.has_value() == read);
    if (head) CHECK(head->made_up == made_up);
    if (head) CHECK(format_naive(head->last_updated_at) == "2026-11-21T08:05:12");
  }
}

TEST_CASE("the start page says of when the view is, that it is made up, and that there is none") {
  TestPlatform test;
  const auto page = [&] { return testing::run(pages, test, get("/")); };
  auto response = page();
  CHECK(response.status == 200);
  CHECK(header(response, "content-type") == "text/html; charset=utf-8");
  CHECK(header(response, "vary") == "Accept, Accept-Encoding");
  CHECK(header(response, "cache-control") == "no-cache");
  CHECK(header(response, "content-security-policy").starts_with("default-src 'none'"));
  CHECK(response.body.view().contains("There is no view yet"));
  CHECK(!response.body.view().contains("<!--state-->"));
  for (const auto* link :
       {"href=\"status\"", "href=\"latest\"", "href=\"v3/broker/latest\"", "href=\"demo\""})
    CHECK(response.body.view().contains(link));

  test.values["latest"] = R"({"format":1,"rows":0,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[]})";
  response = page();
  CHECK(response.body.view().contains("<time>2026-11-21 08:05:12</time> UTC"));
  CHECK(!response.body.view().contains("Made up"));
  CHECK(header(response, "skerry-data") == "-");

  test.values["latest"] =
      R"({"format":1,"rows":0,"made_up":true,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[]})";
  response = page();
  CHECK(response.body.view().contains("<b>Made up.</b>"));
  CHECK(header(response, "skerry-data") == "made-up");

  Request post = get("/");
  post.method = "POST";
  CHECK(testing::run(pages, test, post).status == 405);
}
