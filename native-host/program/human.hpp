#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

/// How the program writes for people.
namespace skerry::program {

/// `4 min`, `2 h 05 min`, `3 d 4 h`
std::string human_delay(double seconds);
inline std::string human_delay(std::chrono::milliseconds time) {
  return human_delay(static_cast<double>(time.count()) / 1000);
}
/// `415.2 MB`
std::string human_size(double bytes);
/// `1 gap`, `2 gaps`; `many` for a word that has more than an s: `1 entry`, `2 entries`.
std::string counted(std::int64_t number, std::string_view one, std::string_view many = {});
std::string counted(std::unsigned_integral auto number, std::string_view one, std::string_view many = {}) {
  return counted(static_cast<std::int64_t>(number), one, many);
}
/// `numbers 3 to 9`, `number 3`, `no numbers` where the last is before the first: of a word that takes an s.
std::string ranged(std::string_view one, std::int64_t first, std::int64_t last);
/// `2026-11-21 08:05`
std::string human_minute(Time time);
/// `PostgreSQL does not answer. (db_unreachable)`
std::string with_code(const Error& error);
/// At most `width` columns of a printable text, with `…` where something is left out (shared/printable.hpp).
std::string cut(std::string_view text, std::size_t width);

/// A moment as people give it: `48h` (so long ago), `2026-11`, `2026-11-21`, `2026-11-21T08:00:00`, RFC 3339.
/// Error: `bad_time` (usage).
Result<Time> parse_moment(std::string_view text, Time now);

/// By the system's clock.
Time system_now();

}  // namespace skerry::program
