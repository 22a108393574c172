#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events/storage.hpp"
#include "shared/events/event.hpp"
#include "shared/time.hpp"

/// A file of the disk log, version 1. Numbers are little-endian.
///
///     the header, 64 bytes, at 0 and once more at 4096; zeros up to 8192
///       "SKERRYEV" · u32 version (1) · u32 salt · u64 number of the segment · u64 sequence of its first
///       record · i64 created, ms since 1970 · u64 number of the segment before (0: none) · u64 that one's
///       end in bytes · 4 zeros · u32 CRC-32C of the 60 bytes before
///     frames, one behind the other, one for each append, 40 bytes and the batch
///       u32 mark · u32 CRC-32C of the salt and the 32 bytes that follow · u32 CRC-32C of the batch ·
///       u32 bytes of the batch · u32 records in it · u32 commit · u64 sequence of the first record ·
///       i64 appended, ms since 1970 · the batch (shared/events/event.hpp)
///     zeros that were reserved
///
/// Records are counted from 1 through all segments. A segment is sealed by the header of the next, which says
/// how far it is durable; what stands behind that was refused, and is not there. Of the last segment that is
/// found out frame by frame: `commit` is where the write began that the frame was a part of, so all before it
/// was durable already. Bytes that are no frame are damage if a frame behind them has its `commit` behind
/// them too, else the torn end of a write that nobody was told of. The salt is random, so that no event's
/// body can be taken for a frame.
namespace skerry::events {

inline constexpr std::uint64_t kSegmentHeader = 8192;
inline constexpr std::size_t kFrameHeader = 40;

struct SegmentHeader {
  std::uint32_t salt = 0;
  std::uint64_t number = 0;
  std::uint64_t first = 0;  ///< sequence
  Time created;
  std::uint64_t previous = 0;
  std::uint64_t previous_end = 0;

  friend bool operator==(const SegmentHeader&, const SegmentHeader&) = default;
};

/// The first `kSegmentHeader` bytes.
std::string encode_header(const SegmentHeader& header);
/// From either copy; nothing where both are damaged.
std::optional<SegmentHeader> parse_header(std::string_view bytes);

/// True of the bytes of a segment, also where its header is damaged otherwise.
bool is_segment(std::string_view bytes);

struct FrameHeader {
  std::uint32_t count = 0;
  std::uint32_t commit = 0;
  std::uint64_t sequence = 0;
  Time appended;

  friend bool operator==(const FrameHeader&, const FrameHeader&) = default;
};

void append_frame(std::string& out, std::uint32_t salt, const FrameHeader& header, std::string_view batch);

/// Goes through the frames of a segment.
class FrameReader {
 public:
  struct Step {
    enum class Kind {
      frame,
      damage,  ///< `offset` to `next` can't be read
      end,     ///< there is no more; in a segment whose end is not known, what is from `offset` on is torn
      failed,  ///< the file could not be read: `error`; the next call tries again
    };
    Kind kind = Kind::end;
    std::uint64_t offset = 0;
    std::uint64_t next = 0;
    FrameHeader header = {};
    std::string_view batch = {};  ///< until the next call
    int error = 0;
  };

  /// `proven`: all before `end` was durable; else `end` is the file's, and to be found out.
  FrameReader(const File& file, std::uint32_t salt, std::uint64_t first, std::uint64_t end, bool proven);

  Step next();
  /// The segment has grown, or what was unknown of it is known now.
  void set_end(std::uint64_t end, bool proven);

 private:
  struct Candidate {
    FrameHeader header;
    std::uint32_t size = 0;
    std::uint32_t batch_sum = 0;
  };

  /// Bytes from `offset` on, fewer only at the end; nothing on an error.
  std::optional<std::string_view> load(std::uint64_t offset, std::size_t size);
  std::optional<Candidate> frame_at(std::uint64_t offset);
  std::optional<std::uint64_t> find_frame(std::uint64_t from);
  bool is_damage(std::uint64_t hole, std::uint64_t found);
  Step skip_hole(std::uint64_t trusted);

  const File& file_;
  std::uint32_t salt_;
  std::uint64_t sequence_;  ///< of the next frame, at least
  std::uint64_t end_;
  bool proven_;
  std::uint64_t offset_ = kSegmentHeader;
  int error_ = 0;

  std::string window_;
  std::uint64_t window_offset_ = 0;
};

}  // namespace skerry::events
