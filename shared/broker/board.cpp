#include "shared/broker/board.hpp"

#include <algorithm>
#include <cmath>

#include "shared/broker/lateness.hpp"
#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"

namespace skerry::broker {
namespace {

constexpr std::size_t kMaxRows = 20'000;
constexpr double kLargest = 9e15;  // below 2^53: whole, and far from any overflow

std::unexpected<Error> unreadable(std::string what) {
  return fail("view_unreadable", "The view can't be read: " + std::move(what) + ".");
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

/// The digits at the front of `text`, taken from it.
std::string_view take_digits(std::string_view& text) {
  const auto end = static_cast<std::size_t>(std::ranges::find_if_not(text, is_digit) - text.begin());
  const std::string_view digits = text.substr(0, end);
  text.remove_prefix(end);
  return digits;
}

/// A JSON number, cut off behind the point. strtod would be a tenth of the page's module.
std::optional<std::int64_t> whole_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::string_view digits = take_digits(text);
  if (digits.empty()) return std::nullopt;
  double value = 0;
  int exponent = 0;
  for (const char c : digits) value = value * 10 + (c - '0');
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    for (const char c : take_digits(text)) {
      value = value * 10 + (c - '0');
      --exponent;
    }
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    const bool small = text.starts_with('-');
    if (small || text.starts_with('+')) text.remove_prefix(1);
    int power = 0;
    for (const char c : take_digits(text)) power = std::min(power * 10 + (c - '0'), 100'000);
    exponent += small ? -power : power;
  }
  if (!text.empty()) return std::nullopt;
  for (; exponent > 0 && value > 0 && value < kLargest; --exponent) value *= 10;
  for (; exponent < 0 && value >= 1; ++exponent) value /= 10;
  if (exponent < 0) value = 0;
  const auto whole = static_cast<std::int64_t>(std::min(value, kLargest));
  return negative ? -whole : whole;
}

struct Row {
  std::string collector_id, project, collector_url;
  std::optional<DataType> type;
  NewestFile file;
};

/// `now` is the view's time, from which a row without a delay gets its own.
Result<Row> parse_row(std::string_view json, Time now) {
  Row row;
  bool has_time = false;
  std::optional<std::int64_t> delay;
  std::int64_t exact = 0;
  JsonSlicer members(json);
  for (members.enter('{'); const auto member = members.next();) {
    const auto text = [&] { return read_json_string(member->value).value_or(""); };
    if (member->key == "collector_id") {
      row.collector_id = text();
    } else if (member->key == "project") {
      row.project = text();
    } else if (member->key == "collector_url") {
      row.collector_url = text();
    } else if (member->key == "item_url") {
      row.file.url = text();
    } else if (member->key == "data_type") {
      row.type = parse_data_type(text());
    } else if (member->key == "timestamp") {
      const auto time = parse_naive(text());
      if (!time) return unreadable("a timestamp is no time");
      row.file.timestamp = *time;
      has_time = true;
    } else if (member->key == "delay") {
      delay = whole_number(member->value);
    } else if (member->key == "rough_size") {
      row.file.size = whole_number(member->value).value_or(0);
    } else if (member->key == "exact_size") {
      exact = whole_number(member->value).value_or(0);
    }
  }
  if (!members.complete()) return unreadable("a row is no JSON object");
  if (row.collector_id.empty() || !has_time) return unreadable("a row has no collector_id or no timestamp");
  row.file.delay = delay ? Seconds{*delay} : std::chrono::floor<Seconds>(now - row.file.timestamp);
  if (exact > 0) row.file.size = exact;
  return row;
}

Result<std::vector<Row>> parse_rows(std::string_view json, Time now) {
  std::vector<Row> rows;
  JsonSlicer items(json);
  for (items.enter('['); const auto item = items.next();) {
    if (rows.size() == kMaxRows) return unreadable("it has more than 20000 rows");
    Result<Row> row = parse_row(item->value, now);
    if (!row) return std::unexpected(std::move(row.error()));
    if (row->type) rows.push_back(*std::move(row));
  }
  if (!items.complete()) return unreadable("latest is no JSON array");
  return rows;
}

void put(Collector& collector, Row&& row) {
  Stream& stream = collector.of(*row.type);
  if (stream.newest && stream.newest->timestamp >= row.file.timestamp) return;
  stream.late_since.reset();
  if (is_late(*row.type, row.file.delay)) stream.late_since = row.file.timestamp + late_after(*row.type);
  stream.newest = std::move(row.file);
}

}  // namespace

bool natural_order(std::string_view a, std::string_view b) {
  std::string_view left = a, right = b;
  while (!left.empty() && !right.empty()) {
    if (is_digit(left.front()) && is_digit(right.front())) {
      std::string_view x = take_digits(left), y = take_digits(right);
      x.remove_prefix(std::min(x.find_first_not_of('0'), x.size()));
      y.remove_prefix(std::min(y.find_first_not_of('0'), y.size()));
      if (x.size() != y.size()) return x.size() < y.size();
      if (x != y) return x < y;
    } else {
      if (left.front() != right.front()) {
        return static_cast<unsigned char>(left.front()) < static_cast<unsigned char>(right.front());
      }
      left.remove_prefix(1);
      right.remove_prefix(1);
    }
  }
  if (left.empty() != right.empty()) return left.empty();
  return a < b;
}

Result<Board> parse_board(std::string_view json) {
  Board board;
  std::optional<Time> updated;
  std::optional<std::string_view> latest;
  JsonSlicer members(json);
  for (members.enter('{'); const auto member = members.next();) {
    if (member->key == "last_updated_at") updated = parse_rfc3339(plain_string(member->value).value_or(""));
    if (member->key == "latest") latest = member->value;
    if (member->key == "made_up") board.made_up = member->value == "true";
  }
  if (!members.complete()) return unreadable("it is no JSON object");
  if (!updated || !latest) return unreadable("it has no last_updated_at or no latest");
  board.last_updated_at = *updated;

  Result<std::vector<Row>> rows = parse_rows(*latest, *updated);
  if (!rows) return std::unexpected(std::move(rows.error()));
  std::ranges::sort(*rows, natural_order, &Row::collector_id);
  for (Row& row : *rows) {
    if (board.collectors.empty() || board.collectors.back().id != row.collector_id) {
      board.collectors.push_back(
          {std::move(row.collector_id), std::move(row.project), std::move(row.collector_url), {}});
    }
    put(board.collectors.back(), std::move(row));
  }
  return board;
}

void join_history(Board& board, const History& history) {
  for (Collector& collector : board.collectors) {
    for (Stream& stream : collector.streams) stream.strip.reset();
  }
  for (const Series& series : history.series) {
    const auto collector =
        std::ranges::lower_bound(board.collectors, series.collector_id, natural_order, &Collector::id);
    if (collector == board.collectors.end() || collector->id != series.collector_id) continue;
    collector->of(series.data_type).strip = make_strip(series, history.begin, history.last_updated_at);
  }
}

}  // namespace skerry::broker
