#include "native-host/config/masking.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::config {
namespace {

struct Case {
  std::string text;
  std::string shown;
  std::vector<std::string> secrets = {};
};

void check(Masked (*mask)(std::string_view), const std::vector<Case>& cases) {
  for (const auto& [text, shown, secrets] : cases) {
    CAPTURE(text);
    const auto masked = mask(text);
    CHECK(masked.shown == shown);
    CHECK(masked.secrets == secrets);
  }
}

TEST_CASE("URLs") {
  check(
      mask_address,
      {
          {"postgres://u:secret@h:5432/d?sslmode=require",
           "postgres://u:***@h:5432/d?sslmode=require",
           {"secret"}},
          {"postgres://a:a@alpha.example/a", "postgres://a:***@alpha.example/a", {"a"}},
          {"postgres://u:se%40cr@h/d", "postgres://u:***@h/d", {"se@cr"}},
          {"postgres://u:se:cr@et@h/d", "postgres://u:***@h/d", {"se:cr@et"}},
          {"postgres://u:p/w@h/d", "postgres://u:***@h/d", {"p/w"}},
          {"postgres://u:p?w@h/d", "postgres://u:***@h/d", {"p?w"}},
          {"postgres://u:p w@h/d", "postgres://u:***@h/d", {"p w"}},
          {"postgres://u:one@two/three@h:1/d",
           "postgres://u:***@h:1/d",
           {"one@two/three", "one", "two", "three"}},
          {"postgres://u:one@two?three@h:1/d",
           "postgres://u:***@h:1/d",
           {"one@two?three", "one", "two", "three"}},
          {"postgres://u:one@two#three@h:1/d",
           "postgres://u:***@h:1/d",
           {"one@two#three", "one", "two", "three"}},
          {"postgres://u:p@h/d?user=a@b", "postgres://u:***@b", {"p@h/d?user=a", "user=a"}},
          // Good addresses of libpq: what is behind the last @ may be a secret, and before it, too.
          {"postgres://u:s1@h/d?application_name=me@host&password=s2",
           "postgres://u:***@host&password=***",
           {"s1@h/d?application_name=me", "application_name=me", "s2"}},
          {"postgres://u:s1@h/d?sslkey=/x@y/k&sslpassword=s2",
           "postgres://u:***@y/k&sslpassword=***",
           {"s1@h/d?sslkey=/x", "sslkey=", "s2"}},
          {"postgres://u:s1@h/d?sslpassword=s2@s3&x=y",
           "postgres://u:***&x=y",
           {"s1@h/d?sslpassword=s2@s3", "sslpassword=s2", "s2@s3"}},
          {"postgres://u:s1@h/d?password=s2&x=y@z",
           "postgres://u:***@z",
           {"s1@h/d?password=s2&x=y", "password=s2&x=y", "s2"}},
          {"postgres://u:s1@h/d?a=b#c@d&password=s2",
           "postgres://u:***@d&password=***",
           {"s1@h/d?a=b#c", "a=b", "s2"}},
          {"postgres://u:s1@[::1]:1/d?application_name=a@b&sslpassword=s2",
           "postgres://u:***@b&sslpassword=***",
           {"s1@[::1]:1/d?application_name=a", "application_name=a", "s2"}},
          {"https://u:s1@h/x?token=a@b", "https://***", {"s1@h/x?token=a@b", "token=a", "a@b"}},
          {"redis://min:p@ss:w/rd?@h:1", "redis://min:***@h:1", {"p@ss:w/rd?"}},
          {"https://one@two/three@h/x", "https://***@h/x", {"one@two/three", "one", "two", "three"}},
          {"postgres://u:p@one:1,two:2/d?password=x",
           "postgres://u:***@one:1,two:2/d?password=***",
           {"p", "x"}},
          {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
          {"postgres://h:5432/d?user=a@b", "postgres://h:5432/d?user=a@b"},
          {"postgres://h/d?user=u&password=secret&x=y", "postgres://h/d?user=u&password=***&x=y", {"secret"}},
          {"postgres://h/d?pass%77ord=se%20cret", "postgres://h/d?pass%77ord=***", {"se cret"}},
          {"postgres://h/d?sslpassword=s&passfile=/f", "postgres://h/d?sslpassword=***&passfile=/f", {"s"}},
          {"redis://:secret@h", "redis://:***@h", {"secret"}},
          {"rediss://u:s@[::1]:6379/0", "rediss://u:***@[::1]:6379/0", {"s"}},
          {"https://token@api.example/x", "https://***@api.example/x", {"token"}},
          {"https://u:p@api.example/x?a=b#c", "https://***@api.example/x?a=b#c", {"p"}},
          {"https://u:p/q@api.example", "https://***@api.example", {"p/q"}},
          {"HTTPS://u:p q@api.example", "HTTPS://***@api.example", {"p q"}},
          {"https://api.example/x?token=t&a=b", "https://api.example/x?token=***&a=b", {"t"}},
          {"https://api.example/@x", "https://api.example/@x"},
          {"https://api.example", "https://api.example"},
      });
}

TEST_CASE("connection strings of keywords") {
  check(mask_address,
        {
            {"host=h password=secret user=u", "host=h password=*** user=u", {"secret"}},
            {"host=ha password=a user=aa", "host=ha password=*** user=aa", {"a"}},
            {"host=password user=password", "host=password user=password"},
            {"host=h password = 'sec ret\\'s' user=u", "host=h password = *** user=u", {"sec ret's"}},
            {"password=sec\\ ret host=h", "password=*** host=h", {"sec ret"}},
            {"password=a\thost=h", "password=***\thost=h", {"a"}},
            {"sslpassword=s oauth_client_secret=t passfile=/f",
             "sslpassword=*** oauth_client_secret=*** passfile=/f",
             {"s", "t"}},
            {"host='h password=x' password='y'", "host='h password=x' password=***", {"y"}},
            {"password=postgres://u:p@h", "password=***", {"postgres://u:p@h"}},
            {"password='secret", "password=***"},
            {"password='secret\\", "password=***"},
            {"password='a'b", "password=***"},
            {"password secret", "***"},
            {"secret", "***"},
            {"password=", "password="},
            {"password=''", "password=***"},
            {"", ""},
        });
}

TEST_CASE("any setting") {
  check(mask_urls, {
                       {"127.0.0.1:8080", "127.0.0.1:8080"},
                       {"unix:/run/x@y", "unix:/run/x@y"},
                       {"me@host", "me@host"},
                       {"https://u:p@host/", "https://***@host/", {"p"}},
                       {"https://a.example,https://u:p@b.example, https://v:q@c.example",
                        "https://a.example,https://***@b.example, https://***@c.example",
                        {"p", "q"}},
                       {"", ""},
                   });
}

}  // namespace
}  // namespace skerry::config
