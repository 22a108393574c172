#include "native-host/broker/store.hpp"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include <nlohmann/json.hpp>

namespace skerry::broker {
namespace {

using postgres::Rows;

/// What a crash of the server would lose then, the next cycle brings back.
constexpr std::string_view kUnhurried = "SET LOCAL synchronous_commit TO off";
constexpr std::int64_t kKeptCycleDays = 30;

/// A time with milliseconds, for a column without zone.
std::string timestamp(Time time) {
  const auto text = format_rfc3339(time);
  return text.substr(0, text.size() - 1);
}

/// `2026-11-21T08:00:00`, with or without a fraction, as the queries here ask for.
std::optional<Time> parse_timestamp(std::string_view text) {
  return parse_rfc3339(std::string(text) + "Z");
}

std::string date(Month month) {
  return format_naive(start_of(month)).substr(0, 10);
}

std::optional<std::string_view> type_word(const std::optional<DataType>& type) {
  return type ? std::optional(data_type_word(*type)) : std::nullopt;
}

/// Turns a result whose value does not matter into success or failure.
Result<void> ignoring_rows(Result<Rows> result) {
  if (!result) return std::unexpected(std::move(result.error()));
  return {};
}

/// Of files at the same time the one with the greatest name counts, as it does in the table.
void keep_newest(std::vector<Store::FileKey>& newest, const Store::FileKey& file) {
  const auto known = std::ranges::find(newest, file.data_type, &Store::FileKey::data_type);
  if (known == newest.end()) {
    newest.push_back(file);
  } else if (*known < file) {
    *known = file;
  }
}

/// The file of a row that begins with its time, type and name.
Store::FileKey file_at(const Rows& rows, int row) {
  return {.time = Time(Seconds(rows.integer(row, 0))),
          .data_type = rows.text(row, 1) == "rib" ? DataType::rib : DataType::update,
          .name = rows.text(row, 2)};
}

/// What the table has of a file: the row of `merge_files`.
Store::Entry known_entry(const Rows& rows, int row) {
  Store::Entry entry{
      .file = file_at(rows, row), .rough_size = rows.integer(row, 3), .exact_size = rows.integer(row, 4)};
  if (!rows.is_null(row, 5)) entry.listed = rows.integer(row, 5);
  entry.known_in = rows.integer(row, 6);
  return entry;
}

UnsizedFile unsized(const Collector& collector, const Store::Entry& entry) {
  const auto& [time, type, name] = entry.file;
  return {.collector_id = collector.id,
          .listing = *entry.folder,
          .name = name.empty() ? usual_name(collector.layout, type, time) : std::string(name),
          .time = time,
          .data_type = type};
}

void append_copy_row(std::string& data, const Store::Entry& entry, std::int64_t collector,
                     std::string_view first_seen) {
  data += format_naive(entry.file.time);
  for (const auto number : {entry.rough_size, entry.exact_size}) {
    data += '\t';
    data += std::to_string(number);
  }
  data += '\t';
  data += first_seen;
  data += '\t';
  data += std::to_string(entry.listing);
  data += '\t';
  data += data_type_word(entry.file.data_type);
  data += '\t';
  data += std::to_string(collector);
  data += '\t';
  postgres::append_copy_text(data, entry.file.name);
  data += '\t';
  data += entry.listed ? std::to_string(*entry.listed) : "\\N";
  data += '\n';
}

/// The files of listings as rows of the table, in its order, each once.
std::vector<Store::Entry> entries_of(const Collector& collector,
                                     std::span<const std::pair<std::int64_t, const ListingResult*>> read) {
  std::vector<Store::Entry> entries;
  for (const auto& [listing, result] : read) {
    for (const auto& file : result->files) {
      const bool is_usual = file.name == usual_name(collector.layout, file.data_type, file.time);
      entries.push_back({.file = {file.time, file.data_type, is_usual ? std::string_view() : file.name},
                         .listing = listing,
                         .rough_size = file.rough_size,
                         .rounding = file.rounding,
                         .exact_size = file.exact_size,
                         .listed = file.modified.transform(
                             [](Minute minute) -> std::int64_t { return minute.time_since_epoch().count(); }),
                         .folder = &result->listing});
    }
  }
  std::ranges::sort(entries, {}, &Store::Entry::file);
  const auto twice = std::ranges::unique(entries, {}, &Store::Entry::file);
  entries.erase(twice.begin(), twice.end());
  return entries;
}

}  // namespace

std::string words_of(const Error& error) {
  constexpr std::size_t kLongest = 500;
  auto words = (error.code + ": " + error.message).substr(0, kLongest);
  std::ranges::replace_if(words, [](char c) { return c < ' ' || c > '~'; }, '?');
  return words;
}

Result<void> Store::sync_collectors(std::span<const Collector> collectors) {
  auto list = nlohmann::json::array();
  for (const auto& collector : collectors) {
    list.push_back({{"id", collector.id},
                    {"project", collector.project},
                    {"layout", layout_word(collector.layout)},
                    {"url", collector.url},
                    {"deprecated", collector.deprecated}});
  }
  const auto wanted = list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  auto transaction = connection_->begin(kUnhurried);
  if (!transaction) return std::unexpected(transaction.error());
  // Not ON CONFLICT: that would use up a number of the key's sequence for each collector in each cycle.
  for (const auto* sql : {
           "UPDATE broker.collectors c SET project = s.project, layout = s.layout, url = s.url, deprecated = "
           "s.deprecated, active = true FROM json_to_recordset($1::json) AS s(id text, project text, layout "
           "broker.layout, url text, deprecated boolean) WHERE s.id = c.id AND (c.project, c.layout, c.url, "
           "c.deprecated, c.active) IS DISTINCT FROM (s.project, s.layout, s.url, s.deprecated, true)",
           "UPDATE broker.collectors SET active = false WHERE active AND id NOT IN (SELECT s.id FROM "
           "json_to_recordset($1::json) AS s(id text))",
           "INSERT INTO broker.collectors (id, project, layout, url, deprecated) SELECT id, project, layout, "
           "url, "
           "deprecated FROM json_to_recordset($1::json) AS s(id text, project text, layout broker.layout, "
           "url text, "
           "deprecated boolean) WHERE id NOT IN (SELECT id FROM broker.collectors) ORDER BY id",
       }) {
    if (auto merged = connection_->query(sql, {wanted}); !merged) return std::unexpected(merged.error());
  }
  if (auto forgotten = forget_failures(collectors); !forgotten) return forgotten;
  if (auto derived = derive_latest(collectors); !derived) return derived;
  if (auto kept = keep_names(); !kept) return kept;
  return transaction->commit();
}

/// Folders that nobody reads any more don't fail: those of another place, of another layout, and of a type
/// that the layout has no more.
Result<void> Store::forget_failures(std::span<const Collector> collectors) {
  const auto failing = connection_->exec(
      "SELECT l.id, l.url, to_char(l.month, 'YYYY-MM-DD\"T\"HH24:MI:SS'), c.id FROM broker.listings l JOIN "
      "broker.collectors c ON c.key = l.collector WHERE l.failing_since IS NOT NULL");
  if (!failing) return std::unexpected(failing.error());
  for (int row = 0; row < failing->size(); ++row) {
    const auto month = parse_timestamp(failing->text(row, 2));
    const auto collector = std::ranges::find(collectors, failing->text(row, 3), &Collector::id);
    // Of a collector that is out of use nothing is shown; it may come back.
    if (collector == collectors.end()) continue;
    const bool is_read =
        month && std::ranges::any_of(month_listings(*collector, month_of(*month)),
                                     [&](const ListingUrl& one) { return one.url == failing->text(row, 1); });
    if (is_read) continue;
    if (auto forgotten = ignoring_rows(connection_->query(
            "UPDATE broker.listings SET failing_since = NULL, failures = 0, error = '' WHERE id = $1",
            {failing->integer(row, 0)}));
        !forgotten)
      return forgotten;
  }
  return {};
}

/// A type that the layout has no more leaves the view, and its files stay; one that it has again comes back
/// with its newest file.
Result<void> Store::derive_latest(std::span<const Collector> collectors) {
  auto list = nlohmann::json::array();
  for (const auto& collector : collectors)
    for (const auto type : {DataType::rib, DataType::update})
      if (cadence(collector, type) > Seconds(0))
        list.push_back({{"id", collector.id}, {"type", data_type_word(type)}});
  const auto wanted = list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  for (const auto* sql : {
           "DELETE FROM broker.latest_file l USING broker.collectors c WHERE c.key = l.collector AND "
           "c.active "
           "AND (c.id, l.data_type) NOT IN (SELECT s.id, s.type FROM json_to_recordset($1::json) AS s(id "
           "text, "
           "type broker.data_type))",
           "INSERT INTO broker.latest_file (collector, data_type, ts_start, name) SELECT c.key, s.type, "
           "f.ts_start, f.name FROM json_to_recordset($1::json) AS s(id text, type broker.data_type) JOIN "
           "broker.collectors c USING (id) CROSS JOIN LATERAL (SELECT ts_start, name FROM broker.files WHERE "
           "collector = c.key AND data_type = s.type ORDER BY ts_start DESC, name DESC LIMIT 1) f WHERE NOT "
           "EXISTS (SELECT FROM broker.latest_file l WHERE l.collector = c.key AND l.data_type = s.type)",
       }) {
    if (auto derived = connection_->query(sql, {wanted}); !derived) return std::unexpected(derived.error());
  }
  return {};
}

/// A name that is left out is the usual one of its folder's layout. Where that becomes another one, it is
/// written out before, and the folder is read anew.
Result<void> Store::keep_names() {
  const auto changed = connection_->exec(
      "SELECT l.id FROM broker.listings l JOIN broker.collectors c ON c.key = l.collector WHERE l.layout <> "
      "c.layout "
      "AND starts_with(l.url, c.url || '/')");
  if (!changed) return std::unexpected(changed.error());
  for (int row = 0; row < changed->size(); ++row) {
    for (const auto* sql :
         {"UPDATE broker.latest_file t SET name = broker.file_name(l.layout, f.data_type, f.ts_start, "
          "f.name) FROM "
          "broker.files f JOIN broker.listings l ON l.id = f.listing WHERE f.listing = $1 AND f.name = '' "
          "AND "
          "(t.collector, t.data_type, t.ts_start, t.name) = (f.collector, f.data_type, f.ts_start, f.name)",
          "UPDATE broker.files f SET name = broker.file_name(l.layout, f.data_type, f.ts_start, f.name) FROM "
          "broker.listings l WHERE l.id = f.listing AND f.listing = $1 AND f.name = ''",
          "UPDATE broker.listings l SET layout = c.layout, etag = '', last_modified = '', digest = '' FROM "
          "broker.collectors c WHERE c.key = l.collector AND l.id = $1"}) {
      if (auto done = connection_->query(sql, {changed->integer(row, 0)}); !done)
        return std::unexpected(done.error());
    }
  }
  return {};
}

Result<Store::State> Store::load_state(bool with_settled) {
  auto latest = connection_->exec(
      "SELECT c.id, f.data_type, to_char(f.ts_start, 'YYYY-MM-DD\"T\"HH24:MI:SS'), l.url, "
      "f.first_seen > l.read FROM broker.latest_file JOIN broker.files f USING (ts_start, data_type, "
      "collector, name) "
      "JOIN broker.collectors c ON c.key = f.collector JOIN broker.listings l ON l.id = f.listing");
  if (!latest) return std::unexpected(latest.error());
  State state;
  for (int row = 0; row < latest->size(); ++row) {
    auto& collector = state.collectors[std::string(latest->text(row, 0))];
    auto& last = latest->text(row, 1) == "rib" ? collector.last_rib : collector.last_update;
    last = parse_timestamp(latest->text(row, 2));
    if (!latest->is_null(row, 4) && latest->boolean(row, 4)) {
      state.listings[std::string(latest->text(row, 3))].outdated = true;
    }
  }

  auto listings = connection_->query(
      "SELECT c.id, l.url, to_char(l.month, 'YYYY-MM-DD\"T\"HH24:MI:SS'), "
      "to_char(l.checked, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), l.absent, l.etag, l.last_modified, l.digest, "
      "to_char(l.read, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), l.failing_since IS NOT NULL, "
      "split_part(l.error, ':', 1) FROM broker.listings l JOIN broker.collectors c ON c.key = l.collector "
      "LEFT JOIN (SELECT collector, min(ts_start) AS since FROM broker.latest_file GROUP BY collector) f "
      "ON f.collector = l.collector "
      "WHERE $1 OR l.checked IS NULL OR l.failing_since IS NOT NULL "
      "OR l.checked < l.month + interval '1 month' + $2 * interval '1 day' "
      "OR l.month >= date_trunc('month', f.since)",
      {with_settled, std::int64_t{kVeryLateFiles.count()}});
  if (!listings) return std::unexpected(listings.error());
  for (int row = 0; row < listings->size(); ++row) {
    const std::string url(listings->text(row, 1));
    const auto month = parse_timestamp(listings->text(row, 2));
    if (!month) continue;
    const auto time = [&](int column) {
      return listings->is_null(row, column) ? std::nullopt : parse_timestamp(listings->text(row, column));
    };
    state.collectors[std::string(listings->text(row, 0))].listings.push_back(
        {.url = url,
         .month = month_of(*month),
         .checked = time(3),
         .absent = listings->boolean(row, 4),
         .failing = listings->boolean(row, 9)});
    auto& listing = state.listings[url];
    listing.validators = {.etag = std::string(listings->text(row, 5)),
                          .last_modified = std::string(listings->text(row, 6)),
                          .digest = std::string(listings->text(row, 7))};
    listing.read = time(8);
    listing.failure = listings->text(row, 10);
  }
  return state;
}

Result<Store::Place> Store::place_of(std::string_view collector_id, const ListingUrl& listing) {
  auto found = connection_->query(
      "SELECT l.id, c.key FROM broker.listings l JOIN broker.collectors c ON c.id = $1 WHERE l.url = $2",
      {collector_id, listing.url});
  if (found && found->size() == 0) {
    found = connection_->query(
        "INSERT INTO broker.listings (url, collector, layout, month, data_type) "
        "SELECT $2, key, layout, $3::date, $4::broker.data_type FROM broker.collectors WHERE id = $1 "
        "RETURNING id, "
        "collector",
        {collector_id, listing.url, date(listing.month), type_word(listing.data_type)});
  }
  if (!found) return std::unexpected(found.error());
  if (found->size() == 0) {
    return fail("db_error", "The collector " + std::string(collector_id) + " is not in the database.");
  }
  return Place{.listing = found->integer(0, 0), .collector = found->integer(0, 1)};
}

Result<void> Store::update_listing(std::int64_t id, const ListingResult& result) {
  if (result.outcome == ListingResult::Outcome::probed) return {};
  if (result.outcome == ListingResult::Outcome::absent) {
    auto updated = ignoring_rows(
        connection_->query("UPDATE broker.listings SET checked = $2, absent = true WHERE id = $1",
                           {id, timestamp(result.checked)}));
    if (!updated || result.failure)
      return updated ? set_failing(id, result.checked, *result.failure) : updated;
    return ignoring_rows(connection_->query(
        "UPDATE broker.listings SET failing_since = NULL, failures = 0, error = '' WHERE id = $1", {id}));
  }
  // The month of a folder that holds all months moves on.
  return ignoring_rows(connection_->query(
      "UPDATE broker.listings SET checked = $2, absent = false, etag = $3, last_modified = $4, digest = $5, "
      "read = CASE WHEN $6 THEN $2 ELSE read END, month = greatest(month, $7::date), failing_since = NULL, "
      "failures = 0, error = '' WHERE id = $1",
      {id, timestamp(result.checked), result.validators.etag, result.validators.last_modified,
       result.validators.digest, result.whole, date(result.listing.month)}));
}

Result<Written> Store::merge_files(const Collector& collector, std::int64_t key,
                                   std::span<const std::pair<std::int64_t, const ListingResult*>> read) {
  const auto found = entries_of(collector, read);
  if (found.empty()) return Written{};

  // What is known of that time, in the same order. Compared here, not by a join: a month's listing has
  // thousands of files, hardly any of them news, and plans go wrong before the statistics are there.
  const auto known = connection_->query(
      "SELECT extract(epoch FROM ts_start)::bigint, data_type, name, rough_size, exact_size, listed, listing "
      "FROM broker.files WHERE collector = $1 AND ts_start BETWEEN $2 AND $3 ORDER BY ts_start, data_type, "
      "name",
      {key, timestamp(found.front().file.time), timestamp(found.back().file.time)});
  if (!known) return std::unexpected(known.error());

  Written written;
  std::string fresh;
  std::vector<FileKey> newest;
  std::vector<Entry> elsewhere;
  const auto first_seen = timestamp(read.front().second->checked);
  int row = 0;
  for (const auto& entry : found) {
    while (row < known->size() && file_at(*known, row) < entry.file) ++row;
    if (row < known->size() && file_at(*known, row) == entry.file) {
      const auto before = known_entry(*known, row);
      if (before.known_in != entry.listing) elsewhere.emplace_back(entry).known_in = before.known_in;
      auto updated = update_file(collector, key, entry, before, written);
      if (!updated) return std::unexpected(updated.error());
      continue;
    }
    append_copy_row(fresh, entry, key, first_seen);
    keep_newest(newest, entry.file);
    ++written.added;
  }
  if (auto moved = move_files(collector, key, elsewhere); !moved) return std::unexpected(moved.error());
  if (fresh.empty()) return written;
  if (auto copied =
          connection_->copy_in("COPY broker.files (ts_start, rough_size, exact_size, first_seen, listing, "
                               "data_type, collector, name, listed) FROM STDIN",
                               fresh);
      !copied) {
    return std::unexpected(copied.error());
  }
  for (const FileKey& file : newest) {
    if (auto raised = raise_latest(key, file); !raised) return std::unexpected(raised.error());
  }
  return written;
}

/// Files that are known from another folder: where that is none of the collector's by now, they are here.
Result<void> Store::move_files(const Collector& collector, std::int64_t key,
                               std::span<const Entry> elsewhere) {
  std::map<std::int64_t, bool> is_left;  // folders, by their id
  auto list = nlohmann::json::array();
  for (const auto& entry : elsewhere) {
    auto left = is_left.find(entry.known_in);
    if (left == is_left.end()) {
      const auto rows = connection_->query(
          "SELECT url, to_char(month, 'YYYY-MM-DD\"T\"HH24:MI:SS') FROM broker.listings WHERE id = $1",
          {entry.known_in});
      if (!rows) return std::unexpected(rows.error());
      const auto month = rows->size() == 0 ? std::nullopt : parse_timestamp(rows->text(0, 1));
      const bool is_here =
          month && std::ranges::any_of(month_listings(collector, month_of(*month)),
                                       [&](const ListingUrl& one) { return one.url == rows->text(0, 0); });
      left = is_left.emplace(entry.known_in, !is_here).first;
    }
    if (!left->second) continue;
    list.push_back({{"time", format_naive(entry.file.time)},
                    {"type", data_type_word(entry.file.data_type)},
                    {"name", entry.file.name},
                    {"listing", entry.listing}});
  }
  if (list.empty()) return {};
  return ignoring_rows(connection_->query(
      "UPDATE broker.files f SET listing = s.listing FROM json_to_recordset($1::json) AS s(time timestamp, "
      "type "
      "broker.data_type, name text, listing integer) WHERE f.ts_start = s.time AND f.data_type = s.type AND "
      "f.collector = $2 AND f.name = s.name",
      {list.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace), key}));
}

