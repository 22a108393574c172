#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

/// The KV document `history`, format 1: for each collector and type, when each file of the last 48 hours
/// arrived.
///
///     {"format":1,"last_updated_at":"2026-11-21T08:05:11.000Z","begin":"2026-11-19T08:05:00","series":[
///       {"collector_id":"rrc00","data_type":"rib","step":28800,"slots":"7..."},…]}
///
/// and after "step" `"before":24` where so many slots at the beginning are older than the collector's first
/// file. A series is one character for each slot of its cadence, from the slot that holds `begin` to the one
/// that holds `last_updated_at`.
namespace skerry::broker {

/// A slot's character where it is no lag: no file (yet), and a file of which nobody saw when it came.
inline constexpr char kNoFile = '.';
inline constexpr char kLagUnknown = '+';

/// The lag (first seen minus the file's timestamp) as one of `0-9A-Za-z`: to the minute below 30 min, to 5
/// min below 2 h, to the hour below 14 h, then two more for less and for not less than a day. A negative lag
/// counts as none.
char lag_code(Seconds lag);
/// The least lag that has this code; nothing for a character that is no lag.
std::optional<Seconds> lag_of(char code);

/// Where the history of a view begins: 48 h before it, floored to 5 minutes.
Time history_begin(Time last_updated_at);

/// The slots of one cadence; slot k holds the file times [first + k * step, first + (k + 1) * step). They lie
/// on the grid since 1970.
struct SlotGrid {
  Time first;
  Seconds step;
  std::size_t count = 0;

  /// From the slot that holds `begin` to the one that holds `end`. `step` is at least a second.
  static SlotGrid of(Time begin, Time end, Seconds step);
  /// The slot of a file; nothing outside the grid.
  [[nodiscard]] std::optional<std::size_t> slot_of(Time file) const;

  friend bool operator==(const SlotGrid&, const SlotGrid&) = default;
};

struct Series {
  std::string collector_id;
  DataType data_type = DataType::rib;
  Seconds step{};
  std::string slots;
  std::size_t before = 0;  ///< so many slots are before the collector's first file: nothing was due

  friend bool operator==(const Series&, const Series&) = default;
};

struct History {
  Time last_updated_at;
  Time begin;
  std::vector<Series> series;

  friend bool operator==(const History&, const History&) = default;
};

/// Appends one element of `series`.
void append_series(std::string& out, const Series& series);
/// The document, the series in the order in which they are given.
std::string render_history(const History& history);

/// Takes any bytes; linear in their number. At most 5,000 series of at most 4,000 slots, steps of 60 s to a
/// day. Members that it does not know are ignored. Errors: `history_unreadable`.
Result<History> parse_history(std::string_view json);

}  // namespace skerry::broker
