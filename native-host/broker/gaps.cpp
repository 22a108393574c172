#include "native-host/broker/gaps.hpp"

#include <algorithm>

#include "native-host/broker/planner.hpp"

namespace skerry::broker {
namespace {

/// The gap between two files that follow each other, or nothing.
std::optional<Gap> gap_between(const Gap& key, Time before, Time after, Seconds step) {
  const auto missing = (after - before + step / 2) / step - 1;
  if (missing < 1) return std::nullopt;
  auto gap = key;
  gap.from = before + step;
  gap.until = after;
  gap.missing = missing;
  return gap;
}

/// What is missing at the end of a stretch that ends at `end`.
std::optional<Gap> open_gap(const Collector& collector, const Gap& key, Time last, Time end, Time now) {
  const auto step = cadence(collector, key.data_type);
  const auto due = last + step;
  if (collector.deprecated || due >= end || now < due + overdue_after(collector, key.data_type)) {
    return std::nullopt;
  }
  // A file of updates is there when its stretch has ended, a RIB when it was dumped.
  const auto until_there = key.data_type == DataType::update ? step : overdue_after(collector, key.data_type);
  const auto last_due = std::min(end - Seconds(1), now - until_there);
  auto gap = key;
  gap.from = due;
  gap.until = end;
  gap.missing = (last_due - due) / step + 1;
  gap.open = end == now;
  return gap;
}

}  // namespace

Result<std::vector<Gap>> find_gaps(postgres::Connection& connection, std::span<const Collector> collectors,
                                   Time since, Time until, Time now) {
  const auto end = std::min(until, now);
  std::vector<Gap> gaps;
  for (const auto& collector : collectors) {
    for (const auto type : {DataType::rib, DataType::update}) {
      const auto step = cadence(collector, type);
      if (step == Seconds(0)) continue;
      // From the last file before the stretch on, up to the first one after it.
      const auto rows = connection.query(
          "WITH c AS (SELECT key FROM broker.collectors WHERE id = $1), "
          "f AS (SELECT ts_start FROM broker.files WHERE collector = (SELECT key FROM c) AND data_type = $2) "
          "SELECT extract(epoch FROM ts_start)::bigint FROM ("
          "(SELECT ts_start FROM f WHERE ts_start < $3 ORDER BY ts_start DESC LIMIT 1) UNION ALL "
          "(SELECT ts_start FROM f WHERE ts_start >= $3 AND ts_start < $4) UNION ALL "
          "(SELECT ts_start FROM f WHERE ts_start >= $4 ORDER BY ts_start LIMIT 1)) t ORDER BY 1",
          {collector.id, data_type_word(type), format_naive(since), format_naive(end)});
      if (!rows) return std::unexpected(rows.error());
      const Gap key{.collector_id = collector.id, .data_type = type};
      std::optional<Time> before;
      for (int row = 0; row < rows->size(); ++row) {
        const Time time(Seconds(rows->integer(row, 0)));
        if (before) {
          auto gap = gap_between(key, *before, time, step);
          if (gap && gap->from < end && gap->until > since) gaps.push_back(*std::move(gap));
        }
        before = time;
      }
      if (!before || *before >= end) continue;
      if (auto gap = open_gap(collector, key, *before, end, now)) gaps.push_back(*std::move(gap));
    }
  }
  return gaps;
}

}  // namespace skerry::broker
