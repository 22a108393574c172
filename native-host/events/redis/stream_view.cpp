#include "native-host/events/redis/stream_view.hpp"

#include <charconv>
#include <limits>
#include <tuple>
#include <utility>

namespace skerry::events {
namespace {

constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
constexpr std::string_view kPage = "50";  // entries; they may have a MiB each
constexpr RedisTimeouts kTimeouts{.connect = std::chrono::milliseconds(1'000),
                                  .command = std::chrono::milliseconds(10'000)};

std::unexpected<Error> with_advice(Error error) {
  error.message +=
      " Start Redis, or correct events.redis_url; --log shows what waits in the log of the disk alone.";
  return std::unexpected(std::move(error));
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<EntryId> EntryId::parse(std::string_view text) {
  const auto dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto time = parse_number(text.substr(0, dash));
  const auto number = parse_number(text.substr(dash + 1));
  if (!time || !number) return std::nullopt;
  return EntryId{*time, *number};
}

EntryId EntryId::at(Time time) {
  const auto count = time.time_since_epoch().count();
  return {.time = count < 0 ? 0 : static_cast<std::uint64_t>(count)};
}

std::string EntryId::text() const {
  return std::to_string(time) + '-' + std::to_string(number);
}

EntryId EntryId::before() const {
  if (number > 0) return {time, number - 1};
  return time > 0 ? EntryId{time - 1, kLast} : EntryId{};
}

std::optional<EntryId> entry_in(std::string_view text) {
  constexpr std::uint64_t kLongestYear = 9'999;
  const auto id = EntryId::parse(text);
  return id && id->time > kLongestYear ? id : std::nullopt;
}

Result<StreamView> StreamView::open(const Settings& settings) {
  const auto url = parse_redis_url(settings.redis_url);
  if (!url) return std::unexpected(url.error());
  auto connection = RedisConnection::open(*url, kTimeouts);
  if (!connection) return with_advice(connection.error());
  return StreamView(*std::move(connection), settings.redis_stream);
}

Result<Reply> StreamView::ask(const Words& words) {
  auto reply = connection_->ask(words);
  if (!reply) return with_advice(reply.error());
  return reply;
}

Result<std::vector<StreamEntry>> StreamView::entries(const Words& words) {
  const auto reply = ask(words);
  if (!reply) return std::unexpected(reply.error());
  std::vector<StreamEntry> entries;
  for (std::size_t i = 0; i < reply->size(); ++i) {
    const auto id = EntryId::parse((*reply)[i][0].text());
    if (!id) continue;
    const auto fields = (*reply)[i][1];
    StreamEntry entry{.id = *id,
                      .writer = std::string(fields.field("writer").text()),
                      .mark = parse_number(fields.field("mark").text()).value_or(0),
                      .batch = std::string(fields.field("events").text())};
    entry.damaged = entry.batch.empty() && fields.field("writer").is_null();
    entries.push_back(std::move(entry));
  }
  return entries;
}

Result<std::vector<StreamEntry>> StreamView::from(const EntryId& from) {
  return entries({"XRANGE", key_, from.text(), "+", "COUNT", kPage});
}

Result<std::vector<StreamEntry>> StreamView::before(std::optional<EntryId> id) {
  return entries({"XREVRANGE", key_, id ? "(" + id->text() : "+", "-", "COUNT", kPage});
}

Result<StreamReport> StreamView::report() {
  StreamReport report{.key = key_};
  const auto length = ask({"XLEN", key_});
  if (!length) return std::unexpected(length.error());
  report.entries = static_cast<std::uint64_t>(length->integer());
  const auto bytes = ask({"MEMORY", "USAGE", key_});
  if (!bytes) return std::unexpected(bytes.error());
  report.bytes = static_cast<std::uint64_t>(bytes->integer());
  for (const auto& [command, start, end, id] :
       {std::tuple{"XRANGE", "-", "+", &report.first}, std::tuple{"XREVRANGE", "+", "-", &report.last}}) {
    const auto entry = ask({command, key_, start, end, "COUNT", "1"});
    if (!entry) return std::unexpected(entry.error());
    if (entry->size() > 0) *id = EntryId::parse((*entry)[0][0].text());
  }
  // A stream that is not there yet has no groups, and Redis calls that an error.
  if (bytes->is_null()) return report;
  const auto groups = ask({"XINFO", "GROUPS", key_});
  if (!groups) return std::unexpected(groups.error());
  for (std::size_t i = 0; i < groups->size(); ++i) {
    const auto of = (*groups)[i];
    StreamGroup group{.name = std::string(of.field("name").text()),
                      .last = EntryId::parse(of.field("last-delivered-id").text()).value_or(EntryId{}),
                      .pending = static_cast<std::uint64_t>(of.field("pending").integer())};
    if (const auto lag = of.field("lag"); !lag.is_null())
      group.behind = static_cast<std::uint64_t>(lag.integer()) + group.pending;
    if (group.pending > 0) {
      const auto pending = ask({"XPENDING", key_, group.name});
      if (!pending) return std::unexpected(pending.error());
      group.oldest = EntryId::parse((*pending)[1].text());
    }
    report.groups.push_back(std::move(group));
  }
  return report;
}

Result<std::uint64_t> StreamView::count(const EntryId& start, const EntryId& id) {
  std::uint64_t count = 0;
  for (EntryId next = start;;) {
    const auto page = from(next);
    if (!page) return std::unexpected(page.error());
    for (const auto& entry : *page) {
      if (entry.id >= id) return count;
      ++count;
      next = {entry.id.time, entry.id.number + 1};
    }
    if (page->empty()) return count;
  }
}

Result<std::uint64_t> StreamView::trim(const EntryId& id) {
  const auto trimmed = ask({"XTRIM", key_, "MINID", "=", id.text()});
  if (!trimmed) return std::unexpected(trimmed.error());
  return static_cast<std::uint64_t>(trimmed->integer());
}

Result<void> StreamView::set_group(const std::string& group, const EntryId& id) {
  const auto set = ask({"XGROUP", "SETID", key_, group, id.before().text()});
  if (!set) return std::unexpected(set.error());
  return {};
}

Result<void> StreamView::forget_group(const std::string& group) {
  const auto destroyed = ask({"XGROUP", "DESTROY", key_, group});
  if (!destroyed) return std::unexpected(destroyed.error());
  return {};
}

}  // namespace skerry::events
