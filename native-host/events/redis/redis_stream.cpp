#include "native-host/events/redis/redis_stream.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace skerry::events {
namespace {

/// Both scripts begin with it: `own` is the writer's newest entry behind `since` (ARGV 1 and 2).
constexpr std::string_view kFindOwn = R"(
local last, own = '+', nil
repeat
  local entry = redis.call('XREVRANGE', KEYS[1], last, '(' .. ARGV[2], 'COUNT', 1)[1]
  if entry and entry[2][2] == ARGV[1] then own = entry end
  if entry then last = '(' .. entry[1] end
until own or not entry
)";

constexpr std::string_view kStore = R"(
if own and own[2][4] ~= ARGV[3] then return {own[2][4], own[1]} end
local add = {'XADD', KEYS[1], '*', 'writer', ARGV[1], 'mark', ARGV[4], 'count', ARGV[5], 'events', ARGV[6]}
if ARGV[7] ~= '0' then
  table.insert(add, 3, 'MAXLEN')
  table.insert(add, 4, '~')
  table.insert(add, 5, ARGV[7])
end
return {ARGV[4], redis.call(unpack(add))}
)";

constexpr std::string_view kSettle = R"(
local mark = own and own[2][4] or '0'
if string.sub(mark, 1, 7) == 'closed:' then return string.sub(mark, 8) end
redis.call('XADD', KEYS[1], '*', 'writer', ARGV[1], 'mark', 'closed:' .. mark)
return mark
)";

constexpr std::string_view kPage = "20";

std::string script(std::string_view body) {
  return std::string(kFindOwn).append(body);
}

/// 0 for one of a writer that was settled.
std::uint64_t parse_mark(std::string_view text) {
  std::uint64_t mark = 0;
  std::from_chars(text.data(), text.data() + text.size(), mark);
  return mark;
}

Outcome outcome_of(const Portion& portion, const ReplyView& reply, StreamWriter& writer) {
  if (auto error = reply.error()) return {Outcome::Fate::absent, *std::move(error)};
  if (parse_mark(reply[0].text()) < portion.to) {
    return {Outcome::Fate::absent, {"redis_error", "Redis refused an earlier event."}};
  }
  writer.since = reply[1].text();
  return {Outcome::Fate::stored};
}

}  // namespace

void append_record(std::string& batch, std::string_view record) {
  const auto size = static_cast<std::uint32_t>(record.size());
  batch.append(reinterpret_cast<const char*>(&size), sizeof size);
  batch += record;
}

Result<void> RedisStream::connect() {
  if (connection_) return {};
  auto connection = RedisConnection::open(options_.url, options_.timeouts);
  if (!connection) return std::unexpected(connection.error());
  const auto loaded = (*connection)->ask({"SCRIPT", "LOAD", script(kStore)});
  if (!loaded) return std::unexpected(loaded.error());
  script_ = loaded->text();
  connection_ = *std::move(connection);
  return {};
}

Words RedisStream::store_command(const StreamWriter& writer, const Portion& portion) const {
  Words words(11);
  for (const std::string_view word :
       {std::string_view("EVALSHA"), std::string_view(script_), std::string_view("1"),
        std::string_view(options_.stream), std::string_view(writer.name), std::string_view(writer.since)})
    words.add(word);
  words.add(std::to_string(portion.from));
  words.add(std::to_string(portion.to));
  words.add(std::to_string(portion.count));
  words.add_whole(portion.batches);
  words.add(std::to_string(options_.max_length));
  return words;
}

std::vector<std::size_t> RedisStream::try_to_store(StreamWriter& writer, std::span<const Portion> portions,
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
    outcomes[*i] = outcome_of(portions[*i], *reply, writer);
    if (outcomes[*i].fate == Outcome::Fate::stored) continue;
    if (outcomes[*i].error.code == "redis_no_script") again.push_back(*i);
    outcomes[*i].fate = failed;
  }
  if (!again.empty()) disconnect();
  return again;
}

std::vector<Outcome> RedisStream::store(StreamWriter& writer, std::span<const Portion> portions) {
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

Result<std::string> RedisStream::newest() {
  const auto reply = ask({"XREVRANGE", options_.stream, "+", "-", "COUNT", "1"});
  if (!reply) return std::unexpected(reply.error());
  return reply->size() == 0 ? "0-0" : std::string((*reply)[0][0].text());
}

Result<std::uint64_t> RedisStream::find_mark(StreamWriter& writer) {
  for (std::string end = "+";;) {
    const auto reply = ask({"XREVRANGE", options_.stream, end, "(" + writer.since, "COUNT", kPage});
    if (!reply) return std::unexpected(reply.error());
    if (reply->size() == 0) return 0;
    for (std::size_t i = 0; i < reply->size(); ++i) {
      const auto entry = (*reply)[i];
      if (entry[1].field("writer").text() != writer.name) continue;
      writer.since = entry[0].text();
      return parse_mark(entry[1].field("mark").text());
    }
    end = "(" + std::string((*reply)[reply->size() - 1][0].text());
  }
}

Result<std::uint64_t> RedisStream::settle(const StreamWriter& writer) {
  const auto reply = ask({"EVAL", script(kSettle), "1", options_.stream, writer.name, writer.since});
  if (!reply) return std::unexpected(reply.error());
  return parse_mark(reply->text());
}

Result<void> RedisStream::close(const std::string& writer) {
  const auto reply = ask({"XADD", options_.stream, "*", "writer", writer, "mark", "closed:0"});
  if (!reply) return std::unexpected(reply.error());
  return {};
}

}  // namespace skerry::events
