#pragma once

#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <variant>
#include <vector>

#include "native-host/events/segment.hpp"
#include "native-host/events/storage.hpp"
#include "shared/error.hpp"

/// The folder of a disk log as anyone may read it, also while another process appends to it.
namespace skerry::events {

inline constexpr std::uint64_t kUnknown = std::numeric_limits<std::uint64_t>::max();

struct Segment {
  std::filesystem::path path = {};
  std::uint64_t number = 0;
  std::uint32_t salt = 0;
  std::uint64_t previous = 0;  ///< number of the segment before it when it was begun; 0: there was none
  Time created;
  std::uint64_t first = 0;        ///< sequence of its first record
  std::uint64_t next = kUnknown;  ///< of the first record behind it; not known of the last segment
  std::uint64_t end = 0;          ///< in bytes
  bool proven = false;            ///< `end` is where it was durable; else it is the file's
  std::uint64_t file_bytes = 0;
};

std::filesystem::path segment_path(const std::filesystem::path& folder, std::uint64_t number);
/// The number in such a name; nothing where it is another file's.
std::optional<std::uint64_t> segment_number(const std::filesystem::path& path);

struct Listing {
  std::vector<Segment> segments;                     ///< oldest first; the last one may grow
  std::vector<std::filesystem::path> headless = {};  ///< neither copy of their header is whole
  std::uint64_t last_number = 0;                     ///< among all of them; 0: there is none
};

/// Reads the headers, and nothing else. Error: `events_unavailable`.
Result<Listing> list_segments(Storage& storage, const std::filesystem::path& folder);

/// What a log keeps of its numbers beside its segments, in the file `numbers`: so that none is given twice
/// where a segment is gone or empty. It is written before the first record of a segment is, and at the end.
struct Numbers {
  std::uint64_t segment = 0;  ///< the last one that may have records; 0: none
  std::uint64_t given = 1;    ///< all before this one were given
  std::uint64_t free = 1;     ///< neither this one nor any behind it was
};
std::filesystem::path numbers_path(const std::filesystem::path& folder);
/// The text of the file, and what is in one; nothing where it is damaged.
std::string encode_numbers(const Numbers& numbers);
std::optional<Numbers> parse_numbers(std::string_view text);

/// Records in their order, through all segments.
class Cursor {
 public:
  struct Records {
    std::uint64_t sequence = 0;
    Time appended;
    std::uint32_t count = 0;
    std::string_view batch;  ///< until the next call
  };
  struct Damage {
    std::uint64_t sequence = 0;
    std::uint64_t records = 0;  ///< that are lost
    std::uint64_t segment = 0;
    std::uint64_t offset = 0;  ///< of the first bad byte; `offset` = `end`: a part of the log is missing
    std::uint64_t end = 0;
  };
  using Item = std::variant<std::monostate, Records, Damage>;  ///< the first: there is no more yet
  /// The segment that has this record, else the first one behind it.
  using Locate = std::function<std::optional<Segment>(std::uint64_t sequence)>;

  /// `sequence` is the first record to show.
  Cursor(std::shared_ptr<Storage> storage, Locate locate, std::uint64_t sequence);

  /// Error: `events_unavailable`; the next call tries again.
  Result<Item> next();
  /// Of the next record to show.
  [[nodiscard]] std::uint64_t sequence() const { return sequence_; }

 private:
  Item lost(std::uint64_t next);
  std::optional<Records> take(const FrameReader::Step& step);

  std::shared_ptr<Storage> storage_;
  Locate locate_;
  std::uint64_t sequence_;
  std::uint64_t segment_ = 0;
  std::unique_ptr<File> file_;
  std::optional<FrameReader> frames_;
  std::optional<FrameReader::Step> waiting_;  ///< a frame that comes after its damage was told
  std::uint64_t hole_ = 0;                    ///< 0: none since the last record
  std::uint64_t hole_end_ = 0;
};

/// A `Locate` over what is listed.
Cursor::Locate locate_in(std::vector<Segment> segments);

/// `Segment 7, bytes 8192 to 8300: 3 records from number 12 on can't be read.`
Error describe(const Cursor::Damage& damage);

/// The errno as an error `events_unavailable`, or `events_full` where the disk is full.
Error storage_error(const std::filesystem::path& path, int error);

/// `events_full`: the log has reached events.max_bytes, or its disk has less than events.min_free left.
Error over_max_bytes(std::uint64_t max_bytes);
Error under_min_free(const std::filesystem::path& folder, std::uint64_t min_free);

struct Verified {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;  ///< that were read
  std::vector<Cursor::Damage> damage = {};
  std::vector<std::filesystem::path> headless = {};
};

/// Reads and checks everything. Error: `events_unavailable`.
Result<Verified> verify(const std::shared_ptr<Storage>& storage, const std::filesystem::path& folder);

}  // namespace skerry::events
