#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/postgres/connection.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// A stretch in which a collector should have written files, by its cadence, and the index has none.
struct Gap {
  std::string collector_id;
  DataType data_type = DataType::rib;
  Time from;                 ///< the time of the first file that is missing
  Time until;                ///< of the first one that is there again; of an open gap: now
  std::int64_t missing = 0;  ///< files that should be there by now
  bool open = false;         ///< nothing has come since; the first of them is overdue (planner.hpp)

  friend bool operator==(const Gap&, const Gap&) = default;
};

/// The gaps in [since, until) of the collectors given, ordered by collector, type and time. What lies before
/// a collector's first file is no gap, nor what lies after the last one of a deprecated collector. Files off
/// the grid count for the slot that they are nearest to. Reads the files of that stretch, nothing else.
/// Errors: those of the connection.
Result<std::vector<Gap>> find_gaps(postgres::Connection& connection, std::span<const Collector> collectors,
                                   Time since, Time until, Time now);

}  // namespace skerry::broker