/// Of a file that is known: what a listing or a probe says against what the table has. A listing's size
/// counts where it can't be a rounding of the exact one. Another date makes an exact size doubtful: it may
/// have been measured while the file was being written.
Result<void> Store::update_file(const Collector& collector, std::int64_t key, const Entry& entry, Entry known,
                                Written& written) {
  if (entry.exact_size > 0) {
    if (entry.exact_size == known.exact_size) return {};
    // What was no rounding of a listing follows.
    if (known.rough_size == known.exact_size) known.rough_size = entry.rough_size;
    known.exact_size = entry.exact_size;
    ++written.sized;
  } else {
    const bool is_shown = entry.rounding != kUnknownSize;
    const bool is_rounding =
        known.exact_size > 0 && std::abs(known.exact_size - entry.rough_size) <= entry.rounding;
    const bool is_exact = is_rounding && known.rough_size == known.exact_size;
    const bool is_other = is_shown && entry.rough_size != known.rough_size && !is_exact;
    const bool is_stale =
        known.exact_size > 0 && ((is_other && !is_rounding) || entry.listed != known.listed);
    if (!is_other && !is_stale) return {};
    if (is_other) ++written.changed;
    if (is_stale) {
      written.stale.push_back(unsized(collector, entry));
      known.exact_size = 0;
    }
    known.listed = entry.listed;
    if (is_shown) known.rough_size = entry.rough_size;
  }
  return ignoring_rows(
      connection_->query("UPDATE broker.files SET rough_size = $5, exact_size = $6, listed = $7 WHERE "
                         "ts_start = $1 AND data_type = $2 "
                         "AND collector = $3 AND name = $4",
                         {timestamp(entry.file.time), data_type_word(entry.file.data_type), key,
                          entry.file.name, known.rough_size, known.exact_size, known.listed}));
}

