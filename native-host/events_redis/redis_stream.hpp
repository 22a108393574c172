#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/events_redis/redis_connection.hpp"
#include "shared/error.hpp"

namespace skerry::events {

struct RedisOptions {
  RedisUrl url;
  std::string stream = "skerry:events";
  std::uint64_t max_length = 0;  ///< of the stream, about; then the oldest go, read or not. 0: no bound
  RedisTimeouts timeouts = {};
};

/// The key in which the last mark of a writer stands: on the same node of a cluster as the stream.
std::string mark_key(std::string_view stream, std::string_view writer);

/// Appends a record with its size, as shared/events/event.hpp has it in a batch.
void append_record(std::string& batch, std::string_view record);

/// Records that are stored as a whole or not at all. `from` and `to`: the writer's marks before and behind
/// them.
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
    unknown,  ///< it may be stored, also later, until `settle` is asked
  } fate = Fate::absent;
  Error error = {};  ///< of the latter two
};

/// The stream as its writers see it: each event is an entry with the one field `event`, its record.
///
/// That nothing is stored twice when an answer is lost is up to the mark: a script stores a portion only
/// where the writer's mark is `from`, and sets it to `to` with the same stroke. So a portion may be sent
/// again at will, the commands of a connection that was given up may come late, and behind a portion that was
/// refused no other one is stored. A writer that has no mark is at 0. Marks outlive their last use by 30
/// days.
///
/// For one thread. Errors: those of redis_connection.hpp.
class RedisStream {
 public:
  explicit RedisStream(RedisOptions options) : options_(std::move(options)) {}

  /// Makes a connection where there is none.
  Result<void> connect();
  void disconnect() { connection_.reset(); }
  /// Stores portions of one writer, in their order; asks a second time, through a new connection, where the
  /// first one breaks.
  std::vector<Outcome> store(std::string_view writer, std::span<const Portion> portions);
  Result<std::uint64_t> mark(std::string_view writer);
  /// The last mark of a writer that from now on stores no more.
  Result<std::uint64_t> settle(std::string_view writer);

 private:
  Result<Reply> ask(const Words& words);
  /// Those that are worth another try. `failed`: the fate of what is not stored now.
  std::vector<std::size_t> try_to_store(std::string_view writer, std::span<const Portion> portions,
                                        std::span<const std::size_t> open, Outcome::Fate failed,
                                        std::vector<Outcome>& outcomes);
  [[nodiscard]] Words store_command(std::string_view writer, const Portion& portion) const;

  RedisOptions options_;
  std::unique_ptr<RedisConnection> connection_;
  std::string script_;  ///< its SHA-1, by which the server knows it
};

}  // namespace skerry::events
