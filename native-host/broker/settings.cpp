#include "native-host/broker/settings.hpp"

#include <algorithm>
#include <charconv>

#include "native-host/program/conninfo.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::broker {
namespace {

using config::field;
using program::kDay;
using program::kHour;
using program::kSecond;

/// The original counts what comes after the first attempt.
std::string attempts_of(std::string_view retries) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(retries.data(), retries.data() + retries.size(), number);
  const bool is_number = error == std::errc() && end == retries.data() + retries.size();
  return is_number && number <= 1'000'000 ? std::to_string(number + 1) : std::string(retries);
}

std::string milliseconds_of(std::string_view number) {
  return std::string(number) + "ms";
}

bool is_host_and_port(std::string_view text) {
  return text.empty() ||
         (program::is_listen_address(text) && !text.starts_with("unix:") && !text.starts_with(':'));
}

/// Those of the original broker (bgpkit-broker 0.12, and BROKER_PG_* of its older scripts).
void add_foreign_names(config::Table& table) {
  constexpr std::string_view kConcurrency = "update.concurrency and update.per_host take its place";
  constexpr std::string_view kBackup = "Skerry makes no backups yet; use pg_dump";
  constexpr std::string_view kSqlite = "there is no SQLite index to tune";
  constexpr std::string_view kNats = "new files are not announced over NATS";
  table.foreign(
      {
          {.name = "BGPKIT_BROKER_POSTGRES_URL", .setting = "database_url", .weight = 2},
          {.name = "BGPKIT_BROKER_CRAWLER_BACKOFF_MS",
           .setting = "update.backoff",
           .convert = milliseconds_of},
          {.name = "BGPKIT_BROKER_CRAWLER_MAX_RETRIES", .setting = "update.attempts", .convert = attempts_of},
          {.name = "BGPKIT_BROKER_HEARTBEAT_URL", .setting = "heartbeat.url"},
          {"BGPKIT_BROKER_URL", {}, "`skerry latest --url` asks another server"},
          {"BGPKIT_BROKER_SQLITE_PATH", {}, "the index is in PostgreSQL, under data_dir or at database_url"},
          {"BGPKIT_BROKER_POSTGRES_MAX_CONNECTIONS",
           {},
           "the updater needs few connections and makes no more"},
          {"BGPKIT_BROKER_SQLITE_MAX_CONNECTIONS", {}, kSqlite},
          {"BGPKIT_BROKER_SQLITE_CACHE_SIZE_KIB", {}, kSqlite},
          {"BGPKIT_BROKER_DB_CONNECT_RETRIES", {}, "a database that is away is tried until it is back"},
          {"BGPKIT_BROKER_DB_CONNECT_BACKOFF_MS",
           {},
           "a database that is away is tried after 10 s, then less often, up to update.interval"},
          {"BGPKIT_BROKER_CRAWLER_COLLECTOR_CONCURRENCY", {}, kConcurrency},
          {"BGPKIT_BROKER_CRAWLER_MONTH_CONCURRENCY", {}, kConcurrency},
          {"BGPKIT_BROKER_META_RETENTION_DAYS", {}, "records of rounds are kept for 30 days"},
          {"BGPKIT_BROKER_BACKUP_TO", {}, kBackup},
          {"BGPKIT_BROKER_BACKUP_INTERVAL_HOURS", {}, kBackup},
          {"BGPKIT_BROKER_BACKUP_HEARTBEAT_URL", {}, kBackup},
          {"BGPKIT_BROKER_NATS_URL", {}, kNats},
          {"BGPKIT_BROKER_NATS_USER", {}, kNats},
          {"BGPKIT_BROKER_NATS_PASSWORD", {}, kNats},
          {"BGPKIT_BROKER_NATS_ROOT_SUBJECT", {}, kNats},
          {"ONEIO_ACCEPT_INVALID_CERTS",
           {},
           "certificates are always checked; an http:// base in collectors_file needs none"},
      },
      "BGPKIT_");
  table.foreign([](const config::Environment& environment, config::ForeignNames& out) {
    program::read_conninfo_parts(environment, "BROKER_PG_", "BROKER_PG_PORT", 1, out);
  });
}

}  // namespace

bool selects(const Settings& settings, std::string_view collector_id) {
  const auto& only = settings.collectors;
  return only.empty() || std::ranges::find(only, collector_id) != only.end();
}

std::vector<Collector> chosen(const Settings& settings, std::vector<Collector> collectors) {
  std::erase_if(collectors, [&](const Collector& one) { return !selects(settings, one.id); });
  return collectors;
}

config::Table settings_table() {
  using S = Settings;
  auto table = config::Table::of<S>("broker");
  table.rows({
      {.name = "archive",
       .field = field<&S::archive>,
       .help = "The archives to read; auto: the replica where no real one can be reached",
       .choices = {"auto", "real", "replica"}},
      {.name = "replica_listen",
       .field = field<&S::replica_listen>,
       .help = "Where the archive replica listens, HOST:PORT; empty: 127.0.0.1:8082, or any port where that "
               "is taken",
       .fits = is_host_and_port,
       .wants = "an address: HOST:PORT",
       .distinct = "address",
       .clash = program::listen_addresses_clash},
      {"archive_probe_timeout", field<&S::archive_probe_timeout>, "How long auto waits for an archive", 100,
       60 * kSecond},
      {"collectors_file", field<&S::collectors_file>,
       "JSON file with more collectors, or changes to known ones"},
      {"collectors", field<&S::collectors>, "Read and show only these collectors, by id; empty: all"},

      {"update.interval", field<&S::interval>, "Between the starts of two rounds", 10 * kSecond, 7 * kDay},
      {"update.concurrency", field<&S::concurrency>, "Listings that are read at once", 1, 1000},
      {"update.per_host", field<&S::per_host>, "Of these from one host", 1, 1000},
      {"update.connect_timeout", field<&S::connect_timeout>, "To reach a host", 100, kHour},
      {"update.timeout", field<&S::timeout>, "For one attempt to read a listing", 100, kHour},
      {"update.attempts", field<&S::attempts>, "To read one listing in a round", 1, 100},
      {"update.backoff", field<&S::backoff>, "Before the second attempt; it doubles from there", 1, kHour},
      {"update.probe", field<&S::probe>,
       "Ask for the next file by its name, and read folders only now and then; else all folders, each round"},
      {"update.listing_interval", field<&S::listing_interval>,
       "Between two readings of a folder in which nothing is irregular", 60 * kSecond, kDay},
      {"update.exact_sizes", field<&S::exact_sizes>,
       "Older files in a round that are asked for their exact size, newest first", 0, 100'000},
      {"update.run_timeout", field<&S::run_timeout>, "For a whole round", kSecond, 7 * kDay},

      {.name = "heartbeat.url",
       .field = field<&S::heartbeat_url>,
       .help = "GET this after each round in which not every collector failed; empty: nothing",
       .secrecy = config::Secrecy::address,
       .fits = [](std::string_view text) { return text.empty() || config::is_web_address(text); },
       .wants = config::kWebAddress},
  });
  add_foreign_names(table);
  return table;
}

}  // namespace skerry::broker
