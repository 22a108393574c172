#include "native-host/events/redis/redis_queue.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <random>
#include <tuple>
#include <utility>

#include <unistd.h>

#include "native-host/events/disk_log.hpp"
#include "native-host/events/redis/redis_reader.hpp"
#include "native-host/files/files.hpp"
#include "shared/events/event.hpp"
#include "shared/hex.hpp"

namespace skerry::events {
namespace {

using Fate = Outcome::Fate;

constexpr std::size_t kGroupBytes = std::size_t{1} << 20U;  // a script holds up the others for some ms
constexpr std::uint32_t kGroupRecords = 2'000;
constexpr std::uint32_t kMoveRecords = 2'000;
constexpr int kAcknowledgeEvery = 16;  // chunks; each is a sync of the disk
constexpr std::chrono::milliseconds kLogWait{10};
constexpr std::chrono::milliseconds kNoWait{0};
constexpr std::uint64_t kPage = 50;  // entries; they may have a MiB each
constexpr RedisTimeouts kStatsTimeouts{.connect = std::chrono::milliseconds(300),
                                       .command = std::chrono::milliseconds(1'000)};
constexpr std::chrono::seconds kStatsAge{1};

void refuse(Done& done) {
  done(fail(ErrorKind::full, "events_full", "Redis is too slow: too many events wait for it."));
}

std::string random_hex() {
  std::random_device random;
  return hexadecimal(std::uint64_t{random()} << 32U | random()) + hexadecimal(random());
}

Hash128 random_hash() {
  std::random_device random;
  const auto word = [&] { return std::uint64_t{random()} << 32U | random(); };
  return {.low = word(), .high = word()};
}

/// The one that is written down, or a new one.
Result<std::string> own_name(const std::filesystem::path& path) {
  auto name = files::read_whole(path);
  if (name && !name->empty()) return *std::move(name);
  char host[65] = {};
  gethostname(host, sizeof host - 1);
  auto fresh = std::string(host) + "-" + random_hex();
  if (const auto written = files::write_atomically(path, fresh); !written)
    return std::unexpected(written.error());
  return fresh;
}

/// The records of the batch behind the first `skipped` ones, without those that are stored.
std::string rest_of(std::string_view batch, std::uint64_t skipped,
                    const std::function<bool(std::string_view record)>& is_stored, std::uint32_t& count) {
  std::string rest;
  count = 0;
  for (BatchReader reader(batch); const auto record = reader.next();) {
    if (skipped > 0) {
      --skipped;
      continue;
    }
    if (is_stored(*record)) continue;
    append_record(rest, *record);
    ++count;
  }
  return rest;
}

/// Of an entry.
std::uint64_t count_of(const ReplyView& entry) {
  std::uint64_t count = 0;
  const auto text = entry[1].field("count").text();
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

}  // namespace

Result<std::unique_ptr<RedisQueue>> RedisQueue::open(Options options, std::unique_ptr<Queue> log) {
  std::ignore = files::sweep_drafts(options.folder);
  auto name = own_name(options.folder / kWriterName);
  if (!name) return std::unexpected(name.error());
  auto reader = log->reader(kLogReader);
  if (!reader) return std::unexpected(reader.error());
  return std::unique_ptr<RedisQueue>(
      new RedisQueue(std::move(options), std::move(log), *std::move(reader), *std::move(name)));
}

RedisQueue::RedisQueue(Options options, std::unique_ptr<Queue> log, std::unique_ptr<Reader> log_reader,
                       std::string name)
    : options_(std::move(options)),
      name_(std::move(name)),
      secret_(random_hash()),
      stream_(options_.redis),
      log_(std::move(log)),
      log_reader_(std::move(log_reader)) {
  if (const auto text = files::read_whole(note_path())) note_ = parse_move_note(*text);
  noted_ = note_.has_value();
  former_ = files::read_whole(writer_path()).value_or("");
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  looker_ = std::jthread([this](const std::stop_token& stop) { look(stop); });
}

RedisQueue::~RedisQueue() {
  thread_.request_stop();
  thread_.join();
}

void RedisQueue::append(std::string batch, std::uint32_t count, Done done) {
  {
    const std::lock_guard lock(mutex_);
    if (way_ == Way::log) return put_aside({std::move(batch), count, std::move(done)});
    if (waiting_bytes_ > options_.max_waiting) {
      batch.clear();
      count = 0;
    }
    waiting_bytes_ += batch.size();
    waiting_.push_back({std::move(batch), count, std::move(done)});
    if (waiting_.size() > 1) return;
  }
  appended_.notify_one();
}

void RedisQueue::put_aside(Append append) {
  ++logging_;
  log_->append(std::move(append.batch), append.count,
               [this, done = std::move(append.done)](Result<void> result) mutable {
                 --logging_;
                 done(std::move(result));
               });
}

void RedisQueue::turn_to_log() {
  std::vector<Done> refused;
  {
    const std::lock_guard lock(mutex_);
    way_ = Way::log;
    for (auto& append : std::exchange(waiting_, {})) {
      if (append.count == 0) {
        refused.push_back(std::move(append.done));
      } else {
        put_aside(std::move(append));
      }
    }
    waiting_bytes_ = 0;
  }
  for (auto& done : refused) refuse(done);
}

bool RedisQueue::owes() const {
  const std::lock_guard lock(mutex_);
  return !owed_.empty();
}

/// Nothing goes to Redis before it is known what is there.
void RedisQueue::turn_back(std::vector<Append> appends) {
  std::vector<Done> refused;
  {
    const std::lock_guard lock(mutex_);
    way_ = Way::log;
    for (auto& append : appends) {
      if (append.count == 0)
        refused.push_back(std::move(append.done));
      else
        put_aside(std::move(append));
    }
  }
  turn_to_log();
  for (auto& done : refused) refuse(done);
}

// --- the thread

void RedisQueue::run(const std::stop_token& stop) {
  std::minstd_rand random(std::random_device{}());
  auto retry = options_.first_retry;
  while (!stop.stop_requested()) {
    if (way_ == Way::redis) {
      auto appends = wait_for_appends(stop);
      if (owes())
        turn_back(std::move(appends));
      else
        serve(std::move(appends));
      retry = options_.first_retry;
      continue;
    }
    auto done = settle();
    be_started();
    if (done) done = catch_up(stop);
    if (done || stop.stop_requested()) continue;
    turn_to_log();
    be_away(done.error());
    stream_.disconnect();
    const auto shortest = retry.count() / 2;
    const std::chrono::milliseconds pause(shortest + static_cast<std::int64_t>(random()) %
                                                         (retry.count() - shortest + 1));
    std::unique_lock lock(mutex_);
    appended_.wait_for(lock, stop, pause, [] { return false; });
    retry = std::min(retry * 2, options_.last_retry);
  }
  be_started();
  if (way_ == Way::redis) serve(wait_for_appends(stop));
  turn_to_log();
  for (auto& [to, append] : held_)
    append.done(
        fail(ErrorKind::unavailable, "events_unavailable", "Redis did not answer, and did not come back."));
}

std::vector<RedisQueue::Append> RedisQueue::wait_for_appends(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  appended_.wait(lock, stop, [this] { return !waiting_.empty() || !owed_.empty(); });
  waiting_bytes_ = 0;
  return std::exchange(waiting_, {});
}

std::vector<RedisQueue::Group> RedisQueue::group_up(std::vector<Append> appends) {
  std::vector<Group> groups;
  for (auto& append : appends) {
    if (append.count == 0) {
      refuse(append.done);
      continue;
    }
    const bool fits = !groups.empty() && groups.back().bytes + append.batch.size() <= kGroupBytes &&
                      groups.back().count + append.count <= kGroupRecords;
    auto& group = fits ? groups.back() : groups.emplace_back();
    group.count += append.count;
    group.bytes += append.batch.size();
    group.appends.push_back(std::move(append));
  }
  return groups;
}

void RedisQueue::serve(std::vector<Append> appends) {
  auto groups = group_up(std::move(appends));
  if (groups.empty()) return;
  std::vector<Portion> portions;
  for (const auto& group : groups) {
    Portion portion{.from = sequence_, .to = sequence_ + 1, .count = group.count, .batches = {}};
    for (const auto& append : group.appends) portion.batches.emplace_back(append.batch);
    portions.push_back(std::move(portion));
    ++sequence_;
  }
  const auto outcomes = stream_.store(writer_, portions);
  bool all = true;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (outcomes[i].fate == Fate::stored) {
      for (auto& append : groups[i].appends) append.done({});
    } else {
      all = false;
    }
  }
  if (!all) fall(std::move(groups), portions, outcomes);
}

/// What Redis did not store goes into the log.
void RedisQueue::fall(std::vector<Group> groups, std::span<const Portion> portions,
                      std::span<const Outcome> outcomes) {
  MoveNote note{.since = writer_.since};
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (outcomes[i].fate != Fate::unknown) continue;
    note.writer = writer_.name;
    for (const auto batch : portions[i].batches)
      for (BatchReader reader(batch); const auto record = reader.next();)
        note.events.emplace_back(portions[i].to, noted_name(*record));
  }
  noted_ = files::write_atomically(note_path(), encode_move_note(note)).has_value();
  if (!noted_) note.events.clear();
  note_ = std::move(note);
  {
    const std::lock_guard lock(mutex_);
    way_ = Way::log;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      if (outcomes[i].fate == Fate::stored) continue;
      for (auto& append : groups[i].appends) {
        if (noted_ || outcomes[i].fate == Fate::absent) {
          put_aside(std::move(append));
        } else {
          held_.emplace_back(portions[i].to, std::move(append));
        }
      }
    }
  }
  turn_to_log();
  be_away(std::ranges::find_if(outcomes, [](const Outcome& o) { return o.fate != Fate::stored; })->error);
}

/// Finds out what Redis has of what the last answers were missing of.
Result<void> RedisQueue::settle() {
  if (const auto former = std::exchange(former_, {});
      !former.empty() && (!note_ || note_->writer != former)) {
    if (auto closed = stream_.close(former); !closed) {
      former_ = former;
      return closed;
    }
  }
  if (!note_ || note_->writer.empty() || settled_) return {};
  const auto mark = stream_.settle({.name = note_->writer, .since = note_->since});
  if (!mark) return std::unexpected(mark.error());
  for (const auto& [to, name] : note_->events)
    if (to <= *mark) stored_.insert(siphash(secret_, name));
  for (auto& [to, append] : std::exchange(held_, {}))
    append.done(to <= *mark ? Result<void>()
                            : fail(ErrorKind::unavailable, "events_unavailable", "Redis went away."));
  settled_ = true;
  return {};
}

/// Shows what `recent` could not, and keeps in mind that it is in Redis: the log may have it, too, from a
/// client that sent it again meanwhile.
Result<void> RedisQueue::show_owed() {
  std::vector<Owed> owed;
  {
    const std::lock_guard lock(mutex_);
    owed = owed_;
  }
  for (const auto& one : owed) {
    auto shown = recent_in_redis(one.since, one.most, [&](std::string_view record) {
      stored_.insert(siphash(secret_, noted_name(record)));
      one.show(record);
    });
    if (!shown) return shown;
  }
  const std::lock_guard lock(mutex_);
  owed_.erase(owed_.begin(), owed_.begin() + static_cast<std::ptrdiff_t>(owed.size()));
  return {};
}

bool RedisQueue::is_stored(std::string_view record) const {
  return stored_.contains(siphash(secret_, noted_name(record)));
}

void RedisQueue::drop_stored(Append& append) const {
  if (append.count == 0) return;
  auto count = append.count;
  auto rest = rest_of(append.batch, 0, [this](std::string_view record) { return is_stored(record); }, count);
  if (count == append.count) return;
  append.batch = std::move(rest);
  append.count = count;
}

/// Moves the log into Redis, until all is there and appends go there, too.
Result<void> RedisQueue::catch_up(const std::stop_token& stop) {
  if (auto shown = show_owed(); !shown) return shown;
  if (!note_) {
    auto newest = stream_.newest();
    if (!newest) return std::unexpected(newest.error());
    note_ = {.since = *std::move(newest)};
  }
  mover_ = {.name = name_, .since = note_->since};
  const auto mark = stream_.find_mark(mover_);
  if (!mark) return std::unexpected(mark.error());
  mark_ = *mark;
  while (!stop.stop_requested()) {
    if (!chunk_) {
      const bool last = way_ == Way::closing && logging_ == 0;
      auto chunk = log_reader_->read(kMoveRecords, way_ == Way::closing && !last ? kLogWait : kNoWait);
      if (!chunk) return std::unexpected(chunk.error());
      if (chunk->count < kMoveRecords && way_ == Way::log) {
        const std::lock_guard lock(mutex_);
        way_ = Way::closing;
      }
      // What is owed since then came before the records that were just read, which may repeat it.
      if (auto shown = show_owed(); !shown) {
        if (chunk->count > 0) chunk_ = *std::move(chunk);
        return shown;
      }
      if (chunk->count == 0) {
        if (last) return arrive();
        continue;
      }
      chunk_ = *std::move(chunk);
    }
    if (auto moved = move_chunk(); !moved) return moved;
  }
  return {};
}

Result<void> RedisQueue::move_chunk() {
  const auto before = chunk_->through - chunk_->count;  // damage is told before a chunk, never within
  if (chunk_->through > mark_) {
    if (!noted_) {
      if (auto written = files::write_atomically(note_path(), encode_move_note(*note_)); !written)
        return written;
      noted_ = true;
    }
    Portion portion{.from = mark_, .to = chunk_->through, .count = chunk_->count, .batches = {chunk_->batch}};
    std::string rest;
    if (before < mark_ || stored_.size() > 0) {
      rest = rest_of(
          chunk_->batch, mark_ > before ? mark_ - before : 0,
          [this](std::string_view record) { return is_stored(record); }, portion.count);
      portion.batches = {rest};
    }
    const auto outcome = stream_.store(mover_, {&portion, 1}).front();
    if (outcome.fate != Fate::stored) return std::unexpected(outcome.error);
    mark_ = chunk_->through;
  }
  position_ = chunk_->through;
  chunk_.reset();
  if (++unacknowledged_ < kAcknowledgeEvery) return {};
  unacknowledged_ = 0;
  return log_reader_->acknowledge(position_);
}

Result<void> RedisQueue::arrive() {
  if (position_ > 0)
    if (auto acknowledged = log_reader_->acknowledge(position_); !acknowledged) return acknowledged;
  auto newest = stream_.newest();
  if (!newest) return std::unexpected(newest.error());
  auto name = random_hex();
  if (auto written = files::write_atomically(writer_path(), name); !written) return written;
  std::error_code ignored;  // what it says stays true
  if (noted_) std::filesystem::remove(note_path(), ignored);
  note_.reset();
  noted_ = settled_ = false;
  writer_ = {.name = std::move(name), .since = *std::move(newest)};
  sequence_ = 0;
  bool was_away = false;
  std::vector<Done> known;
  {
    const std::lock_guard lock(mutex_);
    if (stored_.size() > 0) {
      // They came while it was not known yet that Redis has them.
      for (auto& append : waiting_) {
        const bool too_much = append.count == 0;
        drop_stored(append);
        if (!too_much && append.count == 0) known.push_back(std::exchange(append.done, {}));
      }
      std::erase_if(waiting_, [](const Append& append) { return !append.done; });
    }
    way_ = Way::redis;
    was_away = std::exchange(away_, std::nullopt).has_value();
  }
  stored_ = {};
  for (auto& done : known) done({});
  if (was_away && options_.tell) options_.tell(std::nullopt);
  return {};
}

void RedisQueue::be_away(const Error& error) {
  bool news = false;
  {
    const std::lock_guard lock(mutex_);
    news = !away_ || away_->code != error.code;
    away_ = error;
  }
  if (news && options_.tell) options_.tell(error);
}

void RedisQueue::be_started() {
  {
    const std::lock_guard lock(mutex_);
    started_ = true;
  }
  started_condition_.notify_all();
}

// --- asked by others

Result<std::unique_ptr<Reader>> RedisQueue::reader(std::string_view name) {
  if (!is_reader_name(name))
    return fail(ErrorKind::usage, "reader_invalid", "The name of a reader is 1 to 64 of a-z, 0-9, - and _.");
  {
    const std::lock_guard lock(open_mutex_);
    if (!open_readers_.emplace(name).second) {
      return fail(ErrorKind::busy, "reader_busy", "The reader " + std::string(name) + " is open already.");
    }
  }
  const auto close = [this](const std::string* open) {
    const std::lock_guard lock(open_mutex_);
    open_readers_.erase(*open);
    const std::unique_ptr<const std::string> ended(open);
  };
  return open_redis_reader({.redis = options_.redis,
                            .group = std::string(name),
                            .consumer = name_,
                            .claim_after = options_.claim_after,
                            .keep = options_.keep,
                            .lease = std::shared_ptr<const std::string>(new std::string(name), close)});
}

Result<void> RedisQueue::recent(Time since, std::uint64_t most, const Show& show) {
  {
    std::unique_lock lock(mutex_);
    started_condition_.wait(lock, [this] { return started_; });
  }
  // Without Redis the log takes events, and what it has is what can be known; the rest is owed.
  if (!recent_in_redis(since, most, show)) {
    {
      const std::lock_guard lock(mutex_);
      owed_.push_back({.since = since, .most = most, .show = show});
    }
    appended_.notify_one();
  }
  return log_->recent(since, most, show);
}

Result<void> RedisQueue::recent_in_redis(Time since, std::uint64_t most, const Show& show) const {
  auto connection = RedisConnection::open(options_.redis.url, options_.redis.timeouts);
  if (!connection) return std::unexpected(connection.error());
  const auto page = [&](std::string_view command, std::string_view from, std::string_view to) {
    return (*connection)->ask({command, options_.redis.stream, from, to, "COUNT", std::to_string(kPage)});
  };
  const auto first = std::to_string(since.time_since_epoch().count()) + "-0";
  std::string from = first;
  std::string end = "+";
  for (std::uint64_t seen = 0; seen < most;) {
    const auto reply = page("XREVRANGE", end, first);
    if (!reply) return std::unexpected(reply.error());
    for (std::size_t i = 0; i < reply->size(); ++i) seen += count_of((*reply)[i]);
    if (reply->size() > 0) from = (*reply)[reply->size() - 1][0].text();
    if (reply->size() < kPage) break;
    end = "(" + from;
  }
  for (std::string next = from;;) {
    const auto reply = page("XRANGE", next, "+");
    if (!reply) return std::unexpected(reply.error());
    for (std::size_t i = 0; i < reply->size(); ++i) {
      const auto batch = (*reply)[i][1].field("events").text();
      for (BatchReader reader(batch); const auto record = reader.next();) show(*record);
    }
    if (reply->size() < kPage) break;
    next = "(" + std::string((*reply)[reply->size() - 1][0].text());
  }
  return {};
}

Result<Stats> RedisQueue::ask_stats() {
  if (!stats_connection_) {
    auto connection = RedisConnection::open(options_.redis.url, kStatsTimeouts);
    if (!connection) return std::unexpected(connection.error());
    stats_connection_ = *std::move(connection);
  }
  const auto& stream = options_.redis.stream;
  const auto length = stats_connection_->ask({"XLEN", stream});
  if (!length) return std::unexpected(length.error());
  const auto entries = static_cast<std::uint64_t>(length->integer());
  const auto last = stats_connection_->ask({"XREVRANGE", stream, "+", "-", "COUNT", std::to_string(kPage)});
  if (!last) return std::unexpected(last.error());
  std::uint64_t records = 0;
  for (std::size_t i = 0; i < last->size(); ++i) records += count_of((*last)[i]);
  const auto records_in = [&](std::uint64_t some) {
    return last->size() == 0 ? 0 : some * records / last->size();
  };
  Stats stats{.records = records_in(entries)};
  const auto bytes = stats_connection_->ask({"MEMORY", "USAGE", stream});
  if (!bytes) return std::unexpected(bytes.error());
  stats.bytes = static_cast<std::uint64_t>(bytes->integer());
  if (stats.records > 0) {
    const auto first = stats_connection_->ask({"XRANGE", stream, "-", "+", "COUNT", "1"});
    if (!first) return std::unexpected(first.error());
    std::int64_t time = 0;
    const auto id = (*first)[0][0].text();
    std::from_chars(id.data(), id.data() + id.size(), time);
    stats.oldest = Time(std::chrono::milliseconds(time));
  }
  const auto groups = stats_connection_->ask({"XINFO", "GROUPS", stream});
  for (std::size_t i = 0; groups && i < groups->size(); ++i) {
    const auto group = (*groups)[i];
    const auto lag = group.field("lag");
    const auto behind = lag.is_null() ? length->integer() : lag.integer() + group.field("pending").integer();
    stats.readers.push_back(
        {std::string(group.field("name").text()), records_in(static_cast<std::uint64_t>(behind))});
  }
  return stats;
}

void RedisQueue::look(const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any never;
  for (std::unique_lock lock(mutex); !stop.stop_requested();
       never.wait_for(lock, stop, kStatsAge, [] { return false; })) {
    {
      const std::lock_guard state(mutex_);
      if (away_ || !started_) continue;
    }
    if (auto fresh = ask_stats()) {
      const std::lock_guard shared(stats_mutex_);
      stats_ = *std::move(fresh);
    } else {
      stats_connection_.reset();
    }
  }
}

Stats RedisQueue::stats() const {
  auto log = log_->stats();
  std::optional<Error> away;
  {
    const std::lock_guard lock(mutex_);
    away = away_;
  }
  const std::lock_guard lock(stats_mutex_);
  auto stats = stats_;
  const auto waiting = std::ranges::find(log.readers, kLogReader, &Stats::Lag::reader);
  if (waiting != log.readers.end()) {
    stats.records += waiting->records;
    for (auto& reader : stats.readers) reader.records += waiting->records;
  }
  stats.bytes += log.bytes;
  stats.damaged = log.damaged;
  if (away) stats.trouble = log.trouble;
  return stats;
}

}  // namespace skerry::events
