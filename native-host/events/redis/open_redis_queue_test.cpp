#include "native-host/events/redis/open_redis_queue.hpp"

#include <doctest/doctest.h>

#include "native-host/events/redis/test_redis.hpp"

namespace skerry::events {
namespace {

Settings settings_of(const TestRedis& redis) {
  Settings settings;
  settings.redis_url = redis.url().text();
  return settings;
}

TEST_CASE("what an operator should know of a Redis") {
  {
    const TestRedis redis;
    const auto facts = inspect_redis(settings_of(redis)).value();
    CHECK(facts.version.starts_with("7."));
    CHECK(facts.durable == "An acknowledged event is on the disk of Redis.");
    CHECK(facts.advice.empty());
    redis.ask({"CONFIG", "SET", "appendfsync", "everysec"});
    CHECK(inspect_redis(settings_of(redis))->durable.contains("second"));
    redis.ask({"ACL", "SETUSER", "default", "-config"});
    CHECK(inspect_redis(settings_of(redis))->durable.contains("does not tell"));
  }
  const TestRedis redis({"--appendonly", "no", "--maxmemory-policy", "allkeys-lru"});
  redis.ask({"REPLICAOF", "127.0.0.1", "1"});
  const auto facts = inspect_redis(settings_of(redis)).value();
  CHECK(facts.durable.contains("memory"));
  CHECK(facts.advice.size() == 3);
}

TEST_CASE("settings that are none") {
  Settings settings;
  settings.redis_url = "rediss://h";
  CHECK(inspect_redis(settings).error().code == "redis_settings");
  CHECK(open_redis_queue(settings, "/nowhere", nullptr, {}).error().code == "redis_settings");
}

}  // namespace
}  // namespace skerry::events
