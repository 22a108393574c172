#pragma once

#include <filesystem>
#include <functional>
#include <memory>

#include "native-host/events/log_files.hpp"
#include "native-host/events/queue.hpp"

namespace skerry::events {

/// The queue in a folder of the disk, README.md beside this says how; its files: segment.hpp, `readers/NAME`
/// with the position of each reader, `numbers` (log_files.hpp), and `lock`.
///
/// One thread writes what is waiting with one write and one fdatasync, then tells all of it together. A write
/// or fdatasync that fails refuses what it was for; its segment is cut at what was durable before, closed and
/// never written or synced again, and the next append begins a new one.
///
/// A segment is deleted when each reader is past it, but not before `keep` is over, unless the room is
/// needed. As long as there is no reader, all is kept. Segments that another process deleted (`skerry events
/// trim`) are let go of when room is needed, a segment begins, or a reader misses them.
///
/// While a write goes on for longer than `kSlowWrite`, `stats` has the trouble `events_slow`: the disk hangs,
/// and what is appended waits.
class DiskLog final : public Queue {
 public:
  static constexpr std::chrono::seconds kSlowWrite{5};

  struct Options {
    std::filesystem::path folder;
    std::uint64_t max_bytes = std::uint64_t{1} << 30U;
    std::uint64_t min_free = 0;
    /// Of a file, unless one append is longer; at most a quarter of `max_bytes`.
    std::uint64_t segment_bytes = std::uint64_t{64} << 20U;
    std::chrono::milliseconds keep = std::chrono::hours(1);
    /// A log that has reached `max_bytes` gives up its oldest segment, read or not, and tells it
    /// (`events_dropped`); the one that is written stays.
    bool drop_oldest = false;
    std::function<Time()> now = {};  ///< empty: the system's clock
    /// By which it is told how long a write takes; empty: the system's.
    std::function<std::chrono::steady_clock::time_point()> clock = {};
    std::shared_ptr<Storage> storage = {};        ///< empty: the disk
    std::function<void(const Error&)> tell = {};  ///< what an operator should know; from any thread
    std::function<void(double)> committed = {};   ///< seconds that a write and its fdatasync took
  };

  /// Makes the folder where it is missing, and cuts a torn end. Reads the headers of all segments, and all of
  /// the last one. What is gone of what was acknowledged is told (`event_damaged`), and its numbers are not
  /// given again. Errors: `locked` (another process has it open), `data_dir_of_another`,
  /// `events_unavailable`, `events_full`.
  static Result<std::unique_ptr<DiskLog>> open(Options options);

  ~DiskLog() override;
  DiskLog(const DiskLog&) = delete;
  DiskLog& operator=(const DiskLog&) = delete;

  void append(std::string batch, std::uint32_t count, Done done) override;
  Result<std::unique_ptr<Reader>> reader(std::string_view name) override;
  Result<void> recent(Time since, std::uint64_t most, const Show& show) override;
  [[nodiscard]] Stats stats() const override;

 private:
  class State;
  class DiskReader;
  explicit DiskLog(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

bool is_reader_name(std::string_view name);

/// The text of a reader's file, and the position in one; nothing where it is damaged.
std::string encode_position(std::uint64_t sequence);
std::optional<std::uint64_t> parse_position(std::string_view text);

std::filesystem::path reader_path(const std::filesystem::path& folder, std::string_view name);

struct Position {
  std::string reader;
  std::uint64_t sequence = 0;  ///< of the next record; 0: the file is damaged
};
/// Of all readers, by name.
std::vector<Position> read_positions(const std::filesystem::path& folder);

/// The first record that was appended at `time` or later; behind the last where there is none. Error:
/// `events_unavailable`.
Result<std::uint64_t> sequence_at(const std::shared_ptr<Storage>& storage,
                                  const std::vector<Segment>& segments, Time time);

}  // namespace skerry::events
