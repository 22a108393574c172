#include "native-host/events/trim.hpp"

#include <doctest/doctest.h>

#include "native-host/events/test_log.hpp"

namespace skerry::events {
namespace {

using Readers = std::vector<Position>;

/// Segments of 10 records and 100 bytes each; of the last one the end is not known.
std::vector<Segment> segments(std::uint64_t count) {
  std::vector<Segment> all;
  all.reserve(count);
  for (std::uint64_t i = 0; i < count; ++i)
    all.push_back({.number = i + 1,
                   .created = {},
                   .first = 1 + 10 * i,
                   .next = i + 1 == count ? kUnknown : 11 + 10 * i,
                   .file_bytes = 100});
  return all;
}

TEST_CASE(
    "what goes: whole segments from the oldest on, never the last, never what a reader needs unless it is "
    "forced") {
  struct Case {
    std::uint64_t count;
    Readers readers;
    TrimGoal goal;
    std::optional<std::size_t> goes;  ///< segments; nothing: refused
    std::size_t held = 0;
  };
  for (const auto& [count, readers, goal, goes, held] : std::vector<Case>{
           {0, {}, {.before = 100}, 0},
           {1, {}, {.before = 100}, 0},
           {4, {}, {.before = 1}, 0},
           {4, {}, {.before = 10}, 0},
           {4, {}, {.before = 11}, 1},
           {4, {}, {.before = 30}, 2},
           {4, {}, {.before = 1'000'000}, 3},
           {4, {}, {.bytes = 400}, 0},
           {4, {}, {.bytes = 399}, 1},
           {4, {}, {.bytes = 0}, 3},
           {4, {}, {.before = 11, .bytes = 200}, 2},
           {4, {{"done", 31}}, {.bytes = 0}, 3},
           {4, {{"done", 31}, {"slow", 12}}, {.bytes = 0}, std::nullopt},
           {4, {{"slow", 12}}, {.before = 11}, 1},
           {4, {{"slow", 12}}, {.before = 21}, std::nullopt},
           {4, {{"slow", 12}}, {.before = 21, .force = true}, 2, 1},
           {4, {{"broken", 0}}, {.before = 11}, std::nullopt},
           {4, {{"broken", 0}}, {.before = 1}, 0},
       }) {
    const auto all = segments(count);
    const auto plan = plan_trim(all, readers, goal);
    REQUIRE(plan.has_value() == goes.has_value());
    if (!plan) {
      CHECK(plan.error().code == "reader_behind");
      CHECK(plan.error().message.contains(readers.back().reader + " ("));
      continue;
    }
    CHECK(plan->segments.size() == *goes);
    CHECK(plan->bytes == 100 * *goes);
    CHECK(plan->records() == 10 * *goes);
    CHECK(plan->held.size() == held);
  }
  CHECK(plan_trim(segments(2), {}, {}).error().code == "bad_usage");
}

TEST_CASE("a log that was trimmed beside its server is read and written on, and opens again") {
  const testing::Folder folder;
  const auto path = folder.path / "log";
  const DiskLog::Options options{.folder = path, .segment_bytes = 64 << 10};
  const std::string body(20'000, 'x');
  testing::Ids all;
  {
    const auto log = DiskLog::open(options).value();
    for (int i = 0; i < 20; ++i) {
      all.push_back(std::to_string(i));
      REQUIRE(testing::append(*log, {all.back()}, body));
    }
    const auto listing = list_segments(*disk_storage(), path).value();
    const auto plan = plan_trim(listing.segments, read_positions(path), {.before = 11}).value();
    REQUIRE(plan.segments.size() > 1);
    REQUIRE(trim(*disk_storage(), path, plan));
    all.erase(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(plan.end - 1));
    all.emplace_back("new");
    REQUIRE(testing::append(*log, {"new"}, body));
  }
  const auto log = DiskLog::open(options).value();
  const auto found = testing::read_all(*log);
  CHECK(found.ids == all);
  CHECK(found.damage.empty());
}

}  // namespace
}  // namespace skerry::events
