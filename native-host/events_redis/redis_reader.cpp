#include "native-host/events_redis/redis_reader.hpp"

#include <algorithm>
#include <atomic>
#include <deque>
#include <mutex>
#include <set>
#include <vector>

#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kStart = "0-0";
constexpr std::size_t kMostEntries = 1'000;  // of one answer
constexpr std::size_t kFirstEntries = 100;   // before it is known how large they are
constexpr std::size_t kAnswerBytes = kMaxBatch;
constexpr std::chrono::seconds kTrimEvery{10};
constexpr std::chrono::milliseconds kLongestWait{1'000};

// Deletes what all groups have acknowledged and what is older than ARGV[1] ms, about.
constexpr std::string_view kTrim = R"(
local function parts(id)
  local ms, sequence = string.match(id, '^(%d+)-(%d+)$')
  return tonumber(ms), tonumber(sequence)
end
local function before(a, b)
  local ams, asequence = parts(a)
  local bms, bsequence = parts(b)
  return ams < bms or (ams == bms and asequence < bsequence)
end
local floor = string.format('%.0f-0', redis.call('TIME')[1] * 1000 - ARGV[1])
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local of = {}
  for i = 1, #group, 2 do of[group[i]] = group[i + 1] end
  local first = of['last-delivered-id']
  if of['pending'] > 0 then first = redis.call('XPENDING', KEYS[1], of['name'])[2] end
  if before(first, floor) then floor = first end
end
return redis.call('XTRIM', KEYS[1], 'MINID', '~', floor)
)";

std::unexpected<Error> unavailable(const Error& error) {
  return fail("events_unavailable", error.message);
}

class RedisReader final : public Reader {
 public:
  explicit RedisReader(RedisReaderOptions options) : options_(std::move(options)) {}

  Result<void> connect();
  Result<Chunk> read(std::uint32_t most, std::chrono::milliseconds wait) override;
  Result<void> acknowledge(std::uint64_t through) override;
  void interrupt() override;

 private:
  struct Entry {
    std::string id;
    std::string record;  ///< empty: there is none
  };
  struct Given {
    std::uint64_t through;
    std::vector<std::string> ids;
  };

  Result<Reply> ask(const Words& words);
  Result<void> make_group();
  Result<void> fetch(std::uint32_t most, std::chrono::milliseconds wait);
  Result<void> fetch_own();
  Result<void> fetch_new(std::uint32_t most, std::chrono::milliseconds wait);
  Result<void> claim();
  void take(const ReplyView& entries);
  Chunk next_chunk(std::uint32_t most);

  RedisReaderOptions options_;
  std::mutex mutex_;  ///< over the pointer below, which `interrupt` uses
  std::unique_ptr<RedisConnection> connection_;
  std::atomic<bool> interrupted_ = false;

  bool own_read_ = false;  ///< since it is connected, all that this consumer was given before
  std::string own_cursor_{kStart};
  bool asked_all_ = false;                   ///< nothing is left but what comes now
  std::deque<Entry> entries_;                ///< got and not given
  std::deque<Given> given_;                  ///< and not acknowledged
  std::set<std::string, std::less<>> held_;  ///< ids of both
  std::uint64_t through_ = 0;
  std::size_t entry_bytes_ = kAnswerBytes / kFirstEntries;  ///< about
  std::string claim_cursor_{kStart};
  Clock::time_point claimed_;
  Clock::time_point trimmed_ = Clock::now();
};

Result<void> RedisReader::connect() {
  if (connection_) return {};
  auto connection = RedisConnection::open(options_.redis.url, options_.redis.timeouts);
  if (!connection) return std::unexpected(connection.error());
  {
    const std::lock_guard lock(mutex_);
    connection_ = *std::move(connection);
  }
  own_read_ = false;
  own_cursor_ = kStart;
  return make_group();
}

Result<Reply> RedisReader::ask(const Words& words) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  auto reply = connection_->ask(words);
  if (!reply && is_lost(reply.error())) {
    const std::lock_guard lock(mutex_);
    connection_.reset();
  }
  return reply;
}

Result<void> RedisReader::make_group() {
  const auto made = ask({"XGROUP", "CREATE", options_.redis.stream, options_.group, "0", "MKSTREAM"});
  if (!made && !made.error().message.contains("BUSYGROUP")) return std::unexpected(made.error());
  return {};
}

void RedisReader::take(const ReplyView& entries) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto id = entries[i][0].text();
    if (id.empty() || !held_.emplace(id).second) continue;
    const auto record = entries[i][1].field("event").text();
    bytes += record.size();
    entries_.push_back({std::string(id), std::string(record)});
  }
  if (entries.size() > 0) entry_bytes_ = std::max<std::size_t>(bytes / entries.size(), 1);
}

/// What this consumer was given before it was connected, page by page.
Result<void> RedisReader::fetch_own() {
  const auto reply = ask({"XREADGROUP", "GROUP", options_.group, options_.consumer, "COUNT",
                          std::to_string(kFirstEntries), "STREAMS", options_.redis.stream, own_cursor_});
  if (!reply) return std::unexpected(reply.error());
  const auto entries = (*reply)[0][1];
  own_read_ = entries.size() == 0;
  if (!own_read_) own_cursor_ = entries[entries.size() - 1][0].text();
  take(entries);
  return {};
}

