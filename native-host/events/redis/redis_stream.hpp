#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events/redis/redis_connection.hpp"
#include "shared/error.hpp"

namespace skerry::events {

struct RedisOptions {
  RedisUrl url;
  std::string stream = "skerry:events";
  std::uint64_t max_length = 0;  ///< entries, about; then the oldest go, read or not. 0: no bound
  RedisTimeouts timeouts = {};
};

/// Appends a record with its size, as shared/events/event.hpp has it in a batch.
void append_record(std::string& batch, std::string_view record);

/// Records that become one entry. `from` and `to`: the writer's marks before and behind them, `to` the
/// larger.
struct Portion {
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint32_t count = 0;
  std::vector<std::string_view> batches;
};

struct Outcome {
  enum class Fate {
    stored,
    absent,   ///< not stored, and it will not be
    unknown,  ///< it may be stored, also later, until the writer is settled
  } fate = Fate::absent;
  Error error = {};  ///< of the latter two
};

/// Who stores: a name that no other writer has, and an entry before all of this writer's that may be in
/// doubt.
struct StreamWriter {
  std::string name;
  std::string since = "0-0";
};

/// The stream as its writers see it. An entry holds the events that were waiting together, in the fields
/// `writer`, `mark`, `count`, `events` (a batch).
///
/// That nothing is stored twice when an answer is lost is up to the marks: a script looks for the writer's
/// newest entry, and stores a portion only behind one whose mark is `from`, or where there is none. So a
/// portion may be sent again at will, and the commands of a connection that was given up may come late. The
/// script writes once: a Redis that was killed in the middle of a transaction has been seen to bring half of
/// it back a restart later (github.com/valkey-io/valkey/pull/4342).
///
/// For one thread. Errors: those of redis_connection.hpp.
class RedisStream {
 public:
  explicit RedisStream(RedisOptions options) : options_(std::move(options)) {}

  /// Makes a connection where there is none.
  Result<void> connect();
  void disconnect() { connection_.reset(); }
  /// Stores portions in their order; asks a second time, through a new connection, where the first one
  /// breaks. `writer.since` follows what is stored.
  std::vector<Outcome> store(StreamWriter& writer, std::span<const Portion> portions);

  /// The id of the newest entry; `0-0` where there is none.
  Result<std::string> newest();
  /// Sets `since` to the writer's newest entry behind it, if there is one, and gives its mark, else 0.
  Result<std::uint64_t> find_mark(StreamWriter& writer);
  /// The same mark, of a writer that from now on stores no more: an entry without events says so.
  Result<std::uint64_t> settle(const StreamWriter& writer);
  /// As `settle` for one of whose mark nothing is to be known.
  Result<void> close(const std::string& writer);

 private:
  Result<Reply> ask(const Words& words);
  /// Those that are worth another try. `failed`: the fate of what is not stored now.
  std::vector<std::size_t> try_to_store(StreamWriter& writer, std::span<const Portion> portions,
                                        std::span<const std::size_t> open, Outcome::Fate failed,
                                        std::vector<Outcome>& outcomes);
  [[nodiscard]] Words store_command(const StreamWriter& writer, const Portion& portion) const;

  RedisOptions options_;
  std::unique_ptr<RedisConnection> connection_;
  std::string script_;  ///< its SHA-1, by which the server knows it
};

}  // namespace skerry::events
