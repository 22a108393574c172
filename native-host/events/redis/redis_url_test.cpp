#include "native-host/events/redis/redis_url.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry::events {
namespace {

TEST_CASE("addresses of a Redis") {
  const struct {
    std::string_view text;
    RedisUrl url;
    std::string_view shown;
  } cases[] = {
      {"redis://localhost", {.host = "localhost"}, "redis://localhost:6379"},
      {"redis://localhost/", {.host = "localhost"}, "redis://localhost:6379"},
      {"redis://10.0.0.1:7000/3",
       {.host = "10.0.0.1", .port = 7000, .database = 3},
       "redis://10.0.0.1:7000/3"},
      {"redis://[::1]:7000", {.host = "::1", .port = 7000}, "redis://[::1]:7000"},
      {"redis://[fe80::1]/1", {.host = "fe80::1", .database = 1}, "redis://[fe80::1]:6379/1"},
      {"redis://:secret@h", {.host = "h", .password = "secret"}, "redis://h:6379"},
      {"redis://me:a%40b%3A%2F%20@h:1",
       {.host = "h", .port = 1, .user = "me", .password = "a@b:/ "},
       "redis://h:1"},
      {"redis://me:p@ss@h", {.host = "h", .user = "me", .password = "p@ss"}, "redis://h:6379"},
      {"unix:/run/redis.sock", {.path = "/run/redis.sock"}, "unix:/run/redis.sock"},
      {"unix:////r.sock", {.path = "//r.sock"}, "unix:////r.sock"},
      {"unix:///run/redis.sock?db=2",
       {.path = "/run/redis.sock", .database = 2},
       "unix:/run/redis.sock?db=2"},
      {"unix://me:s@/r.sock", {.path = "/r.sock", .user = "me", .password = "s"}, "unix:/r.sock"},
  };
  for (const auto& [text, url, shown] : cases) {
    CAPTURE(text);
    const auto parsed = parse_redis_url(text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == url);
    CHECK(parsed->text() == shown);
  }
}

TEST_CASE("what is no address") {
  using namespace std::string_literals;
  const std::string cases[] = {"",
                               "redis",
                               "redis:",
                               "redis://",
                               "redis:///1",
                               "redis://:1",
                               "redis://h:",
                               "redis://h:0",
                               "redis://h:65536",
                               "redis://h:x",
                               "redis://h:1x",
                               "redis://h/x",
                               "redis://h/-1",
                               "redis://h/1/2",
                               "redis://h/4294967296",
                               "redis://h?db=1",
                               "redis://[::1",
                               "redis://[]",
                               "redis://[::1]1",
                               "redis://a b",
                               "redis://h\r\n",
                               "redis://:secret@",
                               "redis://me@h",
                               "redis://me:@h",
                               "unix://me@/a",
                               "unix:",
                               "unix:relative",
                               "unix://host",
                               "unix:/a?db=",
                               "unix:/a?db=x",
                               "unix:/a?x=1",
                               "unix:/" + std::string(107, 'a'),
                               "unix:/a%00b",
                               "redis://h\0"s,
                               "rediss://:secret@h",
                               "http://h"};
  for (const auto& text : cases) {
    CAPTURE(text);
    const auto parsed = parse_redis_url(text);
    REQUIRE_FALSE(parsed.has_value());
    CHECK(parsed.error().code == "redis_settings");
    CHECK_FALSE(parsed.error().message.contains("secret"));
  }
}

}  // namespace
}  // namespace skerry::events
