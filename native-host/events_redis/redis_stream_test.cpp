#include "native-host/events_redis/redis_stream.hpp"

#include <doctest/doctest.h>

#include "native-host/events_redis/test_redis.hpp"

namespace skerry::events {
namespace {

using Fate = Outcome::Fate;

struct Portions {
  explicit Portions(const std::vector<std::vector<std::string>>& ids) {
    for (const auto& some : ids) batches.push_back(batch_of(some));
    for (std::size_t i = 0; i < ids.size(); ++i) {
      portions.push_back({.from = i,
                          .to = i + 1,
                          .count = static_cast<std::uint32_t>(ids[i].size()),
                          .batches = {batches[i]}});
    }
  }
  std::vector<std::string> batches;
  std::vector<Portion> portions;
};

std::vector<Fate> fates(const std::vector<Outcome>& outcomes) {
  std::vector<Fate> all;
  for (const auto& outcome : outcomes) all.push_back(outcome.fate);
  return all;
}

TEST_CASE("keys of a cluster's one slot") {
  CHECK(mark_key("skerry:events", "w") == "{skerry:events}:writer:w");
  CHECK(mark_key("a{b}c", "w") == "a{b}c:writer:w");
  CHECK(mark_key("a{}c", "w") == "{a{}c}:writer:w");
  CHECK(mark_key("a}b{", "w") == "{a}b{}:writer:w");
}

TEST_CASE("portions are stored once, in their order") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  CHECK(stream.mark("w") == 0U);
  const Portions three({{"a", "b"}, {"c"}, {"d", "e"}});
  CHECK(fates(stream.store("w", three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis) == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(stream.mark("w") == 3U);

  CHECK(fates(stream.store("w", three.portions)) == std::vector(3, Fate::stored));
  RedisStream restarted({.url = redis.url()});
  CHECK(fates(restarted.store("w", three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis).size() == 5);
  CHECK(fates(restarted.store("other", three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis).size() == 10);

  CHECK(redis.ask({"TTL", mark_key("skerry:events", "w")}).integer() > 86'400);
}

TEST_CASE("behind a portion that is missing nothing is stored") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  const Portions four({{"a"}, {"b"}, {"c"}, {"d"}});
  const std::span<const Portion> all = four.portions;
  CHECK(fates(stream.store("w", all.first(1))) == std::vector{Fate::stored});
  CHECK(fates(stream.store("w", all.subspan(2))) == std::vector(2, Fate::absent));
  CHECK(stored_ids(redis) == std::vector<std::string>{"a"});
  redis.ask({"FLUSHALL"});
  CHECK(fates(stream.store("w", all.subspan(1))) == std::vector(3, Fate::absent));
}

TEST_CASE("a writer that was settled stores no more") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  const Portions four({{"a"}, {"b"}, {"c"}, {"d"}});
  const std::span<const Portion> all = four.portions;
  stream.store("w", all.first(2));
  CHECK(stream.settle("w") == 2U);
  CHECK(stream.settle("w") == 2U);
  CHECK(fates(stream.store("w", all.subspan(2))) == std::vector(2, Fate::absent));
  CHECK(stream.settle("unheard") == 0U);
  CHECK(fates(stream.store("unheard", all)) == std::vector(4, Fate::absent));
  CHECK(stored_ids(redis).size() == 2);
}

TEST_CASE("a stream with a bound") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url(), .max_length = 100});
  const Portions many(std::vector(10, numbered("e", 100)));
  CHECK(fates(stream.store("w", many.portions)) == std::vector(10, Fate::stored));
  CHECK(redis.ask({"XLEN", "skerry:events"}).integer() < 300);
}

TEST_CASE("what refuses a portion leaves nothing of it") {
  TestRedis redis;
  RedisStream stream({.url = redis.url()});
  const Portions two({{"a", "b"}, {"c"}});
  const auto refused = [&](std::string_view code) {
    const auto outcomes = stream.store("w", two.portions);
    CHECK(fates(outcomes) == std::vector(2, Fate::absent));
    CHECK(outcomes[0].error.code == code);
  };
  redis.ask({"SET", "skerry:events", "1"});
  refused("redis_wrong_type");
  redis.ask({"DEL", "skerry:events"});
  redis.ask({"HSET", mark_key("skerry:events", "w"), "a", "b"});
  refused("redis_wrong_type");
  redis.ask({"DEL", mark_key("skerry:events", "w")});
  redis.ask({"CONFIG", "SET", "maxmemory", "1"});
  refused("redis_full");
  redis.ask({"CONFIG", "SET", "maxmemory", "0"});
  redis.ask({"REPLICAOF", "127.0.0.1", "1"});
  refused("redis_read_only");
  redis.ask({"REPLICAOF", "NO", "ONE"});
  redis.ask({"ACL", "SETUSER", "default", "-evalsha"});
  refused("redis_denied");
  redis.ask({"ACL", "SETUSER", "default", "+evalsha"});
  CHECK(redis.ask({"EXISTS", "skerry:events"}).integer() == 0);
  redis.ask({"SCRIPT", "FLUSH"});
  CHECK(fates(stream.store("w", two.portions)) == std::vector(2, Fate::stored));
  CHECK(stored_ids(redis).size() == 3);
  redis.kill();
  CHECK(fates(stream.store("w", two.portions)) == std::vector(2, Fate::unknown));
  refused("redis_unreachable");
  redis.start();
  CHECK(fates(stream.store("w", two.portions)) == std::vector(2, Fate::stored));
  CHECK(stored_ids(redis).size() == 3);
}

TEST_CASE("a server that does not answer in time") {
  TestRedis redis;
  RedisStream stream({.url = redis.url(), .timeouts = {.command = std::chrono::milliseconds(50)}});
  const Portions two({{"a", "b"}, {"c"}});
  CHECK(stream.connect());
  redis.pause();
  CHECK(fates(stream.store("w", two.portions)) == std::vector(2, Fate::unknown));
  redis.resume();
  const auto mark = stream.settle("w").value();
  CHECK(mark <= 2);
  CHECK(stored_ids(redis).size() == (mark == 0 ? 0 : mark + 1));
}

TEST_CASE("an answer that is lost, at every byte") {
  const TestRedis redis;
  LossyPath path(redis.socket());
  const Portions three({{"a", "b"}, {"c"}, {"d"}});
  RedisStream whole({.url = path.url()});
  REQUIRE(fates(whole.store("w", three.portions)) == std::vector(3, Fate::stored));
  const auto answers = path.passed();
  whole.disconnect();
  REQUIRE(answers > 40);
  for (std::int64_t bytes = 0; bytes <= answers; ++bytes) {
    CAPTURE(bytes);
    redis.ask({"FLUSHALL"});
    path.lose_after(bytes);
    RedisStream stream({.url = path.url()});
    if (!stream.connect()) CHECK(stream.connect());
    CHECK(fates(stream.store("w", three.portions)) == std::vector(3, Fate::stored));
    CHECK(stored_ids(redis) == std::vector<std::string>{"a", "b", "c", "d"});
  }
}

}  // namespace
}  // namespace skerry::events
