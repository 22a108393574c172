#include "native-host/events/redis/redis_connection.hpp"

#include <doctest/doctest.h>

#include "native-host/events/redis/test_redis.hpp"

namespace skerry::events {
namespace {

TEST_CASE("what a server says, as an error") {
  const struct {
    std::string_view said;
    std::string_view code;
  } cases[] = {
      {"OOM command not allowed when used memory > 'maxmemory'.", "redis_full"},
      {"ERR Error running script (call to f_1): @user_script:8: OOM command not allowed", "redis_full"},
      {"ERR Error running script (call to f_1): @user_script: 8: -WRONGTYPE Operation against",
       "redis_wrong_type"},
      {"LOADING Redis is loading the dataset in memory", "redis_starting"},
      {"READONLY You can't write against a read only replica.", "redis_read_only"},
      {"MISCONF Redis is configured to save RDB snapshots", "redis_read_only"},
      {"NOAUTH Authentication required.", "redis_denied"},
      {"WRONGPASS invalid username-password pair or user is disabled.", "redis_denied"},
      {"ERR The user executing the script can't run this command or subcommand script: 1, on "
       "@user_script:15.",
       "redis_denied"},
      {"NOPERM this user has no permissions to run the 'evalsha' command", "redis_denied"},
      {"MOVED 3999 127.0.0.1:6381", "redis_cluster"},
      {"CLUSTERDOWN Hash slot not served", "redis_cluster"},
      {"NOSCRIPT No matching script.", "redis_no_script"},
      {"NOGROUP No such key 'a'", "redis_no_group"},
      {"ERR unknown command", "redis_error"},
      {"OOMPH", "redis_error"},
      {"ERR Error running script", "redis_error"},
      {"", "redis_error"},
  };
  for (const auto& [said, code] : cases) {
    CAPTURE(said);
    CHECK(redis_error(said).code == code);
    CHECK_FALSE(is_lost(redis_error(said)));
  }
}

TEST_CASE("a session") {
  const TestRedis redis;
  auto url = redis.url();
  url.database = 3;
  const auto connection = RedisConnection::open(url, {}).value();
  CHECK(connection->ask({"SET", "a", std::string_view("1\r\n\0", 4)})->text() == "OK");
  CHECK(connection->ask({"GET", "a"})->text() == std::string_view("1\r\n\0", 4));
  CHECK(connection->ask({"GET", "b"})->is_null());
  CHECK(redis.ask({"GET", "a"}).is_null());
  const auto pair = connection->ask({"CONFIG", "GET", "appendfsync"});
  CHECK(pair->field("appendfsync").text() == "always");
  CHECK(pair->field("other").is_null());
  CHECK((*pair)[2][7].integer() == 0);
  connection->send({"INCR", "a"});
  connection->send({"INCR", "c"});
  CHECK(connection->receive()->error()->code == "redis_error");
  CHECK(connection->receive()->integer() == 1);
}

TEST_CASE("a session that fails") {
  TestRedis redis({"--requirepass", "open sesame"});
  const auto code = [&](const RedisUrl& url) {
    const auto connection = RedisConnection::open(url, {});
    const auto answer = connection ? (*connection)->ask({"GET", "a"}) : std::unexpected(connection.error());
    return answer ? "" : answer.error().code;
  };
  auto url = redis.url();
  CHECK(code(url) == "redis_denied");
  url.password = "close sesame";
  CHECK(code(url) == "redis_denied");
  url.password = "open sesame";
  CHECK(code(url) == "");
  url.user = "default";
  CHECK(code(url) == "");
  url.user = "nobody";
  CHECK(code(url) == "redis_denied");
  url = {.path = redis.socket(), .password = "open sesame", .database = 999};
  CHECK(code(url) == "redis_error");
  CHECK(code({.path = "/nowhere"}) == "redis_unreachable");
  CHECK(code({.host = "127.0.0.1", .port = 1}) == "redis_unreachable");
  CHECK(code({.host = "no-such-host.invalid"}) == "redis_unreachable");

  url.database = 0;
  const auto connection = RedisConnection::open(url, {.command = std::chrono::milliseconds(50)}).value();
  redis.pause();
  CHECK(connection->ask({"PING"}).error().code == "redis_late");
  redis.resume();
  const auto other = RedisConnection::open(url, {}).value();
  redis.kill();
  CHECK(other->ask({"PING"}).error().code == "redis_unreachable");
  CHECK(other->ask({"PING"}).error().code == "redis_unreachable");
}

TEST_CASE("a session that is interrupted") {
  const TestRedis redis;
  const auto connection = RedisConnection::open(redis.url(), {}).value();
  std::jthread other([&] {
    redis.await_blocked();
    connection->interrupt();
  });
  CHECK(is_lost(connection->ask({"BLPOP", "a", "0"}).error()));
}

}  // namespace
}  // namespace skerry::events
