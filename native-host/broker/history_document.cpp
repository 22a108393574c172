#include "native-host/broker/history_document.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "native-host/broker/layout.hpp"

namespace skerry::broker {
namespace {

using postgres::Rows;

/// A longer look away hides when files came.
constexpr Seconds kLookAway = std::chrono::minutes(30);

Time time_of(const Rows& rows, int row, int column) {
  return Time(Seconds(rows.integer(row, column)));
}

/// The starts of the cycles, to tell what was seen late from what came late.
using Cycles = std::set<Time>;

bool was_looking(const Cycles& cycles, Time seen) {
  const auto cycle = cycles.lower_bound(seen);
  return cycle != cycles.begin() && seen - *std::prev(cycle) <= kLookAway;
}

/// One collector's files of one type, oldest first, filled into their slots.
class SeriesBuilder {
 public:
  SeriesBuilder(const Collector& collector, DataType type, Time first, Time begin, Time now)
      : series_{.collector_id = collector.id,
                .data_type = type,
                .step = cadence(collector, type),
                .slots = {}},
        grid_(SlotGrid::of(begin, now, series_.step)) {
    series_.slots.assign(grid_.count, kNoFile);
    if (first >= grid_.first) series_.before = grid_.slot_of(first).value_or(grid_.count);
  }

  void add(Time file, Time seen, const Cycles& cycles) {
    if (!first_seen_) first_seen_ = seen;
    const auto slot = grid_.slot_of(file);
    if (!slot) return;
    const auto lag = std::chrono::floor<Seconds>(seen - file);
    const bool is_known = lag < kLookAway || (seen != *first_seen_ && was_looking(cycles, seen));
    auto& code = series_.slots[*slot];
    if (code == kNoFile) code = is_known ? lag_code(lag) : kLagUnknown;
  }

  Series take() { return std::move(series_); }

 private:
  Series series_;
  SlotGrid grid_;
  std::optional<Time> first_seen_;  ///< of the oldest file: what came in that cycle, may have been there long
};

using Firsts = std::map<std::pair<std::string, DataType>, Time>;

/// Since when each collector has files of each type.
Result<Firsts> first_files(postgres::Connection& connection) {
  const auto rows = connection.exec(
      "SELECT c.id, l.data_type, (SELECT extract(epoch FROM min(f.ts_start))::bigint FROM broker.files f "
      "WHERE f.collector = l.collector AND f.data_type = l.data_type) FROM broker.latest_file l JOIN "
      "broker.collectors c ON c.key = l.collector WHERE c.active");
  if (!rows) return std::unexpected(rows.error());
  Firsts firsts;
  for (int row = 0; row < rows->size(); ++row) {
    if (rows->is_null(row, 2)) continue;
    const auto type = rows->text(row, 1) == "rib" ? DataType::rib : DataType::update;
    firsts[{std::string(rows->text(row, 0)), type}] = time_of(*rows, row, 2);
  }
  return firsts;
}

}  // namespace

Result<History> load_history(postgres::Connection& connection, std::span<const Collector> collectors,
                             Time now) {
  History history{.last_updated_at = now, .begin = history_begin(now), .series = {}};
  const auto since = format_naive(history.begin - std::chrono::days(1));  // the slot that begins before
  const auto started = connection.query(
      "SELECT extract(epoch FROM started)::bigint FROM broker.update_meta WHERE started >= $1", {since});
  if (!started) return std::unexpected(started.error());
  Cycles cycles;
  for (int row = 0; row < started->size(); ++row) cycles.insert(time_of(*started, row, 0));

  const auto firsts = first_files(connection);
  if (!firsts) return std::unexpected(firsts.error());
  // A row without a file for those whose files are all older.
  const auto rows = connection.query(
      "SELECT c.id, l.data_type, extract(epoch FROM f.ts_start)::bigint, "
      "extract(epoch FROM f.first_seen)::bigint FROM broker.latest_file l JOIN broker.collectors c ON c.key "
      "= l.collector "
      "LEFT JOIN broker.files f ON f.collector = l.collector AND f.data_type = l.data_type AND f.ts_start >= "
      "$1 "
      "WHERE c.active ORDER BY c.id COLLATE \"C\", l.data_type::text COLLATE \"C\", f.ts_start, f.first_seen",
      {since});
  if (!rows) return std::unexpected(rows.error());

  std::optional<SeriesBuilder> series;
  std::pair<std::string_view, std::string_view> current;
  for (int row = 0; row < rows->size(); ++row) {
    const std::pair key(rows->text(row, 0), rows->text(row, 1));
    if (key != current) {
      if (series) history.series.push_back(series->take());
      series.reset();
      current = key;
      const auto type = key.second == "rib" ? DataType::rib : DataType::update;
      const auto collector = std::ranges::find(collectors, key.first, &Collector::id);
      if (collector != collectors.end() && cadence(*collector, type) > Seconds(0)) {
        const auto first = firsts->find({std::string(key.first), type});
        series.emplace(*collector, type, first == firsts->end() ? history.begin : first->second,
                       history.begin, now);
      }
    }
    if (series && !rows->is_null(row, 2)) series->add(time_of(*rows, row, 2), time_of(*rows, row, 3), cycles);
  }
  if (series) history.series.push_back(series->take());
  return history;
}

Result<std::string> history_document(postgres::Connection& connection, std::span<const Collector> collectors,
                                     Time now) {
  const auto history = load_history(connection, collectors, now);
  if (!history) return std::unexpected(history.error());
  return render_history(*history);
}

}  // namespace skerry::broker
