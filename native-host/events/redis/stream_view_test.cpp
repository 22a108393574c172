#include "native-host/events/redis/stream_view.hpp"

#include <doctest/doctest.h>

#include "native-host/events/redis/redis_stream.hpp"
#include "native-host/events/redis/test_redis.hpp"

namespace skerry::events {
namespace {

Settings settings_of(const TestRedis& redis) {
  Settings settings;
  settings.queue = "redis";
  settings.redis_url = redis.url().text();
  return settings;
}

/// An entry under an id of its own.
EntryId add(const TestRedis& redis, std::uint64_t time, const std::vector<std::string>& ids) {
  const EntryId id{time, 0};
  redis.ask({"XADD", "skerry:events", id.text(), "writer", "w", "mark", "1", "count",
             std::to_string(ids.size()), "events", batch_of(ids)});
  return id;
}

TEST_CASE("the ids of entries") {
  struct Case {
    const char* text;
    std::optional<EntryId> id;
  };
  for (const auto& [text, id] :
       {Case{"0-0", EntryId{}}, Case{"1790000000000-3", EntryId{1'790'000'000'000, 3}},
        Case{"18446744073709551615-18446744073709551615", EntryId{~0ULL, ~0ULL}},
        Case{"18446744073709551616-0", {}}, Case{"2026-11", EntryId{2026, 11}}, Case{"2026-11-21", {}},
        Case{"12", {}}, Case{"-1", {}}, Case{"1-", {}}, Case{" 1-1", {}}, Case{"", {}}}) {
    CAPTURE(text);
    CHECK(EntryId::parse(text) == id);
  }
  CHECK(EntryId{5, 2}.before() == EntryId{5, 1});
  CHECK(EntryId{5, 0}.before() == EntryId{4, ~0ULL});
  CHECK(EntryId{}.before() == EntryId{});
  CHECK(EntryId::at(Time(std::chrono::milliseconds(-5))) == EntryId{});
  CHECK_FALSE(entry_in("2026-11"));
  CHECK(entry_in("1790000000000-3"));
}

TEST_CASE("a stream with its groups, as it is; nothing is read in their place") {
  const TestRedis redis;
  auto view = StreamView::open(settings_of(redis)).value();
  auto report = view.report().value();
  CHECK(report.entries == 0);
  CHECK_FALSE(report.first);
  CHECK(report.groups.empty());
  CHECK(view.from({})->empty());
  CHECK(view.before({})->empty());

  for (std::uint64_t i = 1; i <= 120; ++i) add(redis, i * 1'000, {"e" + std::to_string(i)});
  redis.ask({"XADD", "skerry:events", "200000-0", "strange", "x"});
  redis.ask({"XADD", "skerry:events", "200001-0", "writer", "w", "mark", "closed:7"});
  redis.ask({"XGROUP", "CREATE", "skerry:events", "kafka", "0"});
  redis.ask({"XREADGROUP", "GROUP", "kafka", "c", "COUNT", "3", "STREAMS", "skerry:events", ">"});
  redis.ask({"XACK", "skerry:events", "kafka", "1000-0"});
  report = view.report().value();
  CHECK(report.key == "skerry:events");
  CHECK(report.entries == 122);
  CHECK(report.bytes > 0);
  CHECK(report.first == EntryId{1'000, 0});
  CHECK(report.last == EntryId{200'001, 0});
  REQUIRE(report.groups.size() == 1);
  CHECK(report.groups[0].name == "kafka");
  CHECK(report.groups[0].last == EntryId{3'000, 0});
  CHECK(report.groups[0].pending == 2);
  CHECK(report.groups[0].oldest == EntryId{2'000, 0});
  CHECK(report.groups[0].behind == 121U);

  std::vector<std::string> seen;
  for (EntryId next;;) {
    const auto page = view.from(next).value();
    if (page.empty()) break;
    for (const auto& entry : page) {
      for (const auto& id : ids_of(entry.batch)) seen.push_back(id);
      CHECK(entry.damaged == (entry.id == EntryId{200'000, 0}));
      next = {entry.id.time, entry.id.number + 1};
    }
  }
  CHECK(seen.size() == 120);
  CHECK(seen.front() == "e1");
  CHECK(view.before(EntryId{2'000, 0})->front().id == EntryId{1'000, 0});
  CHECK(view.count({}, {100'000, 0}) == 99U);

  CHECK(view.set_group("kafka", {2'000, 0}));
  CHECK(view.report()->groups[0].last == EntryId{2'000, 0}.before());
  CHECK(view.trim({100'000, 0}) == 99U);
  CHECK(view.report()->first == EntryId{100'000, 0});
  CHECK(view.forget_group("kafka"));
  CHECK(view.report()->groups.empty());
}

TEST_CASE("a Redis that is away, or another thing under the key, is told with what to do") {
  TestRedis redis;
  const auto settings = settings_of(redis);
  redis.ask({"SET", "skerry:events", "x"});
  CHECK(StreamView::open(settings)->report().error().code == "redis_wrong_type");
  redis.kill();
  const auto away = StreamView::open(settings);
  REQUIRE_FALSE(away);
  CHECK(away.error().code == "redis_unreachable");
  CHECK(away.error().message.contains("--log"));
}

}  // namespace
}  // namespace skerry::events
