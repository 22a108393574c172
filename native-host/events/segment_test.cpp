#include "native-host/events/segment.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/events/memory_file.hpp"
#include "native-host/events/test_log.hpp"

namespace skerry::events {
namespace {

using testing::batch_of;
using testing::Ids;
using testing::ids_of;

constexpr std::uint32_t kSalt = 0x5a17;

/// A segment with one frame for each list of ids; those of one inner list were one write.
struct Built {
  std::string bytes = std::string(kSegmentHeader, '\0');
  std::vector<std::uint64_t> starts;
};
Built build(const std::vector<std::vector<Ids>>& writes, const std::string& body = {}) {
  Built built;
  std::uint64_t sequence = 1;
  for (const auto& write : writes) {
    const auto commit = static_cast<std::uint32_t>(built.bytes.size());
    for (const auto& ids : write) {
      built.starts.push_back(built.bytes.size());
      append_frame(built.bytes, kSalt,
                   {.count = static_cast<std::uint32_t>(ids.size()),
                    .commit = commit,
                    .sequence = sequence,
                    .appended = {}},
                   batch_of(ids, body));
      sequence += ids.size();
    }
  }
  return built;
}

struct Walked {
  Ids ids;
  std::vector<std::pair<std::uint64_t, std::uint64_t>> damage;
  std::uint64_t end = 0;
};
Walked walk(const std::string& bytes, bool proven) {
  const MemoryFile file(bytes);
  FrameReader frames(file, kSalt, 1, bytes.size(), proven);
  Walked walked;
  for (;;) {
    const auto step = frames.next();
    REQUIRE(step.kind != FrameReader::Step::Kind::failed);
    if (step.kind == FrameReader::Step::Kind::end) {
      walked.end = step.offset;
      return walked;
    }
    if (step.kind == FrameReader::Step::Kind::damage) {
      walked.damage.emplace_back(step.offset, step.next);
      continue;
    }
    const auto ids = ids_of(step.batch);
    walked.ids.insert(walked.ids.end(), ids.begin(), ids.end());
  }
}

const std::vector<std::vector<Ids>> kWrites = {{{"a"}, {"b", "c"}}, {{"d"}}, {{"e"}, {"f", "g", "h"}, {"i"}}};

}  // namespace

TEST_CASE("a header comes back from either copy") {
  const SegmentHeader header{.salt = 7,
                             .number = 0x1234567890,
                             .first = 99,
                             .created = Time(std::chrono::milliseconds(1'800'000'000'123)),
                             .previous = 3,
                             .previous_end = 8192};
  const auto bytes = encode_header(header);
  REQUIRE(bytes.size() == kSegmentHeader);
  CHECK(parse_header(bytes) == header);
  for (std::size_t i = 0; i < kSegmentHeader; ++i) {
    auto flipped = bytes;
    flipped[i] = static_cast<char>(~flipped[i]);
    CHECK(parse_header(flipped) == header);
  }
  auto both = bytes;
  both[8] = both[4096 + 8] = 2;  // another version
  CHECK_FALSE(parse_header(both));
  CHECK_FALSE(parse_header(""));
  CHECK_FALSE(parse_header(std::string(kSegmentHeader, '\0')));
  CHECK(parse_header(bytes.substr(0, 64)) == header);
}

TEST_CASE("a segment that was cut anywhere ends with its last whole append") {
  const auto built = build(kWrites);
  const Ids all = {"a", "b", "c", "d", "e", "f", "g", "h", "i"};
  for (auto size = kSegmentHeader; size <= built.bytes.size(); ++size) {
    CAPTURE(size);
    for (const std::size_t zeros : {0, 1, 5000}) {
      const auto bytes = built.bytes.substr(0, size) + std::string(zeros, '\0');
      // The zeros may be just those that were cut.
      const auto same =
          static_cast<std::size_t>(std::ranges::mismatch(bytes, built.bytes).in1 - bytes.begin());
      auto end = kSegmentHeader;
      for (const auto start : built.starts)
        if (start <= same) end = start;
      if (same == built.bytes.size()) end = same;
      const auto walked = walk(bytes, false);
      CHECK(walked.end == end);
      CHECK(walked.damage.empty());
      CHECK(walked.ids == walk(built.bytes.substr(0, end), true).ids);
    }
  }
  CHECK(walk(built.bytes, true).ids == all);
}

TEST_CASE("a flipped byte takes its own append, and nothing else") {
  const auto built = build(kWrites);
  const std::vector<Ids> frames = {{"a"}, {"b", "c"}, {"d"}, {"e"}, {"f", "g", "h"}, {"i"}};
  for (auto place = kSegmentHeader; place < built.bytes.size(); ++place) {
    CAPTURE(place);
    const auto frame =
        static_cast<std::size_t>(std::ranges::upper_bound(built.starts, place) - built.starts.begin()) - 1;
    const auto next = frame + 1 < frames.size() ? built.starts[frame + 1] : built.bytes.size();
    Ids left;
    for (std::size_t i = 0; i < frames.size(); ++i)
      if (i != frame) left.insert(left.end(), frames[i].begin(), frames[i].end());
    for (const char bit : {'\x01', '\x80', '\xff'}) {
      auto bytes = built.bytes;
      bytes[place] = static_cast<char>(bytes[place] ^ bit);
      const auto sealed = walk(bytes, true);
      CHECK(sealed.ids == left);
      CHECK(sealed.damage == std::vector{std::pair(built.starts[frame], next)});
      CHECK(sealed.end == bytes.size());
      // In what may be torn: the last write may never have been acknowledged, what lies before was.
      const auto open = walk(bytes, false);
      if (frame < 3) {
        CHECK(open.ids == left);
        CHECK(open.damage == sealed.damage);
      } else {
        CHECK(open.damage.empty());
        CHECK(open.end == built.starts[frame]);
      }
    }
  }
}

TEST_CASE("a hole of any size is skipped") {
  const auto built = build(kWrites, std::string(300, 'x'));
  for (std::size_t from = 0; from < built.starts.size(); ++from) {
    for (std::size_t to = from + 1; to < built.starts.size(); ++to) {
      auto bytes = built.bytes;
      std::fill(bytes.begin() + static_cast<std::ptrdiff_t>(built.starts[from] + 3),
                bytes.begin() + static_cast<std::ptrdiff_t>(built.starts[to] - 3), '\xaa');
      const auto walked = walk(bytes, true);
      CHECK(walked.damage == std::vector{std::pair(built.starts[from], built.starts[to])});
      CHECK(walked.end == bytes.size());
    }
  }
}

TEST_CASE("a body that looks like a frame is none") {
  std::string forged;
  append_frame(forged, kSalt + 1, {.count = 1, .commit = 0, .sequence = 2, .appended = {}},
               batch_of({"forged"}));
  auto built = build({{{"a"}}, {{"b"}}, {{"c"}}}, forged);
  built.bytes[built.starts[1]] ^= 1;
  CHECK(walk(built.bytes, true).ids == Ids{"a", "c"});
}

TEST_CASE("a segment of another salt, and an earlier frame, are no frames") {
  const auto built = build(kWrites);
  const MemoryFile file(built.bytes);
  FrameReader other(file, kSalt + 1, 1, built.bytes.size(), true);
  const auto step = other.next();
  CHECK(step.kind == FrameReader::Step::Kind::damage);
  CHECK(step.next == built.bytes.size());
  FrameReader later(file, kSalt, 5, built.bytes.size(), true);
  CHECK(later.next().kind == FrameReader::Step::Kind::damage);
  CHECK(later.next().header.sequence == 5);
}

}  // namespace skerry::events
