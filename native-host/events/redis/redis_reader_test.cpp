#include "native-host/events/redis/redis_reader.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "native-host/events/redis/test_redis.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;

RedisReaderOptions options_of(const RedisUrl& url, const std::string& consumer = "one") {
  return {.redis = {.url = url}, .group = "group", .consumer = consumer};
}

/// One entry.
void store(const TestRedis& redis, const std::vector<std::string>& ids, std::size_t body = 20) {
  RedisStream stream({.url = redis.url()});
  StreamWriter writer{.name = "test"};
  const auto batch = batch_of(ids, body);
  const auto mark = stream.find_mark(writer).value();
  const Portion portion{
      .from = mark, .to = mark + 1, .count = static_cast<std::uint32_t>(ids.size()), .batches = {batch}};
  REQUIRE(stream.store(writer, {&portion, 1}).front().fate == Outcome::Fate::stored);
}

void store_each(const TestRedis& redis, const std::vector<std::string>& ids) {
  for (const auto& id : ids) store(redis, {id});
}

std::vector<std::string> read_ids(Reader& reader, std::uint32_t most = 1'000,
                                  std::chrono::milliseconds wait = 0ms) {
  const auto chunk = reader.read(most, wait).value();
  auto ids = ids_of(chunk.batch);
  CHECK(ids.size() == chunk.count);
  return ids;
}

std::int64_t pending(const TestRedis& redis) {
  return redis.ask({"XPENDING", "skerry:events", "group"})[0].integer();
}

TEST_CASE("a reader goes on where it was acknowledged") {
  const TestRedis redis;
  const auto ids = numbered("e", 10);
  {
    const auto reader = open_redis_reader(options_of(redis.url())).value();
    CHECK(read_ids(*reader).empty());
    CHECK(read_ids(*reader, 10, 20ms).empty());
    store_each(redis, ids);
    const auto first = reader->read(4, 0ms).value();
    CHECK(ids_of(first.batch) == numbered("e", 4));
    const auto second = reader->read(4, 0ms).value();
    CHECK(second.through > first.through);
    CHECK(ids_of(second.batch) == std::vector<std::string>(ids.begin() + 4, ids.begin() + 8));
    CHECK(reader->acknowledge(first.through));
    CHECK(pending(redis) == 4);
  }
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto rest = reader->read(100, 0ms).value();
  CHECK(ids_of(rest.batch) == std::vector<std::string>(ids.begin() + 4, ids.begin() + 8));
  CHECK(read_ids(*reader) == std::vector<std::string>(ids.begin() + 8, ids.end()));
  CHECK(reader->acknowledge(rest.through));
  CHECK(reader->acknowledge(rest.through));
  CHECK(pending(redis) == 2);
  CHECK(reader->acknowledge(UINT64_MAX));
  CHECK(pending(redis) == 0);
  CHECK(read_ids(*reader).empty());
}

TEST_CASE("a reader waits for what comes") {
  const TestRedis redis;
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  std::jthread writer([&] {
    redis.await_blocked();
    store(redis, {"a"});
  });
  CHECK(read_ids(*reader, 10, 10s) == std::vector<std::string>{"a"});
}

TEST_CASE("a reader that is interrupted") {
  const TestRedis redis;
  store_each(redis, {"a", "b"});
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto chunk = reader->read(1, 0ms).value();
  std::jthread other([&] {
    redis.await_blocked();
    reader->interrupt();
  });
  while (reader->read(10, 10s).value().count > 0) {
  }
  CHECK(reader->read(10, 10s).value().count == 0);
  CHECK(reader->acknowledge(chunk.through));
  CHECK(pending(redis) == 1);
}

