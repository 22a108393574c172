#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "shared/time.hpp"

/// The queue between the tracker and whoever reads events: what was acknowledged is on a disk, and is read at
/// least once by each reader. Batches and records are those of shared/events/event.hpp.
namespace skerry::events {

/// Called exactly once, from a thread of the queue; it must not block.
using Done = std::move_only_function<void(Result<void>)>;

/// What a reader got: records in the order in which they were appended.
struct Chunk {
  std::string batch;               ///< in batch form, for `BatchReader`
  std::uint32_t count = 0;         ///< of records; 0: nothing came in time
  std::uint64_t through = 0;       ///< for `acknowledge`
  std::vector<Error> damage = {};  ///< `event_damaged`: what can't be read before these records, and where
};

/// One place in the queue that goes on, by name, where it was acknowledged: across restarts, and after a
/// crash at least once. For one thread, but for `interrupt`.
class Reader {
 public:
  virtual ~Reader() = default;
  /// The next records behind those that this reader read last: at most `most` of them, and 8 MiB where there
  /// are more than one. Waits up to `wait` for the first. Error: `events_unavailable`; ask again later.
  virtual Result<Chunk> read(std::uint32_t most, std::chrono::milliseconds wait) = 0;
  /// What was read up to the chunk with this `through` was handled: when this returns well, it will not be
  /// read again. Error: `events_unavailable`: nothing is acknowledged yet.
  virtual Result<void> acknowledge(std::uint64_t through) = 0;
  /// Ends the wait of a `read`, and of all after it. From any thread.
  virtual void interrupt() = 0;
};

struct Stats {
  struct Lag {
    std::string reader;
    std::uint64_t records = 0;  ///< that it has not acknowledged
  };
  std::uint64_t records = 0;        ///< that are kept
  std::uint64_t bytes = 0;          ///< that they take on the disk or in the server
  std::uint64_t max_bytes = 0;      ///< 0: no bound is known
  std::optional<Time> oldest = {};  ///< when the first of the kept records was appended
  std::uint64_t damaged = 0;        ///< records that could not be read since the start
  std::uint64_t dropped = 0;  ///< records that a full log gave up since the start, not read by all readers
  std::vector<Lag> readers = {};
  std::optional<Error> trouble = {};  ///< why appends are refused, while they are
};

/// Thread-safe. The destructor ends what was appended: each `done` is called before it returns, and no reader
/// may outlive it.
class Queue {
 public:
  virtual ~Queue() = default;

  /// Never blocks. `batch` is valid and has `count` records. `done` has no error when all of them are
  /// durable, or one when none of them will be read: `events_full` (no room until something is read or
  /// deleted) or `events_unavailable` (broken).
  virtual void append(std::string batch, std::uint32_t count, Done done) = 0;

  /// The reader of this name (1 to 64 of a-z, 0-9, `-`, `_`); one that is new begins at the oldest record.
  /// What a reader that was opened once has not acknowledged is kept. Errors: `reader_invalid` (its name),
  /// `reader_busy` (it is open already), `events_unavailable`.
  virtual Result<std::unique_ptr<Reader>> reader(std::string_view name) = 0;

  using Show = std::function<void(std::string_view record)>;
  /// Shows the last records that are kept, each without its size, oldest first: `most` of them, none that was
  /// appended before `since` (a few more may be shown). Meant for the start, to know ids again. What can't be
  /// read yet is shown when it can, from a thread of the queue; what was appended meanwhile and is there
  /// already is then not stored again.
  virtual Result<void> recent(Time since, std::uint64_t most, const Show& show) = 0;

  [[nodiscard]] virtual Stats stats() const = 0;
};

}  // namespace skerry::events
