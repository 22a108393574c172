// Any bytes behind the header of a segment: its frames are walked, as of one that is sealed and of one that
// may be torn, without a step back and to an end. What both find is the same up to where the second ends.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events/memory_file.hpp"
#include "native-host/events/segment.hpp"

using namespace skerry;
using namespace skerry::events;

namespace {

constexpr std::uint32_t kSalt = 7;

struct Walk {
  std::vector<std::uint64_t> frames;
  std::uint64_t end = 0;
};

Walk walk(const std::string& bytes, bool proven) {
  const MemoryFile file(bytes);
  FrameReader reader(file, kSalt, 1, bytes.size(), proven);
  Walk walk{.frames = {}, .end = kSegmentHeader};
  for (std::uint64_t sequence = 1;;) {
    const auto step = reader.next();
    if (step.kind == FrameReader::Step::Kind::failed) __builtin_trap();
    if (step.kind == FrameReader::Step::Kind::end) return walk;
    if (step.offset != walk.end || step.next <= step.offset || step.next > bytes.size()) __builtin_trap();
    walk.end = step.next;
    if (step.kind != FrameReader::Step::Kind::frame) continue;
    if (step.header.sequence < sequence) __builtin_trap();
    sequence = step.header.sequence + step.header.count;
    walk.frames.push_back(step.offset);
  }
}

/// The input is a program: good frames, garbage and cuts, so that more than the first sum is reached.
std::string build(std::string_view input) {
  std::string bytes(kSegmentHeader, '\0');
  std::uint64_t sequence = 1;
  std::uint64_t commit = bytes.size();
  while (input.size() >= 2) {
    const auto what = static_cast<unsigned char>(input[0]);
    const std::size_t size = static_cast<unsigned char>(input[1]);
    input.remove_prefix(2);
    const auto piece = input.substr(0, size);
    switch (what % 4) {
      case 0: bytes += piece; break;
      case 1: commit = bytes.size(); [[fallthrough]];
      case 2:
        append_frame(bytes, kSalt,
                     {.count = 1U + what / 16U,
                      .commit = static_cast<std::uint32_t>(commit),
                      .sequence = sequence,
                      .appended = {}},
                     piece);
        sequence += 1U + what / 16U;
        break;
      default:
        if (bytes.size() - size > kSegmentHeader) bytes[bytes.size() - size - 1] ^= static_cast<char>(what);
    }
    input.remove_prefix(piece.size());
  }
  return bytes;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  static_cast<void>(parse_header(input));
  const auto bytes = build(input);
  const auto sealed = walk(bytes, true);
  const auto open = walk(bytes, false);
  if (sealed.end != bytes.size()) __builtin_trap();
  for (std::size_t i = 0; i < open.frames.size(); ++i)
    if (i >= sealed.frames.size() || open.frames[i] != sealed.frames[i]) __builtin_trap();
  return 0;
}
