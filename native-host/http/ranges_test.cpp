#include "native-host/http/ranges.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

using Kind = Selection::Kind;

TEST_CASE("a Range field selects parts, nothing, or is ignored") {
  struct Case {
    std::string field;
    std::uint64_t length;
    Selection selection;
  };
  std::string overlapping = "bytes=0-";
  for (int i = 0; i < 5000; ++i) overlapping += ",0-";
  std::string close_together = "bytes=0-0";
  for (int i = 1; i < 100; ++i) close_together += "," + std::to_string(2 * i) + "-" + std::to_string(2 * i);
  std::string scattered = "bytes=0-0";
  for (int i = 1; i < 17; ++i) scattered += "," + std::to_string(100 * i) + "-" + std::to_string(100 * i);
  const auto parts = [](std::vector<ByteRange> of) { return Selection{Kind::parts, std::move(of)}; };
  const Selection ignored;
  const Selection unsatisfiable{Kind::unsatisfiable, {}};
  for (const auto& [field, length, selection] : std::vector<Case>{
           {"bytes=0-0", 10, parts({{0, 1}})},
           {"bytes=0-", 10, parts({{0, 10}})},
           {"bytes=3-5", 10, parts({{3, 3}})},
           {"bytes=5-100", 10, parts({{5, 5}})},
           {"bytes=-3", 10, parts({{7, 3}})},
           {"bytes=-100", 10, parts({{0, 10}})},
           {" BYTES=0-1 ", 10, parts({{0, 2}})},
           {"bytes= 0-1 , , 5-6", 1000, parts({{0, 7}})},
           {"bytes=0-1,500-501", 1000, parts({{0, 2}, {500, 2}})},
           {"bytes=500-501,0-1", 1000, parts({{500, 2}, {0, 2}})},
           {"bytes=500-501,0-1,502-600", 1000, parts({{500, 101}, {0, 2}})},
           {"bytes=0-100,50-200,-1", 1000, parts({{0, 201}, {999, 1}})},
           {"bytes=0-0,79-79", 1000, parts({{0, 80}})},
           {"bytes=0-0,81-81", 1000, parts({{0, 1}, {81, 1}})},
           {"bytes=0-1,2000-", 1000, parts({{0, 2}})},
           {"bytes=10-", 10, unsatisfiable},
           {"bytes=10-,99-100", 10, unsatisfiable},
           {"bytes=-0", 10, unsatisfiable},
           {"bytes=0-", 0, unsatisfiable},
           {"bytes=-5", 0, unsatisfiable},
           {"bytes=18446744073709551615-", 10, unsatisfiable},
           {"bytes=99999999999999999999999-", 10, unsatisfiable},
           {"bytes=0-99999999999999999999999", 10, parts({{0, 10}})},
           {"bytes=-99999999999999999999999", 10, parts({{0, 10}})},
           {"bytes=18446744073709551614-", ~std::uint64_t{0}, parts({{~std::uint64_t{0} - 1, 1}})},
           {close_together, 1000, parts({{0, 199}})},
           {"", 10, ignored},
           {"bytes", 10, ignored},
           {"bytes=", 10, ignored},
           {"bytes=,", 10, ignored},
           {"bytes=-", 10, ignored},
           {"bytes=5", 10, ignored},
           {"bytes=5-3", 10, ignored},
           {"bytes=a-b", 10, ignored},
           {"bytes=0-b", 10, ignored},
           {"bytes=+1-2", 10, ignored},
           {"bytes=0x1-2", 10, ignored},
           {"bytes=1--2", 10, ignored},
           {"bytes=1-2;3-4", 10, ignored},
           {"bytes =1-2", 10, ignored},
           {"seconds=1-2", 10, ignored},
           {"bytes=0-1,x", 10, ignored},
           {overlapping, 10, ignored},
           {scattered, 10'000, ignored},
       }) {
    CAPTURE(field);
    CHECK((select_ranges(field, length) == selection));
  }
}

TEST_CASE("conditions are judged in the order of RFC 9110") {
  struct Case {
    const char* what;
    Headers headers;
    int status;
    const char* method = "GET";
    Validators validators = {"\"a\"", parse_rfc3339("2026-11-21T08:00:00.5Z")};
    const char* now = "2026-11-28T08:00:00Z";
  };
  const char* same = "Sat, 21 Nov 2026 08:00:00 GMT";
  const char* before = "Sat, 21 Nov 2026 07:59:59 GMT";
  for (const auto& [what, headers, status, method, validators, now] : std::vector<Case>{
           {"nothing", {}, 200},
           {"If-Match that matches", {{"If-Match", "\"x\", \"a\""}}, 200},
           {"If-Match that doesn't", {{"If-Match", "\"x\""}}, 412},
           {"a weak If-Match", {{"If-Match", "W/\"a\""}}, 412},
           {"If-Match against a weak tag", {{"If-Match", "W/\"a\""}}, 412, "GET", {"W/\"a\"", {}}},
           {"If-Match for anything", {{"If-Match", "*"}}, 200},
           {"a malformed If-Match", {{"If-Match", "a"}}, 412},
           {"If-Match is empty", {{"If-Match", ""}}, 412},
           {"unmodified since", {{"If-Unmodified-Since", same}}, 200},
           {"modified since", {{"If-Unmodified-Since", before}}, 412},
           {"If-Match before a date", {{"If-Match", "\"a\""}, {"If-Unmodified-Since", before}}, 200},
           {"If-None-Match", {{"If-None-Match", "W/\"a\""}}, 304},
           {"If-None-Match of HEAD", {{"If-None-Match", "\"a\""}}, 304, "HEAD"},
           {"If-None-Match before a date", {{"If-None-Match", "\"b\""}, {"If-Modified-Since", same}}, 200},
           {"not modified since", {{"If-Modified-Since", same}}, 304},
           {"304 before a range", {{"If-None-Match", "\"a\""}, {"Range", "bytes=0-0"}}, 304},
           {"a range", {{"Range", "bytes=0-0"}}, 206},
           {"a range of HEAD", {{"Range", "bytes=0-0"}}, 200, "HEAD"},
           {"a range beyond", {{"Range", "bytes=100-"}}, 416},
           {"two Range fields are one list", {{"Range", "bytes=0-0"}, {"Range", "bytes=1-1"}}, 200},
           {"If-Range that matches", {{"Range", "bytes=0-0"}, {"If-Range", "\"a\""}}, 206},
           {"If-Range that doesn't", {{"Range", "bytes=0-0"}, {"If-Range", "\"b\""}}, 200},
           {"a weak If-Range",
            {{"Range", "bytes=0-0"}, {"If-Range", "W/\"a\""}},
            200,
            "GET",
            {"W/\"a\"", {}}},
           {"If-Range without a tag here", {{"Range", "bytes=0-0"}, {"If-Range", "\"\""}}, 200, "GET", {}},
           {"If-Range with the date", {{"Range", "bytes=0-0"}, {"If-Range", same}}, 206},
           {"If-Range with an older date", {{"Range", "bytes=0-0"}, {"If-Range", before}}, 200},
           {"If-Range with a date that is too young",
            {{"Range", "bytes=0-0"}, {"If-Range", same}},
            200,
            "GET",
            {"\"a\"", parse_rfc3339("2026-11-21T08:00:00.5Z")},
            "2026-11-21T08:00:59Z"},
           {"If-Range that is nothing", {{"Range", "bytes=0-0"}, {"If-Range", "x"}}, 200},
           {"If-Range fails beyond the end", {{"Range", "bytes=100-"}, {"If-Range", "\"b\""}}, 200},
       }) {
    CAPTURE(what);
    Request request;
    request.method = method;
    request.headers = headers;
    CHECK(plan_content(request, validators, 100, *parse_rfc3339(now)).status == status);
  }
}

}  // namespace
}  // namespace skerry::http
