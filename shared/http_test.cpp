#include "shared/http.hpp"

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("ASCII case") {
  CHECK(equal_ignoring_case("", ""));
  CHECK(equal_ignoring_case("Content-TYPE", "cONTENT-type"));
  CHECK_FALSE(equal_ignoring_case("a", "ab"));
  CHECK_FALSE(equal_ignoring_case("@[`{", "`{@["));  // 32 apart, but no letters
  CHECK_FALSE(equal_ignoring_case("\xc3\xa9", "\xc3\x89"));
  CHECK(to_lower("ETag-Z[\\]^_`@\xc3\x89") == "etag-z[\\]^_`@\xc3\x89");
}

TEST_CASE("trim") {
  CHECK(trim("") == "");
  CHECK(trim(" \t ") == "");
  CHECK(trim("\t a b\t ") == "a b");
  CHECK(trim("\r\na\v") == "\r\na\v");
}

TEST_CASE("tokens") {
  for (const std::string_view good : {"GET", "x", "!#$%&'*+-.^_`|~09AZaz"}) CHECK(is_token(good));
  for (const std::string_view bad :
       {"", " ", "a b", "a:", "a\n", "a\r\nb", "(", "\"", "{", "a/b", "\x7f", "\xc3\xa9"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(is_token(bad));
  }
  CHECK_FALSE(is_token(std::string_view("a\0", 2)));
}

TEST_CASE("field values") {
  CHECK(is_field_value(""));
  CHECK(is_field_value("a, \t\"b\" \xff"));
  CHECK_FALSE(is_field_value("a\r\nSet-Cookie: b"));
  CHECK_FALSE(is_field_value("\n"));
  CHECK_FALSE(is_field_value("\r"));
  CHECK_FALSE(is_field_value(std::string_view("a\0b", 3)));
}

TEST_CASE("Headers") {
  Headers headers{{"Accept", "a"}, {"Host", "skerry"}, {"ACCEPT", "b"}, {"accept", ""}};

  SUBCASE("names compare without case, the first value is got") {
    CHECK(headers.get("accept") == "a");
    CHECK(headers.get("HOST") == "skerry");
    CHECK(headers.has("hOsT"));
    CHECK_FALSE(headers.get("Hos"));
    CHECK_FALSE(headers.has(""));
    CHECK(headers.size() == 4);
  }
  SUBCASE("all values, joined") {
    CHECK(headers.joined("Accept") == "a, b, ");
    CHECK(headers.joined("Host") == "skerry");
    CHECK(headers.joined("Via") == "");
  }
  SUBCASE("set keeps the first place and drops the rest") {
    headers.set("aCCept", "c");
    CHECK(headers == Headers{{"Accept", "c"}, {"Host", "skerry"}});
    headers.set("Via", "d");
    CHECK(headers == Headers{{"Accept", "c"}, {"Host", "skerry"}, {"Via", "d"}});
  }
  SUBCASE("a value of the same headers may be set and added") {
    headers.set("Host", headers.get("Accept").value_or(""));
    headers.set("Accept", headers.get("Accept").value_or(""));
    for (int i = 0; i < 20; ++i) headers.add("Copy", headers.get("Host").value_or(""));
    CHECK(headers.get("Host") == "a");
    CHECK(headers.get("Accept") == "a");
    CHECK(headers.size() == 22);
  }
  SUBCASE("remove") {
    headers.remove("accept");
    CHECK(headers == Headers{{"Host", "skerry"}});
    headers.remove("accept");
    CHECK(headers.size() == 1);
  }
  SUBCASE("the order counts, the case of a name too") {
    CHECK_FALSE(Headers{{"a", "1"}, {"b", "2"}} == Headers{{"b", "2"}, {"a", "1"}});
    CHECK_FALSE(Headers{{"a", "1"}} == Headers{{"A", "1"}});
  }
}

TEST_CASE("Body") {
  CHECK(Body().empty());
  CHECK(Body("text").view() == "text");

  SUBCASE("copies share one text, short ones too") {
    Body first(std::string("short"));
    const Body second = first;
    CHECK(first.view().data() == second.view().data());
    first = Body();
    CHECK(second.view() == "short");
  }
  SUBCASE("moves keep it") {
    Body first(std::string(100, 'x'));
    Body second = std::move(first);
    first = std::move(second);
    CHECK(first.view() == std::string(100, 'x'));
  }
  SUBCASE("a view keeps its owner alive, and no longer than the last copy") {
    auto owner = std::make_shared<const std::string>("[1,2,3]");
    const std::weak_ptr<const std::string> watch = owner;
    {
      const Body whole(owner);
      const Body part(std::string_view(*owner).substr(1, 3), owner);
      owner.reset();
      Body copy;
      copy = part;
      CHECK(whole.view() == "[1,2,3]");
      CHECK(copy.view() == "1,2");
      CHECK(copy.size() == 3);
      CHECK_FALSE(watch.expired());
    }
    CHECK(watch.expired());
  }
}

TEST_CASE("the parts of a target") {
  struct Case {
    std::string_view target, path, query;
  };
  const Case cases[] = {
      {"/", "/", ""},
      {"", "", ""},
      {"*", "*", ""},
      {"/latest", "/latest", ""},
      {"/latest?", "/latest", ""},
      {"/latest?a=1&b", "/latest", "a=1&b"},
      {"/latest?a=1?b=2", "/latest", "a=1?b=2"},
      {"/latest#top", "/latest", ""},
      {"/latest?a=1#top", "/latest", "a=1"},
      {"/latest#top?a=1", "/latest", ""},
      {"?a", "", "a"},
      {"#?", "", ""},
      {"/%3Fa?%23", "/%3Fa", "%23"},
      {"/\xff?\xfe", "/\xff", "\xfe"},
  };
  for (const auto& [target, path, query] : cases) {
    CAPTURE(std::string(target));
    Request request;
    request.target = target;
    CHECK(request.path() == path);
    CHECK(request.query() == query);
  }
}

TEST_CASE("reason_phrase") {
  CHECK(reason_phrase(200) == "OK");
  CHECK(reason_phrase(304) == "Not Modified");
  CHECK(reason_phrase(503) == "Service Unavailable");
  CHECK(reason_phrase(101) == "Switching Protocols");
  for (const int status : {-1, 0, 99, 299, 306, 418, 600, 2'000'000'000})
    CHECK(reason_phrase(status) == "Unknown");
}

TEST_CASE("error_response is JSON whatever the message holds") {
  const Response plain = error_response(400, "unknown_project", "there is no project \"x\"");
  CHECK(plain.status == 400);
  CHECK(plain.headers == Headers{{"Content-Type", "application/json"},
                                 {"Cache-Control", "no-store"},
                                 {"Access-Control-Allow-Origin", "*"}});
  CHECK(plain.body.view() == R"({"error":"there is no project \"x\"","code":"unknown_project"})");

  CHECK(error_response(500, "", "\xff\n</script>").body.view() ==
        "{\"error\":\"\xEF\xBF\xBD\\n</script>\",\"code\":\"\"}");
}

}  // namespace
}  // namespace skerry
