#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "shared/broker/arrivals.hpp"

namespace skerry::broker {

/// What became of the file of a slot.
enum class Arrival {
  on_time,
  slow,     ///< later than slow_after()
  late,     ///< later than late_after(), see lateness.hpp
  unseen,   ///< there, but nobody saw when it came
  missing,  ///< not there, and slow already
  due,      ///< not there, and there is still time
};

/// The lag up to which a file is on time. Updates are written when their slot is over and found with the next
/// cycle: their step and a quarter of an hour. A RIB takes up to some hours to write: 4 h.
Seconds slow_after(DataType type, Seconds step);

/// The arrivals of one series, as runs of slots of the same kind. Before the collector's first file none is
/// missing, as `skerry gaps` counts.
struct Strip {
  struct Run {
    Arrival kind = Arrival::due;
    std::size_t begin = 0, end = 0;  ///< slots [begin, end)
    Seconds lag{};                   ///< the longest of the run's lags

    friend bool operator==(const Run&, const Run&) = default;
  };

  DataType data_type = DataType::rib;
  SlotGrid grid;
  std::vector<Run> runs;     ///< without holes, from slot 0 on
  std::size_t arrived = 0;   ///< files that are there
  std::size_t expected = 0;  ///< slots that are not `due`
  std::size_t missing = 0;

  [[nodiscard]] Time begin_of(const Run& run) const { return grid.first + grid.step * run.begin; }
  [[nodiscard]] Time end_of(const Run& run) const { return grid.first + grid.step * run.end; }
};

Strip make_strip(const Series& series, Time begin, Time last_updated_at);

/// The strip in words: `573 of 576 files; longest gap 1 h 20 min, ending 2026-11-21 03:10`, `all 24 files`.
std::string describe(const Strip& strip);

/// A run in words, for the list of what is not on time: `02:00 to 03:20: 16 files missing`, `08:00: 1 file
/// late, 1 h 05 min`.
std::string describe(const Strip& strip, const Strip::Run& run, Time now);

}  // namespace skerry::broker
