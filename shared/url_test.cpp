#include "shared/url.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry {
namespace {

std::string or_none(const std::optional<std::string>& part) {
  return part.value_or("(none)");
}

}  // namespace

TEST_CASE("a URL is taken apart, and put together as it was") {
  struct Case {
    std::string text;
    std::string scheme;
    std::string user;
    std::string password;
    std::string host;
    int port;  // -1: none
    std::string path;
    std::string query;
    std::string fragment;
  };
  const std::string none = "(none)";
  for (const auto& c : std::vector<Case>{
           {"http://h", "http", none, none, "h", -1, "", none, none},
           {"https://h/", "https", none, none, "h", -1, "/", none, none},
           {"https://a.b-c_d.example:8443/x//y/../z;p=1?a=1&b=%20?#f/?g", "https", none, none,
            "a.b-c_d.example", 8443, "/x//y/../z;p=1", "a=1&b=%20?", "f/?g"},
           {"http://h?", "http", none, none, "h", -1, "", "", none},
           {"http://h#", "http", none, none, "h", -1, "", none, ""},
           {"http://h?a@b:c", "http", none, none, "h", -1, "", "a@b:c", none},
           {"http://h/a@b:c", "http", none, none, "h", -1, "/a@b:c", none, none},
           {"http://h/100%/[x]", "http", none, none, "h", -1, "/100%/[x]", none, none},
           {"http://u@h", "http", "u", none, "h", -1, "", none, none},
           {"http://u:@h", "http", "u", "", "h", -1, "", none, none},
           {"http://:p:q@h", "http", "", "p:q", "h", -1, "", none, none},
           {"http://@h", "http", "", none, "h", -1, "", none, none},
           {"http://u%40x:p%2f@h:1", "http", "u%40x", "p%2f", "h", 1, "", none, none},
           {"http://[2001:DB8::1]:65535/", "http", none, none, "2001:DB8::1", 65535, "/", none, none},
           {"http://[::ffff:192.0.2.1]", "http", none, none, "::ffff:192.0.2.1", -1, "", none, none},
           {"http://192.0.2.1", "http", none, none, "192.0.2.1", -1, "", none, none},
           {"http://1.example.", "http", none, none, "1.example.", -1, "", none, none},
           {"http://1a.0b", "http", none, none, "1a.0b", -1, "", none, none},
           {"file:///srv/archive", "file", none, none, "", -1, "/srv/archive", none, none},
           {"postgres://u:p@%2Frun%2Fpg/db?x=1", "postgres", "u", "p", "%2Frun%2Fpg", -1, "/db", "x=1", none},
           {"postgresql:///db", "postgresql", none, none, "", -1, "/db", none, none},
           {"redis://:secret@h:6380/2", "redis", "", "secret", "h", 6380, "/2", none, none},
           {"a+b-c.d://h", "a+b-c.d", none, none, "h", -1, "", none, none},
       }) {
    CAPTURE(c.text);
    const auto url = Url::parse(c.text);
    REQUIRE_MESSAGE(url, url.error().message);
    CHECK(url->scheme() == c.scheme);
    CHECK(or_none(url->user()) == c.user);
    CHECK(or_none(url->password()) == c.password);
    CHECK(url->host() == c.host);
    CHECK((url->port() ? *url->port() : -1) == c.port);
    CHECK(url->path() == c.path);
    CHECK(or_none(url->query()) == c.query);
    CHECK(or_none(url->fragment()) == c.fragment);
    CHECK(url->text() == c.text);
    CHECK(Url::parse(c.text, "ftp") == url);
  }
  CHECK(Url::parse("HTTPS://Host/X")->text() == "https://Host/X");
}

TEST_CASE("what is no URL is refused, and never quoted") {
  for (const std::string text : {
           "",
           "h",
           "/x",
           "//h/x",
           "http:",
           "http:/h",
           "http:h",
           "http:///x",
           "http://",
           "http://?",
           "://h",
           "1a://h",
           "h ttp://h",
           "http//h://x",
           "-://h",  // schemes
           "http://h ",
           " http://h",
           "http://h/a b",
           "http://h/\t",
           "http://h/\n",
           "http://h\r\n/",  // space
           "http://h\\x",
           "http:\\\\h",
           "http://h/\\x",
           "http://h/\x80",
           "http://h\xc3\xbc/",
           "http://h/\x7f",
           "http://h/<",
           "http://h/\"",
           "http://h/{",
           "http://h/|",
           "http://h/^",
           "http://h/`",
           "http://a@b@c",
           "http://a:b@c@d",
           "http://a%@h",
           "http://a%4@h",
           "http://a[b@h",  // user
           "http://h%41",
           "http://h:80:80",
           "http://a,b",
           "http://a~b",
           "http://a!b",
           "http://.",
           "http://:80",
           "http://[",
           "http://[]",
           "http://[::1",
           "http://[::1]x",
           "http://[1.2.3.4]",
           "http://[fe80::1%25eth0]",
           "http://::1",
           "http://]",
           "http://h]",  // brackets
           "http://h:",
           "http://h:/",
           "http://h:0",
           "http://h:65536",
           "http://h:-1",
           "http://h:+1",
           "http://h:8a",
           "http://h:000080",
           "http://h:99999999999",
           "redis://:80",  // ports
           "http://127.1",
           "http://0x7f.1",
           "http://0x7f000001",
           "http://2130706433",
           "http://1.2.3.4.5",
           "http://01.2.3.4",
           "http://1.2.3.256",
           "http://a.1",
           "http://1.2.3.4.",  // addresses
           "redis://a b",
           "postgres://h%4",
           "postgres://[x]",
       }) {
    CAPTURE(text);
    const auto url = Url::parse(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == "bad_url");
    CHECK(url.error().kind == ErrorKind::usage);
  }
  CHECK_FALSE(Url::parse(std::string("http://h\0x", 10)));
  CHECK_FALSE(Url::parse("http://u:geheim@").error().message.contains("geheim"));
}

