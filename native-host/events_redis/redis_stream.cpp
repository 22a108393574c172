#include "native-host/events_redis/redis_stream.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "shared/events/event.hpp"

namespace skerry::events {
namespace {

// The entries come first: what refuses them must leave the mark as it is.
constexpr std::string_view kStore = R"(
local mark = redis.call('GET', KEYS[2]) or '0'
if mark ~= ARGV[1] then return mark end
local add = {'XADD', KEYS[1], '*', 'event', ''}
if ARGV[4] ~= '0' then add = {'XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], '*', 'event', ''} end
for i = 5, #ARGV do
  add[#add] = ARGV[i]
  redis.call(unpack(add))
end
redis.call('SET', KEYS[2], ARGV[2], 'EX', ARGV[3])
return ARGV[2]
)";

constexpr std::string_view kSettle = R"(
local mark = redis.call('GET', KEYS[1]) or '0'
if string.sub(mark, 1, 7) ~= 'closed:' then mark = 'closed:' .. mark end
redis.call('SET', KEYS[1], mark, 'EX', ARGV[1])
return string.sub(mark, 8)
)";

constexpr std::string_view kMarkSeconds = "2592000";

/// 0 for a mark that is none, or of a writer that was settled.
std::uint64_t parse_mark(std::string_view text) {
  std::uint64_t mark = 0;
  std::from_chars(text.data(), text.data() + text.size(), mark);
  return mark;
}

Outcome outcome_of(const Portion& portion, const ReplyView& reply) {
  if (auto error = reply.error()) return {Outcome::Fate::absent, *std::move(error)};
  if (parse_mark(reply.text()) >= portion.to) return {Outcome::Fate::stored};
  return {Outcome::Fate::absent,
          {"redis_error", "Redis refused an earlier event, or has lost what it had of this writer."}};
}

}  // namespace

std::string mark_key(std::string_view stream, std::string_view writer) {
  const auto open = stream.find('{');
  const auto close = open == std::string_view::npos ? open : stream.find('}', open + 1);
  const bool tagged = close != std::string_view::npos && close > open + 1;
  return (tagged ? std::string(stream) : "{" + std::string(stream) + "}") + ":writer:" + std::string(writer);
}

void append_record(std::string& batch, std::string_view record) {
  const auto size = static_cast<std::uint32_t>(record.size());
  batch.append(reinterpret_cast<const char*>(&size), sizeof size);
  batch += record;
}

Result<void> RedisStream::connect() {
  if (connection_) return {};
  auto connection = RedisConnection::open(options_.url, options_.timeouts);
  if (!connection) return std::unexpected(connection.error());
  const auto loaded = (*connection)->ask({"SCRIPT", "LOAD", kStore});
  if (!loaded) return std::unexpected(loaded.error());
  script_ = loaded->text();
  connection_ = *std::move(connection);
  return {};
}

Words RedisStream::store_command(std::string_view writer, const Portion& portion) const {
  constexpr std::size_t kFixed = 9;
  Words words(kFixed + portion.count);
  words.add("EVALSHA");
  words.add(script_);
  words.add("2");
  words.add(options_.stream);
  words.add(mark_key(options_.stream, writer));
  words.add(std::to_string(portion.from));
  words.add(std::to_string(portion.to));
  words.add(kMarkSeconds);
  words.add(std::to_string(options_.max_length));
  for (const auto batch : portion.batches)
    for (BatchReader reader(batch); const auto record = reader.next();) words.add(*record);
  return words;
}

std::vector<std::size_t> RedisStream::try_to_store(std::string_view writer, std::span<const Portion> portions,
                                                   std::span<const std::size_t> open, Outcome::Fate failed,
                                                   std::vector<Outcome>& outcomes) {
  if (const auto connected = connect(); !connected) {
    for (const auto i : open) outcomes[i] = {failed, connected.error()};
    return {};
  }
  for (const auto i : open) connection_->send(store_command(writer, portions[i]));
  std::vector<std::size_t> again;
  for (auto i = open.begin(); i != open.end(); ++i) {
    const auto reply = connection_->receive();
    if (!reply) {
      for (const auto rest : std::ranges::subrange(i, open.end())) {
        outcomes[rest] = {Outcome::Fate::unknown, reply.error()};
        again.push_back(rest);
      }
      disconnect();
      // It would most likely take as long again, and events wait.
      if (reply.error().code == "redis_late") again.clear();
      break;
    }
    outcomes[*i] = outcome_of(portions[*i], *reply);
    if (outcomes[*i].fate == Outcome::Fate::stored) continue;
    if (outcomes[*i].error.code == "redis_no_script") again.push_back(*i);
    outcomes[*i].fate = failed;
  }
  if (!again.empty()) disconnect();
  return again;
}

std::vector<Outcome> RedisStream::store(std::string_view writer, std::span<const Portion> portions) {
  std::vector<Outcome> outcomes(portions.size());
  std::vector<std::size_t> all(portions.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  const auto again = try_to_store(writer, portions, all, Outcome::Fate::absent, outcomes);
  // What the first connection was sent may come to pass still, whatever the second one answers.
  if (!again.empty()) try_to_store(writer, portions, again, Outcome::Fate::unknown, outcomes);
  return outcomes;
}

Result<Reply> RedisStream::ask(const Words& words) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  auto reply = connection_->ask(words);
  if (!reply && is_lost(reply.error())) disconnect();
  return reply;
}

Result<std::uint64_t> RedisStream::mark(std::string_view writer) {
  const auto reply = ask({"GET", mark_key(options_.stream, writer)});
  if (!reply) return std::unexpected(reply.error());
  return parse_mark(reply->text());
}

Result<std::uint64_t> RedisStream::settle(std::string_view writer) {
  const auto reply = ask({"EVAL", kSettle, "1", mark_key(options_.stream, writer), kMarkSeconds});
  if (!reply) return std::unexpected(reply.error());
  return parse_mark(reply->text());
}

}  // namespace skerry::events
