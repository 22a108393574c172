#include "shared/query.hpp"

#include <random>
#include <vector>

#include <doctest/doctest.h>

namespace skerry {
namespace {

TEST_CASE("percent_decode") {
  struct Case {
    std::string_view text, query, path;
  };
  const Case cases[] = {
      {"", "", ""},
      {"rrc00", "rrc00", "rrc00"},
      {"a+b", "a b", "a+b"},
      {"a%20b", "a b", "a b"},
      {"%2B+%2b", "+ +", "+++"},
      {"%41%6a%6A", "Ajj", "Ajj"},
      {"%25%34%31", "%41", "%41"},  // decoded once
      {"%", "%", "%"},
      {"%4", "%4", "%4"},
      {"%4g", "%4g", "%4g"},
      {"%g4", "%g4", "%g4"},
      {"%%41", "%A", "%A"},
      {"%4%41", "%4A", "%4A"},
      {"100%", "100%", "100%"},
      {"%+1", "% 1", "%+1"},
      {"%-1", "%-1", "%-1"},
      {"%C3%A9", "\xc3\xa9", "\xc3\xa9"},
      {"%ff%FE\xfd", "\xff\xfe\xfd", "\xff\xfe\xfd"},
      {"%00", std::string_view("\0", 1), std::string_view("\0", 1)},
  };
  for (const auto& [text, query, path] : cases) {
    CAPTURE(std::string(text));
    CHECK(percent_decode(text, true) == query);
    CHECK(percent_decode(text, false) == path);
  }
}

TEST_CASE("percent_decode undoes any encoding") {
  std::mt19937 random(1);
  const auto upto = [&](unsigned n) { return static_cast<unsigned>(random()) % n; };
  for (int i = 0; i < 2'000; ++i) {
    std::string plain, encoded;
    for (unsigned n = upto(40); n > 0; --n) {
      const auto byte = static_cast<unsigned char>(upto(256));
      const bool unreserved = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
      plain += static_cast<char>(byte);
      if (byte == ' ' && upto(2) == 0) {
        encoded += '+';
      } else if (unreserved && upto(2) == 0) {
        encoded += static_cast<char>(byte);
      } else {
        const std::string_view digits = upto(2) == 0 ? "0123456789abcdef" : "0123456789ABCDEF";
        encoded += '%';
        encoded += digits[byte >> 4];
        encoded += digits[byte & 15];
      }
    }
    CAPTURE(encoded);
    CHECK(percent_decode(encoded, true) == plain);
  }
}

TEST_CASE("Query::parse") {
  struct Case {
    std::string_view text;
    std::vector<Query::Parameter> expected;
  };
  const Case cases[] = {
      {"", {}},
      {"&", {}},
      {"&&&", {}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=", {{"", ""}}},
      {"=x", {{"", "x"}}},
      {"a=1&b=2", {{"a", "1"}, {"b", "2"}}},
      {"&a=1&&b=2&", {{"a", "1"}, {"b", "2"}}},
      {"a=1&a=2&A=3", {{"a", "1"}, {"a", "2"}, {"A", "3"}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"a%3Db=c%26d", {{"a=b", "c&d"}}},
      {"collector_id=rrc00%2Croute-views2,rrc01", {{"collector_id", "rrc00,route-views2,rrc01"}}},
      {"a=1;b=2", {{"a", "1;b=2"}}},
      {"a=?&b=#", {{"a", "?"}, {"b", "#"}}},
      {"a+b=c+d", {{"a b", "c d"}}},
      {"%ff=%fe&\xff", {{"\xff", "\xfe"}, {"\xff", ""}}},
      {"a%=%", {{"a%", "%"}}},
  };
  for (const auto& [text, expected] : cases) {
    CAPTURE(std::string(text));
    const Query query = Query::parse(text);
    CHECK(query.size() == expected.size());
    CHECK(std::vector<Query::Parameter>(query.begin(), query.end()) == expected);
  }
}

TEST_CASE("Query::last") {
  const Query query = Query::parse("project=ris&empty&project=routeviews&PROJECT=x&=nameless");
  CHECK(query.last("project") == "routeviews");
  CHECK(query.last("PROJECT") == "x");
  CHECK(query.last("empty") == "");
  CHECK(query.last("") == "nameless");
  CHECK_FALSE(query.last("projec"));
  CHECK_FALSE(Query().last(""));
}

TEST_CASE("a query of any size is read in one pass") {
  std::string text;
  for (int i = 0; i < 100'000; ++i) text += "k" + std::to_string(i) + "=%41&&";
  const Query many = Query::parse(text);
  CHECK(many.size() == 100'000);
  CHECK(many.last("k0") == "A");
  CHECK(many.last("k99999") == "A");
  CHECK(Query::parse(std::string(1'000'000, '&')).size() == 0);
  const Query percents = Query::parse(std::string(1'000'000, '%'));
  CHECK(percents.size() == 1);
  CHECK(percents.begin()->name.size() == 1'000'000);
}

TEST_CASE("one parameter of many is found as if all were read") {
  for (const std::string_view text :
       {"", "a", "a=", "a=1", "b=1&a=2", "a=1&a=2", "a=1&&&a", "%61=3", "a=1&%61=%32", "a+b=1&a%20b=2", "=x",
        "A=1", "aa=1", "a%=1", "a=x=y&b", "&a=1+2&"}) {
    const Query query = Query::parse(text);
    for (const std::string_view name : {"a", "", "a b", "a%", "b", "%61"}) {
      CAPTURE(std::string(text));
      CAPTURE(std::string(name));
      CHECK(last_parameter(text, name) == query.last(name));
    }
  }
}

}  // namespace
}  // namespace skerry
