#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace skerry {

/// A moment in UTC, to the millisecond.
using Time = std::chrono::sys_time<std::chrono::milliseconds>;
using Seconds = std::chrono::seconds;

/// RFC 3339 `date-time` (`2026-11-21T08:00:00Z`, `2026-11-21 08:00:00.25+01:00`); digits past the millisecond
/// are dropped, a leap second `:60` reads as the next second. Nothing but the whole string is accepted, and
/// nothing that an offset or a leap second carries out of the years 0000 to 9999.
std::optional<Time> parse_rfc3339(std::string_view text);

/// A time without zone, `YYYY-MM-DDTHH:MM:SS`, taken as UTC: the broker's form (broker API v2 and v3).
std::optional<Time> parse_naive(std::string_view text);

/// `2026-11-21T08:00:00Z`; with milliseconds (`…:00.250Z`) only when there are any. Years 0000 to 9999.
std::string format_rfc3339(Time time);

/// `2026-11-21T08:00:00`; milliseconds are dropped.
std::string format_naive(Time time);

/// HTTP-date in its three forms (RFC 9110 §5.6.7): IMF-fixdate, RFC 850 and asctime. A two-digit year lies in
/// 1970 to 2069. The day of the week is not compared with the date.
std::optional<Time> parse_http_date(std::string_view text);

/// IMF-fixdate: `Sat, 21 Nov 2026 08:00:00 GMT`.
std::string format_http_date(Time time);

/// The last moment up to `time` that is a multiple of `step` since 1970.
constexpr Time floor_to(Time time, Seconds step) {
  const std::chrono::milliseconds since = time.time_since_epoch();
  const std::chrono::milliseconds rest = since % step;
  return time - (rest.count() < 0 ? rest + step : rest);
}

/// A moment from its civil parts, or nothing if there is no such moment in the years 0000 to 9999. `second`
/// may be 60.
std::optional<Time> civil_time(int year, unsigned month, unsigned day, unsigned hour, unsigned minute,
                               unsigned second);

}  // namespace skerry
