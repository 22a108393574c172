#include "shared/negotiation.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("accepts_gzip") {
  struct Case {
    std::string_view accept_encoding;
    bool expected;
  };
  const Case cases[] = {
      {"gzip", true},
      {"GZip", true},
      {"x-gzip", true},
      {"gzip, deflate, br, zstd", true},
      {"deflate,gzip", true},
      {" \tgzip\t ", true},
      {"gzip;q=1", true},
      {"gzip;q=1.000", true},
      {"gzip;q=0.001", true},
      {"gzip ; Q=0.5", true},
      {"*", true},
      {"br, *;q=0.1", true},
      {"identity;q=0.5, gzip;q=1.0", true},
      {"identity;q=0.5, gzip;q=0.5", true},
      {"identity;q=0, gzip;q=0.1", true},
      {"identity, gzip", true},
      {"gzip;q =1", true},
      {"gzip;level=9", true},
      {"gzip;", true},
      {"br;note=\"a,b;q=0\", gzip", true},
      {",,gzip,,", true},
      {"gzip;q=0.", false},
      {"gzip;q=1.", true},
      {"", false},
      {" ", false},
      {",", false},
      {";", false},
      {"identity", false},
      {"br", false},
      {"gzip;q=0", false},
      {"gzip;q=0.000", false},
      {"*;q=0", false},
      {"*, gzip;q=0", false},
      {"gzip;q=0, *", false},
      {"identity, gzip;q=0.5", false},
      {"gzip;q=0.5, identity;q=0.501", false},
      {"*;q=0.3, identity;q=0.4", false},
      // unreadable weights
      {"gzip;q=", false},
      {"gzip;q=2", false},
      {"gzip;q=1.001", false},
      {"gzip;q=-1", false},
      {"gzip;q=.5", false},
      {"gzip;q=0,5", false},
      {"gzip;q=0.5555", false},
      {"gzip;q=0x1", false},
      {"gzip;q =0", false},
      {"gzip;level=9;q=0", false},
      {"gzip;q=1;q=0", false},
      {"gzip;q=\"1\"", false},
      {"br;note=\", gzip\"", false},
      {"br;note=\"\\\", gzip\"", false},
      {"br;note=\", gzip", false},
      // other words
      {"gzipx", false},
      {"g zip", false},
      {"\"gzip\"", false},
      {"gzip\xc2\xa0", false},
      {std::string_view("gzip\0", 5), false},
  };
  for (const auto& [accept_encoding, expected] : cases) {
    CAPTURE(std::string(accept_encoding));
    CHECK(accepts_gzip(accept_encoding) == expected);
  }
}

TEST_CASE("acceptance_of") {
  struct Case {
    std::string_view accept;
    int weight;
    bool named = false;
  };
  const Case cases[] = {
      {"text/plain", 1000, true},
      {"Text/PLAIN ; Charset=\"x,y;q=0\" ; Q=0.25", 250, true},
      {"text/plain;q=0.9, application/openmetrics-text;q=0.1", 900, true},
      {"text/plain;version=1.0.0;q=0.2,text/plain;version=0.0.4;q=0.3", 300, true},
      {"text/*;q=0.5, */*;q=0.9", 500},
      {"*/*;q=0.9, text/*;q=0.5", 500},
      {"*/*;q=0.1, text/plain;q=0", 0, true},
      {"text/*;q=0, */*", 0},
      {"*/*", 1000},
      {"TEXT/*", 1000},
      {"", 0},
      {",;,", 0},
      {"*", 0},
      {"tex/*, te*, /*, text, text/", 0},
      {"text/plainer", 0},
      {"application/json", 0},
      {"text/plain;q=1.5", 0, true},
      {"text/plain;q=abc", 0, true},
  };
  for (const auto& [accept, weight, named] : cases) {
    CAPTURE(std::string(accept));
    const Acceptance found = acceptance_of(accept, "text/plain");
    CHECK(found.weight == weight);
    CHECK(found.named == named);
  }
}

TEST_CASE("a header of a megabyte is read in one pass") {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "br;q=0.5,";
  CHECK_FALSE(accepts_gzip(many));
  CHECK(accepts_gzip(many + "gzip"));
  CHECK_FALSE(accepts_gzip(std::string(1'000'000, ',')));
  CHECK_FALSE(accepts_gzip(std::string(1'000'000, ';')));
  CHECK_FALSE(accepts_gzip(std::string(1'000'000, '"')));
  CHECK_FALSE(accepts_gzip(std::string(1'000'000, '\\')));
}

TEST_CASE("prefers_html") {
  struct Case {
    std::string_view accept;
    bool expected;
  };
  const Case cases[] = {
      {"text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8", true},
      {"text/html", true},
      {"Text/HTML ; charset=utf-8; Q=0.3", true},
      {"application/json;q=0.5, text/html;q=0.5", true},
      {"text/html;q=0.001", true},
      {"text/html;q=0.5, application/json", false},
      {"text/html;q=0.5, application/*", false},
      {"text/html;q=0.5, application/json;q=0.4, */*", true},  // the nearest range counts
      {"text/html;q=0.5, */*", false},
      {"text/html;q=0", false},
      {"text/html;q=2", false},
      {"text/html;q=", false},
      {"*/*", false},
      {"text/*", false},
      {"application/json", false},
      {"", false},
      {";;,,", false},
  };
  for (const Case& c : cases) {
    CAPTURE(c.accept);
    CHECK(prefers_html(c.accept) == c.expected);
  }
}

}  // namespace
}  // namespace skerry
