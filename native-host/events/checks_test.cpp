#include "native-host/events/checks.hpp"

#include <vector>

#include <doctest/doctest.h>

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
           {judge_room(2'000'000'000, 5'000'000'000, 1'000'000'000), Status::ok, "2.0 GB are free"},
           {judge_room(1'000'000'000, 5'000'000'000, 1'000'000'000), Status::ok, "1.0 GB are free"},
           {judge_room(900'000'000, 5'000'000'000, 1'000'000'000), Status::failed,
            "900.0 MB are free, and 1.0 GB are left to others: every event is refused"},
           {judge_room(900'000'000, 5'000'000'000, 6'000'000'000), Status::failed,
            "It is 6.0 GB, and the whole disk has 5.0 GB"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

TEST_CASE("a queue is well while it takes events, and says how full it is") {
  const auto good = judge_queue({.records = 12, .bytes = 3'000'000, .max_bytes = 1'000'000'000});
  CHECK(good.status == Status::ok);
  CHECK(good.message == "12 events in 3.0 MB of 1.0 GB.");
  const auto dropped = judge_queue({.records = 12, .bytes = 3'000'000, .dropped = 7});
  CHECK(dropped.status == Status::warning);
  CHECK(dropped.message.find("7 events were dropped") != std::string::npos);
  CHECK(!dropped.advice.empty());
  const auto full = judge_queue({.trouble = Error{"events_full", "No room."}});
  CHECK(full.status == Status::failed);
  CHECK(full.message.starts_with("No room. (events_full)"));
  CHECK(!full.advice.empty());
}

}  // namespace
}  // namespace skerry::events
