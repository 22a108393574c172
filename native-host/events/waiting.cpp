#include "native-host/events/waiting.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <tuple>
#include <utility>
#include <vector>

#include "native-host/events/redis/redis_queue.hpp"
#include "native-host/files/files.hpp"
#include "native-host/program/human.hpp"

namespace skerry::events {
namespace {

EntryId behind(const EntryId& id) {
  return {id.time, id.number + 1};
}

std::uint64_t taken_of(std::string_view batch, const EventFilter& filter) {
  std::uint64_t taken = 0;
  for (BatchReader reader(batch); const auto record = reader.next();)
    if (const auto event = decode_event(*record); event && filter.takes(*event)) ++taken;
  return taken;
}

/// Where the last `count` records of the log in `from` to `end` begin that the filter takes, and how many
/// there are.
Result<std::pair<std::uint64_t, std::uint64_t>> last_of_log(const LogView& view, const EventFilter& filter,
                                                            std::uint64_t count, std::uint64_t from,
                                                            std::uint64_t end) {
  if (count == 0 || end <= from) return std::pair(end, std::uint64_t{0});
  if (!filter.is_set()) {
    const auto some = std::min(count, end - from);
    return std::pair(end - some, some);
  }
  std::vector<std::uint64_t> taken;  // of the segments that were looked at, the newest one first
  for (const auto& segment : std::views::reverse(view.segments())) {
    if (segment.next <= from) break;
    std::vector<std::uint64_t> here;
    for (auto cursor = view.cursor(std::max(segment.first, from)); cursor.sequence() < end;) {
      const auto item = cursor.next();
      if (!item) return std::unexpected(item.error());
      if (std::holds_alternative<std::monostate>(*item)) break;
      const auto* records = std::get_if<Cursor::Records>(&*item);
      if (records == nullptr) continue;
      BatchReader batch(records->batch);
      for (auto sequence = records->sequence; const auto record = batch.next(); ++sequence)
        if (const auto event = decode_event(*record); event && filter.takes(*event)) here.push_back(sequence);
    }
    std::ranges::reverse_copy(here, std::back_inserter(taken));
    if (taken.size() >= count) return std::pair(taken[count - 1], count);
    end = segment.first;
  }
  return std::pair(from, static_cast<std::uint64_t>(taken.size()));
}

}  // namespace

Result<Waiting> Waiting::open(const Settings& settings, const std::filesystem::path& folder, bool only_log) {
  Waiting waiting;
  const bool in_redis = settings.queue == "redis" && !only_log;
  if (in_redis) {
    auto stream = StreamView::open(settings);
    if (!stream) return std::unexpected(stream.error());
    waiting.stream_ = *std::move(stream);
    waiting.mover_ = files::read_whole(folder / kWriterName).value_or("");
  }
  auto log = LogView::open(folder);
  if (log)
    waiting.log_ = *std::move(log);
  else if (!in_redis || log.error().kind != ErrorKind::not_found)
    return std::unexpected(log.error());
  return waiting;
}

std::uint64_t Waiting::log_waits_from() const {
  if (!log_) return 1;
  auto first = log_->first();
  if (!stream_) return first;
  for (const auto& position : read_positions(log_->folder()))
    if (position.reader == kLogReader) first = std::max(first, position.sequence);
  return first;
}

std::uint64_t Waiting::moved_by(const StreamEntry& entry) const {
  return !mover_.empty() && entry.writer == mover_ ? entry.mark : 0;
}

Result<Waiting::Start> Waiting::find(const std::string& text) {
  if (const auto entry = entry_in(text)) {
    if (!stream_)
      return fail(ErrorKind::usage, "bad_time",
                  text + " is the id of an entry in Redis, and these events are in the log of the disk.");
    return Start{.stream = entry, .log = log_waits_from()};
  }
  Start start{.log = log_waits_from()};
  if (log_) {
    const auto found = log_->find(text);
    if (!found) return std::unexpected(found.error());
    start.log = number_in(text) ? *found : std::max(*found, start.log);
  }
  if (!stream_ || (log_ && number_in(text))) return start;
  if (text == "beginning") {
    start.stream = EntryId{};
  } else if (text == "end") {
    const auto report = stream_->before({});
    if (!report) return std::unexpected(report.error());
    start.stream = report->empty() ? EntryId{} : behind(report->front().id);
  } else if (const auto moment = program::parse_moment(text, program::system_now())) {
    start.stream = EntryId::at(*moment);
  } else {
    return std::unexpected(bad_place(text));
  }
  return start;
}

Result<Waiting::Start> Waiting::last(std::uint64_t count, const EventFilter& filter) {
  Start start{.log = log_waits_from()};
  std::vector<StreamEntry> page;  // newest first
  if (stream_) {
    auto newest = stream_->before({});
    if (!newest) return std::unexpected(newest.error());
    page = *std::move(newest);
    // What is being moved just now is in Redis before the log's files say so.
    for (const auto& entry : page) start.log = std::max(start.log, moved_by(entry));
    start.stream = page.empty() ? EntryId{} : behind(page.front().id);
  }
  std::uint64_t taken = 0;
  if (log_) {
    const auto end = log_->next();
    if (!end) return std::unexpected(end.error());
    const auto found = last_of_log(*log_, filter, count, start.log, *end);
    if (!found) return std::unexpected(found.error());
    std::tie(start.log, taken) = *found;
  }
  while (taken < count && !page.empty()) {
    for (const auto& entry : page) {
      start.stream = entry.id;
      taken += taken_of(entry.batch, filter);
      if (taken >= count) break;
    }
    if (taken >= count) break;
    auto older = stream_->before(start.stream);
    if (!older) return std::unexpected(older.error());
    page = *std::move(older);
  }
  start.left_out = taken > count ? taken - count : 0;
  return start;
}

void Waiting::start(const Start& start) {
  entry_ = stream_ ? start.stream : std::nullopt;
  log_from_ = start.log;
  if (log_) cursor_.emplace(log_->cursor(start.log));
}

void Waiting::show_entry(const StreamEntry& entry, const Show& show, const Tell& tell) {
  std::uint64_t count = 0;
  for (BatchReader reader(entry.batch); reader.next();) ++count;
  std::uint64_t shown = 0;
  if (const auto through = moved_by(entry); through > 0 && cursor_) {
    const auto at = cursor_->sequence();
    if (at > log_from_ && at + count > through) shown = std::min(count, at + count - through);
    if (through > at) cursor_.emplace(log_->cursor(through));
  }
  BatchReader reader(entry.batch);
  for (std::uint64_t i = 0; const auto record = reader.next(); ++i)
    if (i >= shown) show({.entry = entry.id.text()}, *record);
  if (entry.damaged || !reader.complete())
    tell({"event_damaged", "Entry " + entry.id.text() + " is no batch of events.", ErrorKind::damaged});
}

Result<bool> Waiting::next(const Show& show, const Tell& tell) {
  if (entry_) {
    const auto page = stream_->from(*entry_);
    if (!page) return std::unexpected(page.error());
    for (const auto& entry : *page) {
      entry_ = behind(entry.id);
      show_entry(entry, show, tell);
    }
    if (!page->empty()) return true;
  }
  if (!cursor_) return false;
  const auto item = cursor_->next();
  if (!item) return std::unexpected(item.error());
  if (const auto* damage = std::get_if<Cursor::Damage>(&*item)) tell(describe(*damage));
  if (const auto* records = std::get_if<Cursor::Records>(&*item)) {
    BatchReader batch(records->batch);
    for (auto sequence = records->sequence; const auto record = batch.next(); ++sequence)
      show({.number = sequence}, *record);
  }
  return !std::holds_alternative<std::monostate>(*item);
}

Result<void> Waiting::refresh() {
  if (!log_) return {};
  return log_->refresh();
}

}  // namespace skerry::events