TEST_CASE("a scheme is put in front where there is none") {
  struct Case {
    const char* text;
    const char* whole;
  };
  for (const auto& [text, whole] : std::vector<Case>{
           {"h", "http://h"},
           {"h:8080/x", "http://h:8080/x"},
           {"[::1]:80", "http://[::1]:80"},
           {"https://h", "https://h"},
           {"h/x?to=https://other", "http://h/x?to=https://other"},
           {"", ""},
           {"/x", ""},
           {"mailto:x", ""},
       }) {
    CAPTURE(text);
    const auto url = Url::parse(text, "http");
    CHECK((url ? url->text() : "") == whole);
  }
}

TEST_CASE("parts for their uses") {
  struct Case {
    const char* text;
    const char* origin;
    const char* authority;
    const char* target;
    int port;
    bool loopback;
  };
  for (const auto& c : std::vector<Case>{
           {"http://u:p@Host:80?q#f", "http://host", "host", "/?q", 80, false},
           {"https://h:80/x?", "https://h:80", "h:80", "/x?", 80, false},
           {"https://h", "https://h", "h", "/", 443, false},
           {"http://[2001:DB8::1]:8080/x", "http://[2001:db8::1]:8080", "[2001:db8::1]:8080", "/x", 8080,
            false},
           {"wss://LOCALHOST", "wss://localhost", "localhost", "/", 443, true},
           {"http://127.8.9.1", "http://127.8.9.1", "127.8.9.1", "/", 80, true},
           {"http://127.example", "http://127.example", "127.example", "/", 80, false},
           {"http://localhost.example", "http://localhost.example", "localhost.example", "/", 80, false},
           {"http://[::1]", "http://[::1]", "[::1]", "/", 80, true},
           {"redis://h", "redis://h", "h", "/", 6379, false},
           {"postgres://h:5432", "postgres://h", "h", "/", 5432, false},
           {"other://h", "other://h", "h", "/", -1, false},
       }) {
    CAPTURE(c.text);
    const auto url = Url::parse(c.text);
    REQUIRE(url);
    CHECK(url->origin() == c.origin);
    CHECK(url->authority() == c.authority);
    CHECK(url->target() == c.target);
    CHECK((url->port_or_usual() ? *url->port_or_usual() : -1) == c.port);
    CHECK(url->is_loopback() == c.loopback);
  }
  const auto url = *Url::parse("https://u:p@h:1/x?q#f");
  CHECK(url.rest() == "/x?q#f");
  CHECK(url.with_path("/y").text() == "https://u:p@h:1/y");
  CHECK(url.without_user_info().text() == "https://h:1/x?q#f");
  CHECK(url.shown() == "https://u:***@h:1/x?q#f");
  CHECK(Url::parse("https://u@h")->shown() == "https://u@h");
}

TEST_CASE("any text is cut behind its authority") {
  struct Case {
    const char* text;
    const char* origin;
    const char* rest;
  };
  for (const auto& [text, origin, rest] : std::vector<Case>{
           {"https://h/x?y", "https://h", "/x?y"},
           {"https://h?y", "https://h", "?y"},
           {"https://h#y", "https://h", "#y"},
           {"https://h", "https://h", ""},
           {"/x|y\xff", "", "/x|y\xff"},
           {"/x?to=https://h/y", "", "/x?to=https://h/y"},
           {"https://h|\xff/|", "https://h|\xff", "/|"},
           {"", "", ""},
           {"://", "://", ""},
       }) {
    CAPTURE(text);
    CHECK(cut_url(text).origin == origin);
    CHECK(cut_url(text).rest == rest);
  }
}

TEST_CASE("passwords are hidden in anything that may be a URL") {
  struct Case {
    const char* text;
    const char* shown;
  };
  for (const auto& [text, shown] : std::vector<Case>{
           {"postgres://u:secret@h:5432/d", "postgres://u:***@h:5432/d"},
           {"postgres://u:sec@ret@h/d", "postgres://u:***@h/d"},
           {"redis://:s/e?c@h", "redis://:***@h"},
           {"https://h:80/x", "https://h:80/x"},
           {"https://u@h:80", "https://u@h:80"},
           {"not a url:x@y", "not a url:x@y"},
           {"", ""},
       }) {
    CAPTURE(text);
    CHECK(hide_url_password(text) == shown);
  }
}

TEST_CASE("a path segment holds any text") {
  CHECK(encode_segment("latest") == "latest");
  CHECK(encode_segment("a b/\xC3\xBC?%") == "a%20b%2F%C3%BC%3F%25");
  CHECK(encode_segment("").empty());
  std::string all(256, '\0');
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>(i);
  CHECK(decode_segment(encode_segment(all)) == all);
  CHECK(decode_segment("a+b%2f%C3%bc") == "a+b/\xC3\xBC");
  for (const auto* text : {"%", "%1", "a%", "%g0", "%0g", "%%41"}) CHECK_FALSE(decode_segment(text));
}

}  // namespace skerry
