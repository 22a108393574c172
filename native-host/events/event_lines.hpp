#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/log_files.hpp"
#include "native-host/events/redis/stream_view.hpp"
#include "shared/events/event.hpp"

namespace skerry::events {

/// What the body calls it, strings without escapes: `type`, else `event` or `name`, as Segment, PostHog and
/// Plausible have them; else the last segment of the path that isn't empty: `w` of `/t/w`; else `/`.
std::string_view event_type(const Event& event);

struct EventFilter {
  std::string type;  ///< any of the words that event_type looks for; empty: any
  std::string path;  ///< its beginning; empty: any

  [[nodiscard]] bool is_set() const { return !type.empty() || !path.empty(); }
  [[nodiscard]] bool takes(const Event& event) const;
};

/// Where an event waits: a record of the log, or one in an entry of the stream.
struct EventPlace {
  std::uint64_t number = 0;  ///< of the record; 0: in the stream
  std::string entry = {};    ///< id of the entry

  [[nodiscard]] std::string text() const { return entry.empty() ? std::to_string(number) : entry; }
};

/// `12 2026-11-21T08:00:00.250Z w 203.0.113.9 trk.example.com /t/w?wor=king {"a":1}`; what a terminal
/// would obey, or not show, is written out (shared/printable.hpp), and a long body is cut between characters.
std::string event_text(const EventPlace& place, const Event& event);
/// One JSON object in one line; what is no UTF-8 becomes U+FFFD. `number` is null in the stream, `entry` in
/// the log. `key`, `sdk`, `sdk_version`, `outer` and
/// `method` are there where the event has them.
std::string event_json(const EventPlace& place, const Event& event);

/// What `skerry events stats` shows.
struct LogReport {
  std::string folder;
  std::uint64_t segments = 0;
  std::uint64_t bytes = 0;  ///< of their files
  std::uint64_t max_bytes = 0;
  std::uint64_t first = 1;  ///< number of the oldest record
  std::uint64_t next = 1;   ///< of the one to come
  std::optional<Time> oldest = {};
  std::vector<Position> readers = {};
  std::optional<Verified> verified = {};
  std::optional<StreamReport> stream = {};  ///< where Redis has the events
  std::uint64_t waiting = 0;                ///< records that are not in Redis yet, then
};

/// Of `skerry events readers`: of the report only numbers and readers count, of the log and of the stream. A
/// reader in JSON: `name`, `in` (`log`, `redis`), `next` (a record's number, null in Redis), `entry` (the
/// last one that it was given, null in the log), `lag` (records, or entries, that it has not acknowledged;
/// null where Redis can't tell), `pending` (of these given to it, null in the log).
std::string readers_text(const LogReport& report);
std::string readers_json(const LogReport& report);

std::string report_text(const LogReport& report);
std::string report_json(const LogReport& report);

}  // namespace skerry::events
