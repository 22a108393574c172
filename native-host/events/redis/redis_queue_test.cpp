#include "native-host/events/redis/redis_queue.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <map>
#include <optional>
#include <thread>

#include <doctest/doctest.h>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/intake.hpp"
#include "native-host/events/redis/test_redis.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;

constexpr const char* kChildFolder = "SKERRY_TEST_REDIS_QUEUE";

RedisQueue::Options options_of(const RedisUrl& url, const std::filesystem::path& folder) {
  return {.redis = {.url = url}, .folder = folder, .first_retry = 5ms, .last_retry = 20ms};
}

std::unique_ptr<Queue> log_in(const std::filesystem::path& folder, std::uint64_t max_bytes = 1 << 26) {
  return DiskLog::open({.folder = folder, .max_bytes = max_bytes, .segment_bytes = 1 << 22}).value();
}

std::unique_ptr<RedisQueue> open_queue(const RedisQueue::Options& options) {
  return RedisQueue::open(options, log_in(options.folder)).value();
}

std::future<Result<void>> append_later(Queue& queue, const std::vector<std::string>& ids) {
  auto promise = std::make_shared<std::promise<Result<void>>>();
  auto result = promise->get_future();
  queue.append(batch_of(ids), static_cast<std::uint32_t>(ids.size()),
               [promise](Result<void> done) { promise->set_value(std::move(done)); });
  return result;
}

Result<void> append(Queue& queue, const std::vector<std::string>& ids) {
  auto result = append_later(queue, ids);
  if (result.wait_for(20s) != std::future_status::ready) throw std::runtime_error("no answer to an append");
  return result.get();
}

template <class Condition>
bool soon(const Condition& condition) {
  for (int i = 0; i < 4'000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(5ms);
  }
  return false;
}