Result<void> Store::raise_latest(std::int64_t collector, const FileKey& newest) {
  return ignoring_rows(connection_->query(
      "INSERT INTO broker.latest_file AS l (collector, data_type, ts_start, name) VALUES ($1, $2, $3, $4) "
      "ON CONFLICT (collector, data_type) DO UPDATE SET ts_start = excluded.ts_start, name = excluded.name "
      "WHERE (excluded.ts_start, excluded.name) > (l.ts_start, l.name)",
      {collector, data_type_word(newest.data_type), timestamp(newest.time), newest.name}));
}

Result<Written> Store::write(const Collector& collector, std::span<const ListingResult> results) {
  auto transaction = connection_->begin(kUnhurried);
  if (!transaction) return std::unexpected(transaction.error());
  std::int64_t key = 0;
  std::vector<std::pair<std::int64_t, const ListingResult*>> read;
  for (const auto& result : results) {
    const auto place = place_of(collector.id, result.listing);
    if (!place) return std::unexpected(place.error());
    if (auto updated = update_listing(place->listing, result); !updated)
      return std::unexpected(updated.error());
    key = place->collector;
    if (!result.files.empty()) read.emplace_back(place->listing, &result);
  }
  const auto written = merge_files(collector, key, read);
  if (!written) return written;
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  return written;
}