TEST_CASE("what a dead consumer left is taken over, what a slow one has is not read twice") {
  const TestRedis redis;
  auto options = options_of(redis.url(), "dead");
  std::chrono::seconds passed{0};
  options.now = [&] { return std::chrono::steady_clock::time_point(std::chrono::hours(1) + passed); };
  /// A minute in which this consumer asks for nothing, in Redis and here.
  const auto wait_a_minute = [&](const std::string& consumer) {
    const auto had = redis.ask({"XPENDING", "skerry:events", "group", "-", "+", "1000", consumer});
    for (std::size_t i = 0; i < had.size(); ++i) {
      const std::string id(had[i][0].text());
      redis.ask({"XCLAIM", "skerry:events", "group", consumer, "0", id, "IDLE", "60001", "JUSTID"});
    }
    passed += 61s;
    return had.size();
  };
  store_each(redis, numbered("e", 250));
  CHECK(read_ids(*open_redis_reader(options).value(), 10).size() == 10);
  options.consumer = "heir";
  const auto reader = open_redis_reader(options).value();
  std::vector<std::string> ids;
  const auto read_all = [&] {
    for (auto more = read_ids(*reader); !more.empty(); more = read_ids(*reader))
      ids.insert(ids.end(), more.begin(), more.end());
  };
  read_all();
  CHECK(ids.size() == 240);
  CHECK(wait_a_minute("dead") == 10);
  read_all();
  CHECK(wait_a_minute("heir") == 250);
  CHECK(read_ids(*reader, 1'000, 10ms).empty());
  std::ranges::sort(ids);
  auto all = numbered("e", 250);
  std::ranges::sort(all);
  CHECK(ids == all);
  CHECK(reader->acknowledge(UINT64_MAX));
  CHECK(pending(redis) == 0);
}

TEST_CASE("a stream that is emptied under its reader") {
  const TestRedis redis;
  store(redis, {"a"});
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto chunk = reader->read(10, 0ms).value();
  redis.ask({"FLUSHALL"});
  CHECK(reader->acknowledge(chunk.through));
  std::jthread other([&] {
    redis.await_blocked();
    store(redis, {"b"});
    redis.await_blocked();
    redis.ask({"FLUSHALL"});
    redis.await_blocked();
    store(redis, {"c"});
  });
  CHECK(read_ids(*reader, 10, 10s) == std::vector<std::string>{"b"});
  CHECK(read_ids(*reader, 10, 10s) == std::vector<std::string>{"c"});
}

TEST_CASE("a server that goes away under its reader") {
  TestRedis redis;
  store_each(redis, numbered("e", 10));
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto chunk = reader->read(4, 0ms).value();
  redis.kill();
  CHECK(reader->acknowledge(chunk.through).error().code == "events_unavailable");
  CHECK(reader->read(4, 0ms).error().code == "events_unavailable");
  CHECK(open_redis_reader(options_of(redis.url())).error().code == "events_unavailable");
  redis.start();
  CHECK(read_ids(*reader).size() == 6);
  CHECK(reader->acknowledge(chunk.through));
  CHECK(pending(redis) == 6);
}

TEST_CASE("entries that are no events, and such as were deleted unread") {
  const TestRedis redis;
  store_each(redis, {"a", "b"});
  const std::string batch = batch_of({"x", "y"});
  const std::string damaged[] = {
      "",          std::string(20, '\1'),       batch.substr(0, batch.size() - 1),
      batch + "a", std::string("\1\0\0\0a", 5), batch_of({"x"}) + std::string("\1\0\0\0a", 5)};
  for (const auto& events : damaged) redis.ask({"XADD", "skerry:events", "*", "events", events});
  redis.ask({"XADD", "skerry:events", "*", "other", "1"});
  redis.ask({"XADD", "skerry:events", "*", "writer", "w", "mark", "closed:7"});
  redis.ask({"XADD", "skerry:events", "*", "writer", "w", "mark", "8", "count", "0", "events", ""});
  store(redis, {"c"});
  {
    const auto reader = open_redis_reader(options_of(redis.url())).value();
    const auto chunk = reader->read(100, 0ms).value();
    CHECK(ids_of(chunk.batch) == std::vector<std::string>{"a", "b", "x", "x", "y", "x", "c"});
    CHECK(chunk.damage.size() == 7);
    CHECK(chunk.damage.front().code == "event_damaged");
  }
  redis.ask({"XDEL", "skerry:events", redis.ask({"XRANGE", "skerry:events", "-", "+"})[1][0].text()});
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto chunk = reader->read(100, 0ms).value();
  CHECK(ids_of(chunk.batch) == std::vector<std::string>{"a", "x", "x", "y", "x", "c"});
  CHECK(chunk.damage.size() == 8);
  CHECK(reader->acknowledge(chunk.through));
  CHECK(pending(redis) == 0);

  redis.ask({"XADD", "skerry:events", "*", "other", "1"});
  const auto nothing = reader->read(100, 0ms).value();
  CHECK(nothing.count == 0);
  CHECK(nothing.damage.size() == 1);
  redis.ask({"DEL", "skerry:events"});
  redis.ask({"SET", "skerry:events", "1"});
  CHECK(reader->read(100, 0ms).error().code == "events_unavailable");
}

TEST_CASE("an entry that is read in parts") {
  const TestRedis redis;
  const auto ids = numbered("e", 20);
  store(redis, {ids.begin(), ids.begin() + 12});
  store(redis, {ids.begin() + 12, ids.end()});
  const auto from = [&](std::ptrdiff_t begin, std::ptrdiff_t end) {
    return std::vector<std::string>(ids.begin() + begin, ids.begin() + end);
  };
  for (const std::ptrdiff_t at : {5, 10, 15, 20}) {
    CAPTURE(at);
    const auto reader = open_redis_reader(options_of(redis.url())).value();
    const auto chunk = reader->read(5, 0ms).value();
    CHECK(ids_of(chunk.batch) == from(at - 5, at));
    CHECK(read_ids(*reader, 2) == from(at, std::min<std::ptrdiff_t>(at + 2, 20)));
    CHECK(reader->acknowledge(chunk.through));
  }
  CHECK(pending(redis) == 0);
  CHECK(redis.ask({"EXISTS", "{skerry:events}:parts:group"}).integer() == 0);
}

TEST_CASE("a chunk has 8 MiB at most") {
  const TestRedis redis;
  for (const auto* id : {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}) store(redis, {id}, 990'000);
  const auto reader = open_redis_reader(options_of(redis.url())).value();
  const auto chunk = reader->read(100, 0ms).value();
  CHECK(chunk.count == 8);
  CHECK(chunk.batch.size() <= kMaxBatch);
  CHECK(read_ids(*reader) == std::vector<std::string>{"i", "j"});
}

TEST_CASE("answers that are lost, at many places: each entry is read, none twice by the one reader") {
  const TestRedis redis;
  LossyPath path(redis.socket());
  const auto ids = numbered("e", 30);
  for (std::int64_t bytes = 0; bytes < 5'000; bytes += 331) {
    CAPTURE(bytes);
    redis.ask({"FLUSHALL"});
    store(redis, ids);
    path.lose_after(bytes);
    auto reader = open_redis_reader(options_of(path.url()));
    if (!reader) reader = open_redis_reader(options_of(path.url()));
    std::vector<std::string> got;
    for (int i = 0; i < 10; ++i) {
      const auto chunk = (*reader)->read(9, 0ms);
      if (!chunk) continue;
      const auto some = ids_of(chunk->batch);
      got.insert(got.end(), some.begin(), some.end());
      if (i % 2 == 1) CHECK((*reader)->acknowledge(chunk->through));
    }
    CHECK(got == ids);
    CHECK((*reader)->acknowledge(UINT64_MAX));
    CHECK(pending(redis) == 0);
  }
}

}  // namespace
}  // namespace skerry::events
