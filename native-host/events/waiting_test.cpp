#include "native-host/events/waiting.hpp"

#include <future>

#include <doctest/doctest.h>

#include "native-host/events/redis/redis_queue.hpp"
#include "native-host/events/redis/test_redis.hpp"
#include "native-host/files/files.hpp"

namespace skerry::events {
namespace {

using Ids = std::vector<std::string>;

struct Place {
  postgres::TemporaryFolder folder;
  Settings settings;
};

void append(const Place& place, const Ids& ids, std::uint64_t moved = 0) {
  const auto log =
      DiskLog::open({.folder = place.folder.path(), .max_bytes = 1 << 26, .segment_bytes = 1 << 22});
  REQUIRE(log);
  if (moved > 0)
    REQUIRE(files::write_atomically(reader_path(place.folder.path(), "redis"), encode_position(moved)));
  for (const auto& id : ids) {
    std::promise<Result<void>> told;
    (*log)->append(batch_of({id}), 1, [&](Result<void> done) { told.set_value(std::move(done)); });
    REQUIRE(told.get_future().get());
  }
}

void add(const TestRedis& redis, std::uint64_t time, const Ids& ids, const std::string& writer = "w",
         std::uint64_t mark = 1) {
  redis.ask({"XADD", "skerry:events", EntryId{time, 0}.text(), "writer", writer, "mark", std::to_string(mark),
             "count", std::to_string(ids.size()), "events", batch_of(ids)});
}

/// What is shown until there is no more.
Ids shown(Waiting& waiting, const EventFilter& filter = {}, std::uint64_t left_out = 0) {
  Ids ids;
  const Waiting::Show show = [&](const EventPlace& place, std::string_view record) {
    CHECK((place.number == 0) == !place.entry.empty());
    if (!filter.takes(decode_event(record).value())) return;
    if (left_out > 0)
      --left_out;
    else
      ids.emplace_back(event_id(record).value());
  };
  for (;;) {
    const auto more = waiting.next(show, [](const Error& damage) { FAIL(damage.message); });
    REQUIRE(more);
    if (!*more) return ids;
  }
}

Ids last(Waiting& waiting, std::uint64_t count, const EventFilter& filter = {}) {
  const auto start = waiting.last(count, filter).value();
  waiting.start(start);
  return shown(waiting, filter, start.left_out);
}

Ids from(Waiting& waiting, const std::string& place) {
  waiting.start(waiting.find(place).value());
  return shown(waiting);
}

TEST_CASE("the stream in its order, then what of the log is not in Redis yet") {
  const TestRedis redis;
  Place place;
  place.settings.queue = "redis";
  place.settings.redis_url = redis.url().text();
  SUBCASE("without a log") {
    const postgres::TemporaryFolder nothing;
    add(redis, 100'000, {"a"});
    auto waiting = Waiting::open(place.settings, nothing.path() / "events", false).value();
    CHECK(from(waiting, "beginning") == Ids{"a"});
    CHECK(last(waiting, 5) == Ids{"a"});
    CHECK(Waiting::open(place.settings, nothing.path() / "events", true).error().code == "events_missing");
  }
  SUBCASE("with one") {
    for (std::uint64_t i = 0; i < 60; ++i)
      add(redis, 100'000 + i, {"r" + std::to_string(2 * i), "r" + std::to_string(2 * i + 1)});
    append(place, {"moved", "l1", "l2"});
    append(place, {}, 2);
    auto waiting = Waiting::open(place.settings, place.folder.path(), false).value();
    CHECK(waiting.log_waits_from() == 2);
    const auto all = from(waiting, "beginning");
    CHECK(all.size() == 122);
    CHECK(all.front() == "r0");
    CHECK(Ids(all.end() - 3, all.end()) == Ids{"r119", "l1", "l2"});
    CHECK(last(waiting, 1) == Ids{"l2"});
    CHECK(last(waiting, 2) == Ids{"l1", "l2"});
    CHECK(last(waiting, 3) == Ids{"r119", "l1", "l2"});
    CHECK(last(waiting, 4) == Ids{"r118", "r119", "l1", "l2"});
    CHECK(last(waiting, 1'000) == all);
    CHECK(last(waiting, 3, {.type = "w", .path = ""}) == Ids{"r119", "l1", "l2"});
    CHECK(last(waiting, 3, {.type = "none", .path = ""}).empty());
    CHECK(from(waiting, "100059-0") == Ids{"r118", "r119", "l1", "l2"});
    CHECK(from(waiting, "1") == Ids{"moved", "l1", "l2"});
    CHECK(from(waiting, "end").empty());
    CHECK(waiting.find("yesterday").error().code == "bad_time");

    auto log = Waiting::open(place.settings, place.folder.path(), true).value();
    CHECK(from(log, "beginning") == Ids{"moved", "l1", "l2"});
    CHECK(log.find("100059-0").error().code == "bad_time");
  }
}

TEST_CASE("what is moved into Redis while it is shown comes once") {
  const TestRedis redis;
  Place place;
  place.settings.queue = "redis";
  place.settings.redis_url = redis.url().text();
  REQUIRE(files::write_atomically(place.folder.path() / kWriterName, "this-host"));
  append(place, {"l1", "l2", "l3"});
  add(redis, 100'000, {"r1"});
  add(redis, 100'001, {"x"}, "other-host", 3);
  SUBCASE("before the log is read") {
    // The log's own files do not say so yet.
    add(redis, 100'002, {"l1", "l2"}, "this-host", 3);
    auto waiting = Waiting::open(place.settings, place.folder.path(), false).value();
    CHECK(from(waiting, "beginning") == Ids{"r1", "x", "l1", "l2", "l3"});
    CHECK(last(waiting, 3) == Ids{"l1", "l2", "l3"});
  }
  SUBCASE("after the log was shown, in part") {
    auto waiting = Waiting::open(place.settings, place.folder.path(), false).value();
    CHECK(from(waiting, "beginning") == Ids{"r1", "x", "l1", "l2", "l3"});
    append(place, {"l4"});
    add(redis, 100'002, {"l1", "l2"}, "this-host", 3);
    add(redis, 100'003, {"l3", "l4"}, "this-host", 5);
    add(redis, 100'004, {"r2"});
    REQUIRE(waiting.refresh());
    CHECK(shown(waiting) == Ids{"l4", "r2"});
  }
}

}  // namespace
}  // namespace skerry::events
