#include "native-host/events/redis/redis_reader.hpp"

#include <algorithm>
#include <atomic>
#include <cassert>
#include <charconv>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kStart = "0-0";
constexpr std::size_t kMostEntries = 1'000;  // of one answer
constexpr std::size_t kFirstEntries = 16;    // before it is known how large they are
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
  return fail(ErrorKind::unavailable, "events_unavailable", error.message);
}

/// The hash with how many bytes of an entry were handled; on the same node of a cluster as the stream.
std::string parts_key(const RedisReaderOptions& options) {
  const auto& stream = options.redis.stream;
  const auto open = stream.find('{');
  const auto close = open == std::string::npos ? open : stream.find('}', open);
  const bool tagged = close != std::string::npos && close > open + 1;
  return (tagged ? stream : "{" + stream + "}") + ":parts:" + options.group;
}

class RedisReader final : public Reader {
 public:
  explicit RedisReader(RedisReaderOptions options) : options_(std::move(options)), trimmed_(options_.now()) {}

  Result<void> connect();
  Result<Chunk> read(std::uint32_t most, std::chrono::milliseconds wait) override;
  Result<void> acknowledge(std::uint64_t through) override;
  void interrupt() override;

 private:
  struct Entry {
    std::string id;
    std::string batch;
    std::size_t given = 0;  ///< bytes of it
    bool damaged = false;
  };
  struct Given {
    std::uint64_t through = 0;
    std::vector<std::string> ids = {};  ///< of entries that end in it
    std::string part_id = {};           ///< of the one that goes on behind it
    std::size_t part = 0;               ///< bytes of that
  };

  Result<Reply> ask(const Words& words);
  Result<Reply> ask_twice(const Words& words);
  Result<void> make_group();
  Result<void> begin_anew();
  Result<void> fetch(std::uint32_t most, std::chrono::milliseconds wait);
  Result<void> fetch_own();
  Result<void> fetch_new(std::uint32_t most, std::chrono::milliseconds wait);
  Result<void> claim();
  Result<void> take(const ReplyView& entries, bool given_before);
  Result<void> forget(const std::vector<std::string>& ids);
  Chunk next_chunk(std::uint32_t most);

  RedisReaderOptions options_;
  std::mutex mutex_;  ///< over the pointer below, which `interrupt` uses
  std::unique_ptr<RedisConnection> connection_;
  std::atomic<bool> interrupted_ = false;

  bool own_read_ = false;  ///< since it is connected, all that this consumer was given before
  std::string own_cursor_{kStart};
  bool asked_all_ = false;                    ///< nothing is left but what comes now
  std::deque<Entry> entries_;                 ///< got and not given
  std::deque<Given> given_;                   ///< and not acknowledged
  std::set<std::string, std::less<>> held_;   ///< ids of both
  std::set<std::string, std::less<>> parts_;  ///< ids of which Redis knows a part
  std::uint64_t through_ = 0;
  std::size_t entry_bytes_ = kAnswerBytes / kFirstEntries;  ///< about
  std::string claim_cursor_{kStart};
  std::optional<Clock::time_point> claimed_;
  Clock::time_point trimmed_;
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

Result<Reply> RedisReader::ask_twice(const Words& words) {
  auto reply = ask(words);
  return !reply && is_lost(reply.error()) ? ask(words) : std::move(reply);
}

Result<void> RedisReader::make_group() {
  const auto made = ask({"XGROUP", "CREATE", options_.redis.stream, options_.group, "0", "MKSTREAM"});
  if (!made && !made.error().message.contains("BUSYGROUP")) return std::unexpected(made.error());
  return {};
}

/// The stream is gone with all that is waited for of it; a new one may have entries with the same ids.
Result<void> RedisReader::begin_anew() {
  given_.clear();
  held_.clear();
  parts_.clear();
  return make_group();
}

Result<void> RedisReader::take(const ReplyView& entries, bool given_before) {
  if (entries.size() == 0) return {};
  Result<Reply> parts = Reply(nullptr);
  if (given_before) {
    Words words(2 + entries.size());
    words.add("HMGET");
    words.add(parts_key(options_));
    for (std::size_t i = 0; i < entries.size(); ++i) words.add(entries[i][0].text());
    parts = ask(words);
    if (!parts) return std::unexpected(parts.error());
  }
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto id = entries[i][0].text();
    if (id.empty() || !held_.emplace(id).second) continue;
    const auto fields = entries[i][1];
    const auto batch = fields.field("events").text();
    bytes += batch.size();
    Entry entry{.id = std::string(id), .batch = std::string(batch)};
    entry.damaged = batch.empty() && fields.field("writer").is_null();
    if (const auto part = (*parts)[i].text(); !part.empty()) {
      std::from_chars(part.data(), part.data() + part.size(), entry.given);
      entry.given = std::min(entry.given, entry.batch.size());
      parts_.emplace(id);
    }
    entries_.push_back(std::move(entry));
  }
  entry_bytes_ = std::max<std::size_t>(bytes / entries.size(), 1);
  return {};
}