Result<void> Store::note_failure(const Collector& collector, const ListingUrl& listing, Time now,
                                 const Error& error) {
  const auto place = place_of(collector.id, listing);
  if (!place) return std::unexpected(place.error());
  return set_failing(place->listing, now, error);
}

Result<void> Store::set_failing(std::int64_t listing, Time now, const Error& error) {
  return ignoring_rows(
      connection_->query("UPDATE broker.listings SET failing_since = coalesce(failing_since, $2), failures = "
                         "failures + 1, error = $3 "
                         "WHERE id = $1",
                         {listing, timestamp(now), words_of(error)}));
}

Result<std::vector<UnsizedFile>> Store::unsized_files(Time since, Time before, std::int64_t limit) {
  // The key, read backwards as far as the limit goes, and only then the names.
  const auto rows = connection_->query(
      "SELECT c.id, l.url, to_char(l.month, 'YYYY-MM-DD\"T\"HH24:MI:SS'), "
      "broker.file_name(l.layout, f.data_type, f.ts_start, f.name), to_char(f.ts_start, "
      "'YYYY-MM-DD\"T\"HH24:MI:SS'), f.data_type FROM (SELECT * FROM broker.files WHERE ts_start >= $1 AND "
      "ts_start < $2 AND exact_size = 0 ORDER BY ts_start DESC, data_type DESC, collector DESC, name DESC "
      "LIMIT $3) f JOIN broker.collectors c ON c.key = f.collector JOIN broker.listings l ON l.id = "
      "f.listing "
      "WHERE c.active ORDER BY f.ts_start DESC, f.data_type DESC, f.collector DESC, f.name DESC",
      {timestamp(since), timestamp(before), limit});
  if (!rows) return std::unexpected(rows.error());
  std::vector<UnsizedFile> files;
  for (int row = 0; row < rows->size(); ++row) {
    const auto month = parse_timestamp(rows->text(row, 2));
    const auto time = parse_timestamp(rows->text(row, 4));
    if (!month || !time) continue;
    files.push_back({.collector_id = std::string(rows->text(row, 0)),
                     .listing = {std::string(rows->text(row, 1)), month_of(*month), std::nullopt},
                     .name = std::string(rows->text(row, 3)),
                     .time = *time,
                     .data_type = rows->text(row, 5) == "rib" ? DataType::rib : DataType::update});
  }
  return files;
}

