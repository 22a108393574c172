#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "native-host/events/event_lines.hpp"
#include "native-host/events/log_view.hpp"
#include "native-host/events/redis/stream_view.hpp"
#include "native-host/events/settings.hpp"

namespace skerry::events {

/// The events that wait, as the commands show them: those of the stream where Redis has them, in its order,
/// then those of the log that are not in Redis yet; else those of the log. A record that is moved from the
/// log into Redis meanwhile comes once. Changes nothing. Errors: those of LogView and StreamView.
class Waiting {
 public:
  /// `folder` is `<data_dir>/events`; where Redis has the events, no log need be there. `only_log`: as if
  /// events.queue were `disk`.
  static Result<Waiting> open(const Settings& settings, const std::filesystem::path& folder, bool only_log);

  struct Start {
    std::optional<EntryId> stream = {};  ///< the first entry; nothing: of the stream none
    std::uint64_t log = 1;               ///< the first record
    std::uint64_t left_out = 0;          ///< so many of the first records that the filter takes are not meant
  };
  /// `beginning`, `end`, a moment; a number is of a record in the log, and an entry's id of the stream.
  /// Error: `bad_time` (usage).
  Result<Start> find(const std::string& text);
  /// Where the last `count` events begin that the filter takes.
  Result<Start> last(std::uint64_t count, const EventFilter& filter);

  using Show = std::function<void(const EventPlace& place, std::string_view record)>;
  using Tell = std::function<void(const Error& damage)>;
  /// From here on `next` goes.
  void start(const Start& start);
  /// Shows the next records, a few at a time; false where there are no more yet. What the log has got since
  /// is seen after `refresh`.
  Result<bool> next(const Show& show, const Tell& tell);
  Result<void> refresh();

  [[nodiscard]] LogView* log() { return log_ ? &*log_ : nullptr; }
  [[nodiscard]] StreamView* stream() { return stream_ ? &*stream_ : nullptr; }
  /// The first record of the log that is not in Redis, as far as the log's own files tell.
  [[nodiscard]] std::uint64_t log_waits_from() const;

 private:
  Waiting() = default;
  void show_entry(const StreamEntry& entry, const Show& show, const Tell& tell);
  [[nodiscard]] std::uint64_t moved_by(const StreamEntry& entry) const;

  std::optional<LogView> log_;
  std::optional<StreamView> stream_;
  std::string mover_;  ///< how the stream calls who moves this log into it
  std::optional<EntryId> entry_;
  std::uint64_t log_from_ = 1;
  std::optional<Cursor> cursor_;
};

}  // namespace skerry::events
