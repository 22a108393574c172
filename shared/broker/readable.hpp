#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/time.hpp"

/// Numbers of the archive index as people read them, the same on a terminal and on the page.
namespace skerry::broker {

/// `4 min`, `2 h 05 min`, `3 d 4 h`; whole minutes, a negative delay counts as none.
std::string readable_delay(Seconds delay);

/// `415.2 MB`, 1000-based; `-` for nothing or less.
std::string readable_size(std::int64_t bytes);

/// The minute of a moment in UTC, as short as `now` allows: `08:05` on the same day, `11-20 22:00` in the
/// same year, else `2025-11-20 22:00`.
std::string readable_time(Time time, Time now);

/// `1 file`, `12 files`.
std::string counted(std::size_t count, std::string_view noun);

}  // namespace skerry::broker
