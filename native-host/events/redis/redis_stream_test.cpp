#include "native-host/events/redis/redis_stream.hpp"

#include <doctest/doctest.h>

#include "native-host/events/redis/test_redis.hpp"

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
  all.reserve(outcomes.size());
  for (const auto& outcome : outcomes) all.push_back(outcome.fate);
  return all;
}

TEST_CASE("portions are stored once, in their order") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "w"};
  CHECK(stream.newest() == "0-0");
  CHECK(stream.find_mark(writer) == 0U);
  const Portions three({{"a", "b"}, {"c"}, {"d", "e"}});
  CHECK(fates(stream.store(writer, three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis) == std::vector<std::string>{"a", "b", "c", "d", "e"});
  CHECK(writer.since == stream.newest());
  CHECK(redis.ask({"XLEN", "skerry:events"}).integer() == 3);

  StreamWriter restarted{.name = "w"};
  CHECK(fates(stream.store(restarted, three.portions)) == std::vector(3, Fate::stored));
  StreamWriter other{.name = "v"};
  CHECK(fates(stream.store(other, three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis).size() == 10);
  CHECK(restarted.since == writer.since);
  restarted.since = "0-0";
  CHECK(stream.find_mark(restarted) == 3U);
  CHECK(restarted.since == writer.since);
  CHECK(stream.find_mark(restarted) == 0U);
  restarted.since = "0-0";
  CHECK(fates(stream.store(restarted, three.portions)) == std::vector(3, Fate::stored));
  CHECK(stored_ids(redis).size() == 10);
  CHECK(redis.ask({"DBSIZE"}).integer() == 1);
}

TEST_CASE("the mark of a writer behind many others") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "w"};
  const Portions one({{"a"}});
  const Portions many(std::vector<std::vector<std::string>>(50, {"b"}));
  stream.store(writer, one.portions);
  StreamWriter other{.name = "v"};
  stream.store(other, many.portions);
  StreamWriter restarted{.name = "w"};
  CHECK(stream.find_mark(restarted) == 1U);
  CHECK(restarted.since == writer.since);
  StreamWriter unheard{.name = "u"};
  CHECK(stream.find_mark(unheard) == 0U);
}

TEST_CASE("behind a portion that is missing nothing is stored") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "w"};
  const Portions four({{"a"}, {"b"}, {"c"}, {"d"}});
  const std::span<const Portion> all = four.portions;
  CHECK(fates(stream.store(writer, all.first(1))) == std::vector{Fate::stored});
  writer.since = "0-0";
  CHECK(fates(stream.store(writer, all.subspan(2))) == std::vector(2, Fate::absent));
  CHECK(stored_ids(redis) == std::vector<std::string>{"a"});
}

TEST_CASE("a writer that was settled stores no more") {
  const TestRedis redis;
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "w"};
  const StreamWriter before = writer;
  const Portions four({{"a"}, {"b"}, {"c"}, {"d"}});
  const std::span<const Portion> all = four.portions;
  stream.store(writer, all.first(2));
  CHECK(stream.settle(before) == 2U);
  CHECK(stream.settle(before) == 2U);
  CHECK(fates(stream.store(writer, all.subspan(2))) == std::vector(2, Fate::absent));
  StreamWriter closed{.name = "c"};
  stream.store(closed, all.first(1));
  CHECK(stream.close("c"));
  CHECK(fates(stream.store(closed, all.subspan(1))) == std::vector(3, Fate::absent));
  StreamWriter unheard{.name = "u"};
  CHECK(stream.settle(unheard) == 0U);
  CHECK(fates(stream.store(unheard, all)) == std::vector(4, Fate::absent));
  CHECK(stored_ids(redis).size() == 3);
}

