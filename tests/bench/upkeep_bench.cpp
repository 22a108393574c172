// Keeping the view of the newest files up to date after one crawl cycle, against the original's way:
// refreshing a materialized view over its tables (broker v2). Both over the same files in the same private
// cluster. Usage: upkeep_bench FILES ROUNDS; prints {"ours": ms, "rival": ms}, medians.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/schema.hpp"
#include "native-host/broker/store.hpp"
#include "native-host/postgres/cluster.hpp"

using namespace skerry;

namespace {

[[noreturn]] void give_up(const Error& error) {
  std::fprintf(stderr, "upkeep_bench: %s (%s)\n", error.message.c_str(), error.code.c_str());
  std::exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result) give_up(result.error());
  if constexpr (!std::is_void_v<T>) return *std::move(result);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

template <class Work>
double milliseconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

/// `count` files of updates, spread evenly over the collectors, one every five minutes up to `end`.
void fill(postgres::Connection& connection, long count, const std::string& end) {
  const std::string per_collector = std::to_string(count / 85);
  must(connection.exec(
      "INSERT INTO broker.listings (url, collector, layout, month) "
      "SELECT 'https://example.net/' || key || '/', key, layout, '2026-11-01' FROM broker.collectors"));
  must(connection.exec(
      "INSERT INTO broker.files (ts_start, rough_size, first_seen, listing, data_type, collector) "
      "SELECT timestamp '" +
      end + "' - n * interval '5 minutes', 1000 + n, '" + end +
      "', l.id, "
      "(CASE WHEN n % 24 = 0 THEN 'rib' ELSE 'update' END)::broker.data_type, l.collector "
      "FROM broker.listings l, generate_series(1, " +
      per_collector + ") n; ANALYZE"));
  must(connection.exec(
      "INSERT INTO broker.latest_file SELECT DISTINCT ON (collector, data_type) collector, data_type, "
      "ts_start, name FROM broker.files ORDER BY collector, data_type, ts_start DESC"));
  // The original's tables and view (broker v2, reference §6 and §7).
  must(connection.exec(
      "CREATE SCHEMA v2; CREATE TABLE v2.collectors (id text PRIMARY KEY, project text NOT NULL, url text "
      "NOT NULL);"
      "CREATE TABLE v2.items (ts_start timestamp NOT NULL, ts_end timestamp NOT NULL, collector_id text NOT "
      "NULL "
      "REFERENCES v2.collectors (id), data_type text NOT NULL, url text PRIMARY KEY, rough_size bigint NOT "
      "NULL, "
      "exact_size bigint NOT NULL);"
      "INSERT INTO v2.collectors SELECT id, project, url FROM broker.collectors;"
      "INSERT INTO v2.items SELECT f.ts_start, f.ts_start, c.id, f.data_type::text, "
      "l.url || broker.file_name(l.layout, f.data_type, f.ts_start, f.name), f.rough_size, 0 "
      "FROM broker.files f JOIN broker.collectors c ON c.key = f.collector JOIN broker.listings l ON l.id = "
      "f.listing;"
      "CREATE INDEX ON v2.items USING brin (ts_start); CREATE INDEX ON v2.items (collector_id);"
      "CREATE MATERIALIZED VIEW v2.latest_times AS SELECT i.ts_start AS timestamp, "
      "(now() AT TIME ZONE 'UTC') - i.ts_start AS delay, i.collector_id, i.data_type, i.rough_size, "
      "i.exact_size, "
      "c.project, c.url AS collector_url, i.url AS item_url FROM v2.items i JOIN (SELECT collector_id, "
      "data_type, "
      "max(ts_start) AS ts_start FROM v2.items GROUP BY collector_id, data_type) m "
      "USING (collector_id, data_type, ts_start) JOIN v2.collectors c ON c.id = i.collector_id;"
      "CREATE UNIQUE INDEX ON v2.latest_times (item_url); ANALYZE"));
}

/// One new file of updates for each collector, in both schemas.
void publish(postgres::Connection& connection, Time time) {
  const std::string at = "timestamp '" + format_naive(time) + "'";
  must(connection.exec(
      "INSERT INTO broker.files (ts_start, rough_size, first_seen, listing, data_type, collector) SELECT " +
      at + ", 1, " + at + ", id, 'update', collector FROM broker.listings; INSERT INTO v2.items SELECT " +
      at + ", " + at + ", id, 'update', url || " + at + ", 1, 0 FROM v2.collectors"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long count = std::atol(argv[1]);
  const int rounds = std::atoi(argv[2]);
  const auto folder = std::filesystem::temp_directory_path() / ("skerry-upkeep-" + std::to_string(getpid()));
  std::vector<double> ours;
  std::vector<double> rival;
  {
    const auto cluster = must(postgres::Cluster::start({.data_dir = folder}));
    auto connection =
        must(postgres::Connection::open(cluster.conninfo(), {.statement_timeout = std::chrono::hours(1)}));
    must(broker::migrate(connection));
    broker::Store store(connection);
    must(store.sync_collectors(broker::default_collectors()));
    fill(connection, count, "2026-11-21 08:00:00");
    Time time = *parse_naive("2026-11-21T08:00:00");
    for (int round = 0; round < rounds; ++round) {
      time += std::chrono::minutes(5);
      publish(connection, time);
      ours.push_back(milliseconds([&] {
        auto transaction = must(connection.begin());
        for (std::int64_t key = 1; key <= 85; ++key) {
          must(store.raise_latest(key, {time, broker::DataType::update, ""}));
        }
        must(transaction.commit());
      }));
      rival.push_back(
          milliseconds([&] { must(connection.exec("REFRESH MATERIALIZED VIEW v2.latest_times")); }));
    }
  }
  std::filesystem::remove_all(folder);
  std::printf("{\"ours\": %.3f, \"rival\": %.3f}\n", median(ours), median(rival));
}
