#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "native-host/events/queue.hpp"
#include "native-host/events/recent_ids.hpp"
#include "native-host/events/redis/move_note.hpp"
#include "native-host/events/redis/redis_stream.hpp"

namespace skerry::events {

/// Who moves the log into Redis: as a reader of the log, and the file in the log's folder that says how the
/// stream calls it.
inline constexpr std::string_view kLogReader = "redis";
inline constexpr std::string_view kWriterName = "name";

/// The queue in a Redis stream, with a log of the disk behind it; README.md beside this says what is
/// guaranteed when.
///
/// One thread stores all that waits with one pipeline. Where Redis can't be reached, or refuses, what is not
/// stored goes into the log in its order, and so does all that comes after it, until Redis is back and has
/// all of the log. Nothing is stored twice: the marks of redis_stream.hpp tell what Redis has, for the log's
/// records by their `through`; what an answer is missing of when Redis goes away is noted in a file
/// (move_note.hpp) before the log has it.
class RedisQueue final : public Queue {
 public:
  struct Options {
    RedisOptions redis;
    /// Holds `name` (who this writer and reader is) and `move`; the log is in the same folder, or goes with
    /// it.
    std::filesystem::path folder;
    std::chrono::milliseconds first_retry{50};  ///< it doubles up to the last, and is shortened by chance
    std::chrono::milliseconds last_retry{5'000};
    /// Bytes that wait for an answer; more is `events_full`.
    std::size_t max_waiting = std::size_t{64} << 20U;
    std::chrono::milliseconds claim_after{60'000};  ///< see RedisReaderOptions
    std::chrono::milliseconds keep{3'600'000};
    /// That Redis is away, and why, and nothing when all is in Redis again. From a thread of the queue.
    std::function<void(const std::optional<Error>&)> tell = {};
  };

  /// Needs no Redis. `log` must number its records: `through` of a chunk is that of the next one, for ever.
  /// Errors: `file_failed`, and those of the log's reader.
  static Result<std::unique_ptr<RedisQueue>> open(Options options, std::unique_ptr<Queue> log);

  ~RedisQueue() override;
  RedisQueue(const RedisQueue&) = delete;
  RedisQueue& operator=(const RedisQueue&) = delete;

  void append(std::string batch, std::uint32_t count, Done done) override;
  /// Sees what is in Redis; what is in the log comes when it is there.
  Result<std::unique_ptr<Reader>> reader(std::string_view name) override;
  Result<void> recent(Time since, std::uint64_t most, const Show& show) override;
  /// As of a second ago: a thread of its own asks Redis, so that this waits for nobody.
  [[nodiscard]] Stats stats() const override;

 private:
  struct Append {
    std::string batch;
    std::uint32_t count;  ///< 0: too much was waiting
    Done done;
  };
  /// What `recent` could not show.
  struct Owed {
    Time since;
    std::uint64_t most = 0;
    Show show = {};
  };
  /// What is stored with one command.
  struct Group {
    std::vector<Append> appends = {};
    std::uint32_t count = 0;
    std::size_t bytes = 0;
  };
  enum class Way {
    log,      ///< appends go to the log
    closing,  ///< Redis has nearly all of the log: appends wait until it has
    redis,
  };

  RedisQueue(Options options, std::unique_ptr<Queue> log, std::unique_ptr<Reader> log_reader,
             std::string name);

  static std::vector<Group> group_up(std::vector<Append> appends);
  [[nodiscard]] std::filesystem::path writer_path() const { return options_.folder / "writer"; }
  [[nodiscard]] std::filesystem::path note_path() const { return options_.folder / "move"; }

  void run(const std::stop_token& stop);
  std::vector<Append> wait_for_appends(const std::stop_token& stop);
  void serve(std::vector<Append> appends);
  void fall(std::vector<Group> groups, std::span<const Portion> portions, std::span<const Outcome> outcomes);
  void put_aside(Append append);
  void turn_to_log();
  Result<void> settle();
  Result<void> catch_up(const std::stop_token& stop);
  Result<void> move_chunk();
  Result<void> arrive();
  void be_away(const Error& error);
  void be_started();
  Result<void> recent_in_redis(Time since, std::uint64_t most, const Show& show) const;
  [[nodiscard]] bool owes() const;
  void turn_back(std::vector<Append> appends);
  Result<void> show_owed();
  [[nodiscard]] bool is_stored(std::string_view record) const;
  void drop_stored(Append& append) const;
  Result<Stats> ask_stats();
  void look(const std::stop_token& stop);

  const Options options_;
  const std::string name_;
  const Hash128 secret_;  ///< of the hashes

  mutable std::mutex mutex_;
  std::condition_variable_any appended_;
  Way way_ = Way::log;  ///< changed by the thread alone
  std::vector<Append> waiting_;
  std::size_t waiting_bytes_ = 0;
  std::condition_variable started_condition_;
  bool started_ = false;                    ///< it is known whether Redis is there, and what it has
  std::vector<Owed> owed_ = {};             ///< until it is shown, appends go to the log
  std::optional<Error> away_;               ///< why Redis is not used, once that was tried
  std::atomic<std::uint64_t> logging_ = 0;  ///< appends that the log has not answered

  std::mutex open_mutex_;
  std::set<std::string, std::less<>> open_readers_;

  mutable std::mutex stats_mutex_;
  Stats stats_;
  std::unique_ptr<RedisConnection> stats_connection_;  ///< of the thread that looks

  // The thread's own.
  RedisStream stream_;
  StreamWriter writer_;           ///< of what comes while appends go to Redis; a new one each time
  std::uint64_t sequence_ = 0;    ///< mark of its last portion
  std::string former_;            ///< the writer before a restart, whose last commands may come yet
  StreamWriter mover_;            ///< of what is in the log
  std::optional<MoveNote> note_;  ///< as long as appends don't go to Redis, once it is known
  bool noted_ = false;            ///< it is in its file
  bool settled_ = false;          ///< its writer
  std::vector<std::pair<std::uint64_t, Append>> held_;  ///< in doubt, with their marks, and not noted
  /// Names, hashed, of what may be in the log, or wait, and turned out to be in Redis.
  HashSet stored_;
  std::optional<Chunk> chunk_;  ///< of the log, to be moved
  std::uint64_t mark_ = 0;      ///< up to where Redis has the log
  std::uint64_t position_ = 0;  ///< up to where it was moved; 0: nothing was since the start
  int unacknowledged_ = 0;      ///< chunks

  std::unique_ptr<Queue> log_;
  std::unique_ptr<Reader> log_reader_;
  std::jthread thread_;
  std::jthread looker_;
};

}  // namespace skerry::events