Result<void> Store::record_cycle(const CycleRecord& record) {
  auto added = connection_->query(
      "INSERT INTO broker.update_meta (started, duration_ms, listings, unchanged, failed, files_added, "
      "files_changed, bytes, probes, error) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
      {timestamp(record.started), std::int64_t{record.duration.count()}, record.listings, record.unchanged,
       record.failed, record.files_added, record.files_changed, record.bytes, record.probes, record.error});
  if (!added) return std::unexpected(added.error());
  return ignoring_rows(connection_->query(
      "DELETE FROM broker.update_meta WHERE started < $1::timestamp - $2 * interval '1 day'",
      {timestamp(record.started), kKeptCycleDays}));
}

Result<std::optional<CycleRecord>> Store::last_cycle() {
  const auto rows = connection_->exec(
      "SELECT to_char(started, 'YYYY-MM-DD\"T\"HH24:MI:SS.MS'), duration_ms, listings, unchanged, failed, "
      "files_added, "
      "files_changed, bytes, probes, error FROM broker.update_meta ORDER BY id DESC LIMIT 1");
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  return CycleRecord{.started = parse_timestamp(rows->text(0, 0)).value_or(Time()),
                     .duration = std::chrono::milliseconds(rows->integer(0, 1)),
                     .listings = rows->integer(0, 2),
                     .unchanged = rows->integer(0, 3),
                     .failed = rows->integer(0, 4),
                     .files_added = rows->integer(0, 5),
                     .files_changed = rows->integer(0, 6),
                     .bytes = rows->integer(0, 7),
                     .probes = rows->integer(0, 8),
                     .error = std::string(rows->text(0, 9))};
}

Result<std::vector<LatestRow>> Store::latest() {
  const auto rows = connection_->exec(
      "SELECT to_char(timestamp, 'YYYY-MM-DD\"T\"HH24:MI:SS'), collector_id, data_type, rough_size, "
      "exact_size, project, "
      "collector_url, item_url FROM broker.latest_times ORDER BY collector_id COLLATE \"C\", data_type "
      "COLLATE "
      "\"C\"");
  if (!rows) return std::unexpected(rows.error());
  std::vector<LatestRow> latest;
  latest.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    latest.push_back({.timestamp = parse_timestamp(rows->text(row, 0)).value_or(Time()),
                      .collector_id = std::string(rows->text(row, 1)),
                      .data_type = rows->text(row, 2) == "rib" ? DataType::rib : DataType::update,
                      .rough_size = rows->integer(row, 3),
                      .exact_size = rows->integer(row, 4),
                      .project = std::string(rows->text(row, 5)),
                      .collector_url = std::string(rows->text(row, 6)),
                      .item_url = std::string(rows->text(row, 7))});
  }
  return latest;
}

}  // namespace skerry::broker