/// What this consumer was given before it was connected, page by page.
Result<void> RedisReader::fetch_own() {
  const auto reply = ask({"XREADGROUP", "GROUP", options_.group, options_.consumer, "COUNT",
                          std::to_string(kFirstEntries), "STREAMS", options_.redis.stream, own_cursor_});
  if (!reply) return std::unexpected(reply.error());
  const auto entries = (*reply)[0][1];
  own_read_ = entries.size() == 0;
  if (!own_read_) own_cursor_ = entries[entries.size() - 1][0].text();
  return take(entries, true);
}

Result<void> RedisReader::fetch_new(std::uint32_t most, std::chrono::milliseconds wait) {
  const auto count =
      std::clamp<std::size_t>(kAnswerBytes / entry_bytes_, 1, std::clamp<std::size_t>(most, 1, kMostEntries));
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
  return take((*reply)[0][1], false);
}

/// What a consumer that is gone was given, page by page.
Result<void> RedisReader::claim() {
  const auto reply = ask({"XAUTOCLAIM", options_.redis.stream, options_.group, options_.consumer,
                          std::to_string(options_.claim_after.count()), claim_cursor_, "COUNT",
                          std::to_string(kFirstEntries)});
  if (!reply) return std::unexpected(reply.error());
  claim_cursor_ = (*reply)[0].text();
  if (claim_cursor_ == kStart) claimed_ = options_.now();
  return take((*reply)[1], true);
}

Result<void> RedisReader::fetch(std::uint32_t most, std::chrono::milliseconds wait) {
  // From here on there is a connection that `interrupt` can break.
  if (auto connected = connect(); !connected || interrupted_) return connected;
  asked_all_ = false;
  if (!own_read_) return fetch_own();
  const bool again = !claimed_ || options_.now() - *claimed_ > options_.claim_after / 2;
  if (again || claim_cursor_ != kStart) return claim();
  asked_all_ = true;
  return fetch_new(most, wait);
}

Result<Chunk> RedisReader::read(std::uint32_t most, std::chrono::milliseconds wait) {
  const auto end = Clock::now() + wait;
  const auto longest = std::min(kLongestWait, options_.redis.timeouts.command / 2);
  while (entries_.empty() && !interrupted_) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    auto fetched = fetch(most, std::min(left, longest));
    if (!fetched && fetched.error().code == "redis_no_group") fetched = begin_anew();
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
  for (bool full = false; !entries_.empty();) {
    auto& entry = entries_.front();
    assert(entry.given <= entry.batch.size());
    BatchReader records(std::string_view(entry.batch).substr(entry.given));
    while (const auto record = records.next()) {
      const auto size = sizeof(std::uint32_t) + record->size();
      full = chunk.count >= most || (chunk.count > 0 && chunk.batch.size() + size > kMaxBatch);
      if (full) break;
      entry.given += size;
      if (decode_event(*record)) {
        append_record(chunk.batch, *record);
        ++chunk.count;
      } else {
        entry.damaged = true;
      }
    }
    if (full) {
      given.part_id = entry.id;
      given.part = entry.given;
      break;
    }
    if (entry.damaged || entry.given < entry.batch.size()) {
      chunk.damage.push_back({"event_damaged", "Entry " + entry.id + " of " + options_.redis.stream +
                                                   " is no batch of events" +
                                                   (entry.batch.empty() ? ", or was deleted unread." : ".")});
    }
    given.ids.push_back(std::move(entry.id));
    entries_.pop_front();
  }
  if (chunk.count > 0 || !given.ids.empty()) {
    given.through = ++through_;
    assert(given_.empty() || given_.back().through < given.through);
    given_.push_back(std::move(given));
  }
  chunk.through = through_;
  return chunk;
}

/// Entries that were handled whole.
Result<void> RedisReader::forget(const std::vector<std::string>& ids) {
  if (ids.empty()) return {};
  Words words(3 + ids.size());
  words.add("XACK");
  words.add(options_.redis.stream);
  words.add(options_.group);
  for (const auto& id : ids) words.add(id);
  if (auto reply = ask_twice(words); !reply) return unavailable(reply.error());
  for (const auto& id : ids) {
    held_.erase(id);
    if (!parts_.contains(id)) continue;
    if (auto reply = ask_twice({"HDEL", parts_key(options_), id}); !reply) return unavailable(reply.error());
    parts_.erase(id);
  }
  return {};
}

Result<void> RedisReader::acknowledge(std::uint64_t through) {
  while (!given_.empty() && given_.front().through <= through) {
    const auto& given = given_.front();
    if (auto done = forget(given.ids); !done) return done;
    const bool last = given_.size() == 1 || given_[1].through > through;
    if (last && given.part > 0) {
      const auto part = std::to_string(given.part);
      if (auto reply = ask_twice({"HSET", parts_key(options_), given.part_id, part}); !reply)
        return unavailable(reply.error());
      parts_.insert(given.part_id);
    }
    given_.pop_front();
  }
  if (options_.now() - trimmed_ > kTrimEvery) {
    trimmed_ = options_.now();
    // Nothing hangs on it, and the next one comes.
    std::ignore = ask({"EVAL", kTrim, "1", options_.redis.stream, std::to_string(options_.keep.count())});
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
