#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/log_files.hpp"
#include "shared/error.hpp"

namespace skerry::events {

/// How much of a log should go. Where several are set, what one of them wants goes.
struct TrimGoal {
  std::optional<std::uint64_t> before = {};  ///< all records with a lower number
  std::optional<std::uint64_t> bytes = {};   ///< until the files have no more than this
  bool force = false;                        ///< also what a reader has not read
};

/// Whole segments, from the oldest on; the last one, which may be written, stays.
struct TrimPlan {
  std::vector<Segment> segments = {};
  std::uint64_t bytes = 0;          ///< of their files
  std::uint64_t first = 0;          ///< number of their first record
  std::uint64_t end = 0;            ///< of the first record behind them
  std::vector<Position> held = {};  ///< the readers that will never get some of it

  [[nodiscard]] std::uint64_t records() const { return end - first; }
};

/// `segments` and `readers` of one log, as list_segments and read_positions give them. Errors:
/// `reader_behind` (conflict): a reader would lose records, and it is not forced; `bad_usage`: no goal.
Result<TrimPlan> plan_trim(std::span<const Segment> segments, std::span<const Position> readers,
                           const TrimGoal& goal);

/// Deletes what was planned, the oldest first, also beside a server that has the log open. Error:
/// `events_unavailable`; what is deleted by then stays so.
Result<void> trim(Storage& storage, const std::filesystem::path& folder, const TrimPlan& plan);

}  // namespace skerry::events