Result<void> RedisReader::fetch_new(std::uint32_t most, std::chrono::milliseconds wait) {
  const auto count =
      std::clamp<std::size_t>(kAnswerBytes / entry_bytes_, 1, std::min<std::size_t>(most, kMostEntries));
  Words words(wait.count() > 0 ? 11 : 9);
  for (const std::string_view word : {"XREADGROUP", "GROUP"}) words.add(word);
  words.add(options_.group);
  words.add(options_.consumer);
  words.add("COUNT");
  words.add(std::to_string(count));
  if (wait.count() > 0) {
    words.add("BLOCK");
    words.add(std::to_string(wait.count()));
  }
  words.add("STREAMS");
  words.add(options_.redis.stream);
  words.add(">");
  const auto reply = ask(words);
  if (!reply) return std::unexpected(reply.error());
  take((*reply)[0][1]);
  return {};
}

/// What a consumer that is gone was given, page by page.
Result<void> RedisReader::claim() {
  const auto reply = ask({"XAUTOCLAIM", options_.redis.stream, options_.group, options_.consumer,
                          std::to_string(options_.claim_after.count()), claim_cursor_, "COUNT",
                          std::to_string(kFirstEntries)});
  if (!reply) return std::unexpected(reply.error());
  claim_cursor_ = (*reply)[0].text();
  if (claim_cursor_ == kStart) claimed_ = Clock::now();
  take((*reply)[1]);
  return {};
}

Result<void> RedisReader::fetch(std::uint32_t most, std::chrono::milliseconds wait) {
  // From here on there is a connection that `interrupt` can break.
  if (auto connected = connect(); !connected || interrupted_) return connected;
  asked_all_ = false;
  if (!own_read_) return fetch_own();
  if (claim_cursor_ != kStart || Clock::now() - claimed_ > options_.claim_after / 2) return claim();
  asked_all_ = true;
  return fetch_new(most, wait);
}

Result<Chunk> RedisReader::read(std::uint32_t most, std::chrono::milliseconds wait) {
  const auto end = Clock::now() + wait;
  const auto longest = std::min(kLongestWait, options_.redis.timeouts.command / 2);
  while (entries_.empty() && !interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    auto fetched = fetch(most, std::min(left, longest));
    if (!fetched && fetched.error().code == "redis_no_group") fetched = make_group();
    if (interrupted_) break;
    if (!fetched) return unavailable(fetched.error());
    if (asked_all_ && Clock::now() >= end) break;
  }
  if (interrupted_) return Chunk{};
  return next_chunk(most);
}

Chunk RedisReader::next_chunk(std::uint32_t most) {
  Chunk chunk;
  Given given;
  while (!entries_.empty() && given.ids.size() < most) {
    auto& [id, record] = entries_.front();
    if (chunk.count > 0 && chunk.batch.size() + sizeof(std::uint32_t) + record.size() > kMaxBatch) break;
    if (record.size() <= kMaxRecord && decode_event(record)) {
      append_record(chunk.batch, record);
      ++chunk.count;
    } else {
      chunk.damage.push_back({"event_damaged", "Entry " + id + " of " + options_.redis.stream +
                                                   " is no event" +
                                                   (record.empty() ? " or was deleted unread." : ".")});
    }
    given.ids.push_back(std::move(id));
    entries_.pop_front();
  }
  if (!given.ids.empty()) {
    given.through = ++through_;
    given_.push_back(std::move(given));
  }
  chunk.through = through_;
  return chunk;
}

Result<void> RedisReader::acknowledge(std::uint64_t through) {
  while (!given_.empty() && given_.front().through <= through) {
    const auto& ids = given_.front().ids;
    Words words(3 + ids.size());
    words.add("XACK");
    words.add(options_.redis.stream);
    words.add(options_.group);
    for (const auto& id : ids) words.add(id);
    auto reply = ask(words);
    if (!reply && is_lost(reply.error())) reply = ask(words);
    if (!reply) return unavailable(reply.error());
    for (const auto& id : ids) held_.erase(id);
    given_.pop_front();
  }
  if (Clock::now() - trimmed_ > kTrimEvery) {
    trimmed_ = Clock::now();
    // Nothing hangs on it, and the next one comes.
    (void)ask({"EVAL", kTrim, "1", options_.redis.stream, std::to_string(options_.keep.count())});
  }
  return {};
}

void RedisReader::interrupt() {
  interrupted_ = true;
  const std::lock_guard lock(mutex_);
  if (connection_) connection_->interrupt();
}

}  // namespace

Result<std::unique_ptr<Reader>> open_redis_reader(RedisReaderOptions options) {
  auto reader = std::make_unique<RedisReader>(std::move(options));
  if (const auto connected = reader->connect(); !connected) return unavailable(connected.error());
  return reader;
}

}  // namespace skerry::events
