#include "native-host/events/checks.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "native-host/events/test_log.hpp"

namespace skerry::events {
namespace {

using namespace std::chrono_literals;
using Status = program::Finding::Status;

TEST_CASE("what is found, and what to do") {
  struct Case {
    program::Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_redis(RedisFacts{.version = "7.0", .durable = "All.", .advice = {}}), Status::ok,
            "Redis 7.0 answers. All."},
           {judge_redis(RedisFacts{.version = "7.0", .durable = "No.", .advice = {"a", "b"}}),
            Status::warning, "No."},
           {judge_redis(fail("redis_away", "Gone.")), Status::warning, "Gone. (redis_away)"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

TEST_CASE("a queue is well while it takes events, and says how full it is") {
  const auto good = judge_queue({.records = 12, .bytes = 3'000'000, .max_bytes = 1'000'000'000}, false);
  CHECK(good.status == Status::ok);
  CHECK(good.message == "12 events in 3.0 MB of 1.0 GB.");
  const auto dropped = judge_queue({.records = 12, .bytes = 3'000'000, .dropped = 7}, true);
  CHECK(dropped.status == Status::warning);
  CHECK(dropped.message.find("7 events were dropped") != std::string::npos);
  CHECK(!dropped.advice.empty());
  const auto full = judge_queue({.trouble = Error{"events_full", "No room."}}, false);
  CHECK(full.status == Status::failed);
  CHECK(full.message.starts_with("No room. (events_full)"));
  CHECK(full.advice.contains("skerry events trim"));
}

TEST_CASE("a log that fills up warns before it refuses") {
  struct Case {
    std::uint64_t bytes;
    std::uint64_t max_bytes;
    bool drops_oldest;
    Status status;
  };
  for (const auto& [bytes, max_bytes, drops_oldest, status] : std::vector<Case>{
           {0, 1000, false, Status::ok},
           {799, 1000, false, Status::ok},
           {800, 1000, false, Status::warning},
           {1000, 1000, false, Status::warning},
           {1000, 1000, true, Status::ok},
           {1000, 0, false, Status::ok},  // no bound is known
       }) {
    CAPTURE(bytes);
    const auto finding = judge_queue({.bytes = bytes, .max_bytes = max_bytes}, drops_oldest);
    CHECK(finding.status == status);
    CHECK(finding.advice.contains("skerry events trim") == (status == Status::warning));
    CHECK(finding.advice.contains("events.when_full") == (status == Status::warning));
  }
  CHECK(judge_queue({.bytes = 859, .max_bytes = 1000}, false).message.starts_with("The log is 85 % full"));
}

TEST_CASE("who does not have the log open sees how full it is") {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 20U;
  const testing::Folder folder;
  Settings settings;
  settings.max_bytes = kMost;
  settings.min_free = 0;
  const auto look = [&] { return inspect_log(settings, folder.path / "events").value(); };
  CHECK(look().records == 0);
  CHECK(!look().trouble);
  std::uint64_t records = 0;
  {
    const auto log = DiskLog::open({.folder = folder.path / "events", .max_bytes = kMost}).value();
    const std::string body(30'000, 'x');
    REQUIRE(testing::append(*log, {"0"}, body));
    CHECK(look().records == 1);
    CHECK(look().bytes < 50'000);  // not what is reserved
    for (records = 1; testing::append(*log, {std::to_string(records)}, body); ++records)
      REQUIRE(records < 100);
    // Also while a server has it open.
    CHECK(judge_queue(look(), false).status == Status::failed);
  }
  const auto full = look();
  CHECK(full.records == records);
  CHECK(full.bytes <= kMost);
  REQUIRE(full.trouble);
  CHECK(full.trouble->code == "events_full");
  settings.when_full = "drop_oldest";
  CHECK(!look().trouble);
  settings.when_full = "refuse";
  settings.max_bytes = kMost * 2;
  CHECK(!look().trouble);
  settings.min_free = std::int64_t{1} << 60U;
  CHECK(look().trouble->message.contains("events.min_free"));
  CHECK(inspect_log(settings, folder.path / "none").value().trouble->message.contains("events.min_free"));
}

}  // namespace
}  // namespace skerry::events