TEST_CASE("a stream with a bound") {
  const TestRedis redis({"--stream-node-max-entries", "10"});
  RedisStream stream({.url = redis.url(), .max_length = 20});
  StreamWriter writer{.name = "w"};
  const Portions many(std::vector<std::vector<std::string>>(100, {"a"}));
  CHECK(fates(stream.store(writer, many.portions)) == std::vector(100, Fate::stored));
  CHECK(redis.ask({"XLEN", "skerry:events"}).integer() < 40);
}

TEST_CASE("what refuses a portion leaves nothing of it") {
  TestRedis redis;
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "w"};
  const Portions two({{"a", "b"}, {"c"}});
  const auto refused = [&](std::string_view code) {
    const auto outcomes = stream.store(writer, two.portions);
    CHECK(fates(outcomes) == std::vector(2, Fate::absent));
    CHECK(outcomes[0].error.code == code);
  };
  redis.ask({"SET", "skerry:events", "1"});
  refused("redis_wrong_type");
  redis.ask({"DEL", "skerry:events"});
  redis.ask({"CONFIG", "SET", "maxmemory", "1"});
  refused("redis_full");
  redis.ask({"CONFIG", "SET", "maxmemory", "0"});
  redis.ask({"REPLICAOF", "127.0.0.1", "1"});
  refused("redis_read_only");
  redis.ask({"REPLICAOF", "NO", "ONE"});
  redis.ask({"ACL", "SETUSER", "default", "-evalsha"});
  refused("redis_denied");
  redis.ask({"ACL", "SETUSER", "default", "+evalsha", "-xadd"});
  refused("redis_denied");
  redis.ask({"ACL", "SETUSER", "default", "+xadd"});
  CHECK(redis.ask({"EXISTS", "skerry:events"}).integer() == 0);
  redis.ask({"SCRIPT", "FLUSH"});
  CHECK(fates(stream.store(writer, two.portions)) == std::vector(2, Fate::stored));
  CHECK(stored_ids(redis).size() == 3);
  writer.since = "0-0";
  redis.kill();
  CHECK(fates(stream.store(writer, two.portions)) == std::vector(2, Fate::unknown));
  refused("redis_unreachable");
  redis.start();
  CHECK(fates(stream.store(writer, two.portions)) == std::vector(2, Fate::stored));
  CHECK(stored_ids(redis).size() == 3);
}

TEST_CASE("a server that does not answer in time") {
  TestRedis redis;
  RedisStream stream({.url = redis.url(), .timeouts = {.command = std::chrono::milliseconds(50)}});
  StreamWriter writer{.name = "w"};
  const Portions two({{"a", "b"}, {"c"}});
  CHECK(stream.connect());
  redis.pause();
  CHECK(fates(stream.store(writer, two.portions)) == std::vector(2, Fate::unknown));
  redis.resume();
  const auto mark = stream.settle(writer).value();
  CHECK(mark <= 2);
  CHECK(stored_ids(redis).size() == (mark == 0 ? 0 : mark + 1));
}

TEST_CASE("an answer that is lost, at every byte") {
  const TestRedis redis;
  LossyPath path(redis.socket());
  const Portions three({{"a", "b"}, {"c"}, {"d"}});
  RedisStream whole({.url = path.url()});
  StreamWriter first{.name = "w"};
  REQUIRE(fates(whole.store(first, three.portions)) == std::vector(3, Fate::stored));
  const auto answers = path.passed();
  whole.disconnect();
  REQUIRE(answers > 40);
  for (std::int64_t bytes = 0; bytes <= answers; ++bytes) {
    CAPTURE(bytes);
    redis.ask({"FLUSHALL"});
    path.lose_after(bytes);
    RedisStream stream({.url = path.url()});
    StreamWriter writer{.name = "w"};
    if (!stream.connect()) CHECK(stream.connect());
    CHECK(fates(stream.store(writer, three.portions)) == std::vector(3, Fate::stored));
    CHECK(stored_ids(redis) == std::vector<std::string>{"a", "b", "c", "d"});
  }
}

}  // namespace
}  // namespace skerry::events