/// Appends from several threads until its end, and knows what was acknowledged.
class Clients {
 public:
  explicit Clients(Queue& queue, const std::string& prefix = "c") {
    for (int thread = 0; thread < 4; ++thread) {
      threads_.emplace_back(
          [this, &queue, prefix = prefix + std::to_string(thread) + "-"](const std::stop_token& stop) {
            for (int i = 0; !stop.stop_requested(); ++i) {
              const auto id = prefix + std::to_string(i);
              if (!append(queue, {id, id + "b"})) continue;
              const std::lock_guard lock(mutex_);
              acknowledged_.push_back(id);
              acknowledged_.push_back(id + "b");
            }
          });
    }
  }
  std::vector<std::string> stop() {
    threads_.clear();
    std::ranges::sort(acknowledged_);
    return acknowledged_;
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return acknowledged_.size();
  }
  /// Until more than so many more are acknowledged.
  void await(std::size_t more) {
    const auto before = count();
    CHECK(soon([&] { return count() > before + more; }));
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> acknowledged_;
  std::vector<std::jthread> threads_;
};

/// What Redis has and should not have, or has twice: `+id`; what it lacks: `-id`.
std::vector<std::string> difference(const TestRedis& redis, const std::vector<std::string>& acknowledged) {
  auto stored = stored_ids(redis);
  std::ranges::sort(stored);
  std::vector<std::string> result;
  std::ranges::set_difference(stored, acknowledged, std::back_inserter(result));
  for (auto& id : result) id.insert(0, 1, '+');
  std::vector<std::string> missing;
  std::ranges::set_difference(acknowledged, stored, std::back_inserter(missing));
  for (const auto& id : missing) result.push_back("-" + id);
  return result;
}

bool contains(const std::vector<std::string>& ids, const std::string& id) {
  return std::ranges::find(ids, id) != ids.end();
}

/// Returns when all that was appended is in Redis, and nothing follows: then the last one is.
std::vector<std::string> with_the_last(Queue& queue, const TestRedis& redis,
                                       std::vector<std::string> acknowledged) {
  CHECK(soon([&] { return append(queue, {"z-last"}).has_value(); }));
  CHECK(soon([&] { return contains(stored_ids(redis), "z-last"); }));
  acknowledged.emplace_back("z-last");
  return acknowledged;
}

std::string joined(const std::vector<std::string>& ids) {
  std::string text;
  for (const auto& id : ids) text += id + " ";
  return text;
}

TEST_CASE("appends go to Redis in their order") {
  const TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  REQUIRE(append(*queue, {"first"}));
  REQUIRE(append(*queue, {"second"}));
  std::vector<std::future<Result<void>>> results;
  std::vector<std::string> expected = {"first", "second"};
  for (int i = 0; i < 3'000; ++i) {
    const auto id = "e" + std::to_string(i);
    expected.push_back(id);
    results.push_back(append_later(*queue, {id}));
  }
  for (auto& result : results) CHECK(result.get());
  CHECK(soon([&] { return stored_ids(redis).size() >= expected.size(); }));
  CHECK(stored_ids(redis) == expected);

  const auto reader = queue->reader("one").value();
  CHECK(queue->reader("one").error().code == "reader_busy");
  CHECK(queue->reader("../one").error().code == "reader_invalid");
  const auto chunk = reader->read(10'000, 0ms).value();
  CHECK(chunk.count > 50);
  CHECK(reader->acknowledge(chunk.through));
}

TEST_CASE("a reader may be opened again") {
  const TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  CHECK(queue->reader("one"));
  CHECK(queue->reader("one"));
}

TEST_CASE("the largest batch") {
  const TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  CHECK(append(*queue, numbered("e", kMaxRecords)));
  CHECK(soon([&] { return stored_ids(redis).size() == kMaxRecords; }));
  CHECK(append(*queue, numbered("f", kMaxRecords)));
  CHECK(soon([&] { return stored_ids(redis).size() == std::size_t{2} * kMaxRecords; }));
}

TEST_CASE("without Redis the log takes over, and Redis gets all of it when it comes") {
  TestRedis redis;
  redis.kill();
  const postgres::TemporaryFolder folder;
  std::mutex mutex;
  std::vector<std::string> told;
  auto options = options_of(redis.url(), folder.path());
  options.tell = [&](const std::optional<Error>& error) {
    const std::lock_guard lock(mutex);
    told.push_back(error ? error->code : "back");
  };
  auto expected = numbered("e", 5'000);
  {
    const auto queue = open_queue(options);
    std::vector<std::future<Result<void>>> results;
    results.reserve(expected.size());
    for (const auto& id : expected) results.push_back(append_later(*queue, {id}));
    for (auto& result : results) CHECK(result.get());
    CHECK(queue->reader("one").error().code == "events_unavailable");
    std::size_t recent = 0;
    CHECK(queue->recent(Time(), 10'000, [&](std::string_view) { ++recent; }));
    CHECK(recent == 5'000);
    CHECK(queue->stats().records == 5'000);
    CHECK_FALSE(queue->stats().trouble);
  }
  redis.start();
  const auto queue = open_queue(options);
  for (int i = 0; i < 100; ++i) {
    expected.push_back("later" + std::to_string(i));
    CHECK(append(*queue, {expected.back()}));
  }
  CHECK(soon([&] { return stored_ids(redis).size() >= expected.size(); }));
  CHECK(stored_ids(redis) == expected);
  const std::lock_guard lock(mutex);
  CHECK(told == std::vector<std::string>{"redis_unreachable"});
}

TEST_CASE("killed in the middle of the pipeline, again and again") {
  TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  Clients clients(*queue);
  for (int i = 0; i < 8; ++i) {
    clients.await(20 + i * 7);
    redis.kill();
    clients.await(8);
    redis.start();
  }
  const auto acknowledged = with_the_last(*queue, redis, clients.stop());
  CHECK(acknowledged.size() > 100);
  CHECK(joined(difference(redis, acknowledged)) == "");
}

TEST_CASE("connections that break at any byte of the answers") {
  const TestRedis redis;
  LossyPath path(redis.socket());
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(path.url(), folder.path()));
  Clients clients(*queue);
  for (int i = 0; i < 60; ++i) {
    path.lose_after(20 + i * 13);
    redis.ask({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    clients.await(4);
  }
  const auto acknowledged = with_the_last(*queue, redis, clients.stop());
  CHECK(acknowledged.size() > 100);
  CHECK(joined(difference(redis, acknowledged)) == "");
}

TEST_CASE("a Redis that hangs") {
  TestRedis redis;
  const postgres::TemporaryFolder folder;
  auto options = options_of(redis.url(), folder.path());
  options.redis.timeouts.command = 50ms;
  const auto queue = open_queue(options);
  Clients clients(*queue);
  for (int i = 0; i < 4; ++i) {
    clients.await(30);
    redis.pause();
    clients.await(8);
    redis.resume();
  }
  const auto acknowledged = with_the_last(*queue, redis, clients.stop());
  CHECK(joined(difference(redis, acknowledged)) == "");
}

TEST_CASE("a Redis that is emptied: only what was emptied is gone") {
  const TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  Clients before(*queue, "before");
  CHECK(soon([&] { return before.count() > 200; }));
  redis.ask({"FLUSHALL"});
  // What the log stood in for comes when all is in order again: it is to be emptied, too.
  std::ignore = with_the_last(*queue, redis, before.stop());
  redis.ask({"FLUSHALL"});
  Clients clients(*queue, "after");
  CHECK(soon([&] { return clients.count() > 200; }));
  const auto acknowledged = clients.stop();
  CHECK(soon([&] { return stored_ids(redis).size() >= acknowledged.size(); }));
  CHECK(joined(difference(redis, acknowledged)) == "");
}

TEST_CASE("a Redis that refuses, until it does not any more") {
  const struct {
    Words break_it;
    Words mend_it;
    std::string_view code;
  } cases[] = {
      {{"CONFIG", "SET", "maxmemory", "1"}, {"CONFIG", "SET", "maxmemory", "0"}, "redis_full"},
      {{"SET", "skerry:events", "1"}, {"DEL", "skerry:events"}, "redis_wrong_type"},
      {{"REPLICAOF", "127.0.0.1", "1"}, {"REPLICAOF", "NO", "ONE"}, "redis_read_only"},
      {{"ACL", "SETUSER", "default", "-xadd"}, {"ACL", "SETUSER", "default", "+xadd"}, "redis_denied"},
  };
  for (const auto& [break_it, mend_it, code] : cases) {
    CAPTURE(code);
    const TestRedis redis;
    const postgres::TemporaryFolder folder;
    std::mutex mutex;
    std::vector<std::string> told;
    auto options = options_of(redis.url(), folder.path());
    options.tell = [&](const std::optional<Error>& error) {
      const std::lock_guard lock(mutex);
      told.push_back(error ? error->code : "back");
    };
    const auto queue = open_queue(options);
    if (code != "redis_wrong_type") CHECK(append(*queue, {"a"}));
    redis.ask(break_it);
    for (const auto* id : {"b", "c", "d"}) CHECK(append(*queue, {id}));
    CHECK(soon([&] {
      const std::lock_guard lock(mutex);
      return !told.empty();
    }));
    redis.ask(mend_it);
    CHECK(soon([&] { return stored_ids(redis).size() >= 3 && stored_ids(redis).back() == "d"; }));
    CHECK(append(*queue, {"e"}));
    CHECK(soon([&] { return stored_ids(redis).back() == "e"; }));
    std::vector<std::string> expected = {"a", "b", "c", "d", "e"};
    if (code == "redis_wrong_type") expected.erase(expected.begin());
    CHECK(stored_ids(redis) == expected);
    const std::lock_guard lock(mutex);
    CHECK(told.front() == code);
    CHECK(told.back() == "back");
  }
}

TEST_CASE("both are broken: appends are refused, and taken again") {
  TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue =
      RedisQueue::open(options_of(redis.url(), folder.path()), log_in(folder.path(), 1 << 20)).value();
  redis.kill();
  std::vector<std::string> acknowledged;
  Result<void> result;
  for (int i = 0; result && i < 10'000; i += 100) {
    const auto ids = numbered("e" + std::to_string(i) + "-", 100);
    result = append(*queue, ids);
    if (result) acknowledged.insert(acknowledged.end(), ids.begin(), ids.end());
  }
  REQUIRE_FALSE(result);
  CHECK(result.error().code == "events_full");
  CHECK(queue->stats().trouble->code == "events_full");
  redis.start();
  CHECK(soon([&] { return stored_ids(redis).size() >= acknowledged.size(); }));
  CHECK(stored_ids(redis) == acknowledged);
  CHECK(soon([&] { return append(*queue, {"z"}).has_value(); }));
}

TEST_CASE("what is uncertain and can't be noted waits for Redis") {
  TestRedis redis;
  const postgres::TemporaryFolder folder;
  auto options = options_of(redis.url(), folder.path());
  options.redis.timeouts.command = 50ms;
  std::atomic<bool> away = false;
  options.tell = [&](const std::optional<Error>& trouble) { away = trouble.has_value(); };
  const auto queue = open_queue(options);
  CHECK(append(*queue, {"a"}));
  CHECK(soon([&] { return stored_ids(redis).size() == 1; }));
  CHECK(append(*queue, {"b"}));
  std::filesystem::create_directories(folder.path() / "move");
  redis.pause();
  auto held = append_later(*queue, {"c"});
  CHECK(soon([&] { return away.load(); }));
  CHECK(append(*queue, {"d"}));
  CHECK(held.wait_for(0s) == std::future_status::timeout);
  redis.resume();
  const bool stored = held.get().has_value();
  std::filesystem::remove(folder.path() / "move");
  std::vector<std::string> expected = {"a", "b", "d"};
  if (stored) expected.insert(expected.begin() + 2, "c");
  CHECK(soon([&] { return stored_ids(redis).size() >= expected.size(); }));
  CHECK(stored_ids(redis) == expected);
}

TEST_CASE("the end of a queue answers all") {
  TestRedis redis;
  const postgres::TemporaryFolder folder;
  std::atomic<int> answers = 0;
  auto options = options_of(redis.url(), folder.path());
  options.redis.timeouts.command = 100ms;
  for (const bool paused : {false, true}) {
    const auto queue = open_queue(options);
    CHECK(append(*queue, {paused ? "a" : "b"}));
    if (paused) redis.pause();
    for (int i = 0; i < 500; ++i)
      queue->append(batch_of({"e" + std::to_string(i) + (paused ? "p" : "")}), 1,
                    [&](const Result<void>&) { ++answers; });
  }
  redis.resume();
  CHECK(answers == 1'000);
}

TEST_CASE("what was appended last is shown") {
  const TestRedis redis;
  const postgres::TemporaryFolder folder;
  const auto queue = open_queue(options_of(redis.url(), folder.path()));
  const auto shown = [&](Time since, std::uint64_t most) {
    std::vector<std::string> ids;
    CHECK(queue->recent(since, most,
                        [&](std::string_view record) { ids.emplace_back(event_id(record).value()); }));
    return ids;
  };
  CHECK(append(*queue, {"first"}));
  CHECK(soon([&] { return stored_ids(redis).size() == 1; }));
  for (int i = 0; i < 250; ++i) CHECK(append(*queue, numbered("e" + std::to_string(i) + "-", 10)));
  CHECK(soon([&] { return stored_ids(redis).size() == 2'501; }));
  const auto all = shown(Time(), 1'000'000);
  CHECK(all.size() >= 2'501);
  for (const auto most : {1U, 600U, 1'000U}) {
    const auto some = shown(Time(), most);
    CHECK(some.size() >= most);
    CHECK(some.size() < most + 600);
    CHECK(contains(some, "e249-9"));
  }
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  CHECK_FALSE(contains(shown(now + 1h, 1'000), "e249-9"));
  CHECK(soon([&] { return queue->stats().records >= 2'501; }));  // it is looked at every second
}

/// As a server starts: the intake reads the queue's ids.
struct Server {
  explicit Server(const RedisQueue::Options& options) : queue(open_queue(options)) {
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    intake = Intake::open(*queue, {}, now).value();
  }
  Taken take(const std::string& id) const {
    std::promise<Result<Taken>> told;
    intake->append(batch_of({id}), 1, [&](Result<Taken> taken) { told.set_value(std::move(taken)); });
    return told.get_future().get().value();
  }

  std::unique_ptr<RedisQueue> queue;
  std::unique_ptr<Intake> intake;
};

TEST_CASE("a start that can't read the ids in Redis: what a client sends again is there once") {
  const struct {
    std::string_view what;
    std::function<void(TestRedis&)> break_it;
    std::function<void(TestRedis&)> mend_it;
  } cases[] = {
      {"Redis is away", [](TestRedis& redis) { redis.kill(); }, [](TestRedis& redis) { redis.start(); }},
      {"Redis answers, but can't be read",
       [](TestRedis& redis) { redis.ask({"ACL", "SETUSER", "default", "-xrange"}); },
       [](TestRedis& redis) { redis.ask({"ACL", "SETUSER", "default", "+xrange"}); }},
  };
  for (const auto& [what, break_it, mend_it] : cases) {
    CAPTURE(what);
    TestRedis redis;
    const postgres::TemporaryFolder folder;
    const auto options = options_of(redis.url(), folder.path());
    {
      const Server before(options);
      // What comes at the start is in the log as well, and known from there.
      CHECK(before.take("first").accepted == 1);
      CHECK(soon([&] { return contains(stored_ids(redis), "first"); }));
      CHECK(before.take("a").accepted == 1);
      CHECK(before.take("b").accepted == 1);
    }
    CHECK(stored_ids(redis).size() == 3);
    break_it(redis);
    const Server server(options);
    CHECK(server.take("a").accepted == 1);  // nobody can know yet
    CHECK(server.take("c").accepted == 1);
    mend_it(redis);
    CHECK(soon([&] { return contains(stored_ids(redis), "c"); }));
    CHECK(server.take("b").duplicates == 1);
    CHECK(server.take("d").accepted == 1);
    CHECK(soon([&] { return contains(stored_ids(redis), "d"); }));
    CHECK(stored_ids(redis) == std::vector<std::string>{"first", "a", "b", "c", "d"});
  }
}

// --- kill -9
// --------------------------------------------------------------------------------------------------

TEST_CASE("the child of the next test" * doctest::skip(true)) {
  const char* folder = std::getenv(kChildFolder);
  if (folder == nullptr) return;
  const auto queue = open_queue(options_of({.path = std::string(folder) + "/redis.sock"}, folder));
  ::pause();  // until it is killed
}

TEST_CASE("killed in the middle of moving the log: nothing twice") {
  TestRedis redis;
  const auto expected = numbered("e", 60'000);
  {
    const auto log = log_in(redis.folder());
    for (std::size_t i = 0; i < expected.size(); i += 1'000)
      CHECK(append(*log, {expected.begin() + static_cast<std::ptrdiff_t>(i),
                          expected.begin() + static_cast<std::ptrdiff_t>(i + 1'000)}));
  }
  std::size_t kills = 0;
  for (std::size_t before = 0; before < expected.size(); ++kills) {
    setenv(kChildFolder, redis.folder().c_str(), 1);
    auto child = process::Child::start(
        {.arguments = {"/proc/self/exe", "--no-skip", "--test-case=the child of the next test"}});
    REQUIRE(child);
    const auto goal = std::min(before + 7'000, expected.size());
    CHECK(soon([&] { return stored_ids(redis).size() >= goal; }));
    child->end(0ms);
    before = stored_ids(redis).size();
  }
  CHECK(kills > 1);
  CHECK(stored_ids(redis) == expected);
}

}  // namespace
}  // namespace skerry::events
