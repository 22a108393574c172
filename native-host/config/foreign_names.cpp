#include "native-host/config/foreign_names.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace skerry::config {
namespace {

using Environment = std::map<std::string, std::string>;

constexpr std::string_view kFamily = "BGPKIT_BROKER_";

struct Name {
  std::string_view name;
  std::string_view setting = {};  ///< that it is; empty: it has no effect
  std::string_view instead = {};  ///< what takes its place, where it has none
};

constexpr auto kNames = std::to_array<Name>({
    {"BGPKIT_BROKER_POSTGRES_URL", "database_url"},
    {"DATABASE_URL", "database_url"},
    {"BGPKIT_BROKER_CRAWLER_BACKOFF_MS", "update.backoff"},
    {"BGPKIT_BROKER_CRAWLER_MAX_RETRIES", "update.attempts"},
    {"BGPKIT_BROKER_HEARTBEAT_URL", "heartbeat.url"},
    {"CLOUDFLARE_ACCOUNT_ID", "publish.cloudflare.account"},
    {"CLOUDFLARE_API_TOKEN", "publish.cloudflare.token"},
    {"FASTLY_API_TOKEN", "publish.fastly.token"},
    {"HEALTH_CHECK_CODE", "health.code"},
    {"METRICS_CODE", "metrics.code"},
    {"BGPKIT_BROKER_URL", {}, "`skerry latest --url` asks another server"},
    {"BGPKIT_BROKER_SQLITE_PATH", {}, "the index is in PostgreSQL, under data_dir or at database_url"},
    {"BGPKIT_BROKER_POSTGRES_MAX_CONNECTIONS", {}, "the updater needs one connection and makes no more"},
    {"BGPKIT_BROKER_SQLITE_MAX_CONNECTIONS", {}, "there is no SQLite index to tune"},
    {"BGPKIT_BROKER_SQLITE_CACHE_SIZE_KIB", {}, "there is no SQLite index to tune"},
    {"BGPKIT_BROKER_DB_CONNECT_RETRIES", {}, "a database that is away is tried until it is back"},
    {"BGPKIT_BROKER_DB_CONNECT_BACKOFF_MS",
     {},
     "a database that is away is tried after 10 s, then less often, up to update.interval"},
    {"BGPKIT_BROKER_CRAWLER_COLLECTOR_CONCURRENCY",
     {},
     "update.concurrency and update.per_host take its place"},
    {"BGPKIT_BROKER_CRAWLER_MONTH_CONCURRENCY", {}, "update.concurrency and update.per_host take its place"},
    {"BGPKIT_BROKER_META_RETENTION_DAYS", {}, "records of rounds are kept for 30 days"},
    {"BGPKIT_BROKER_BACKUP_TO", {}, "Skerry makes no backups yet; use pg_dump"},
    {"BGPKIT_BROKER_BACKUP_INTERVAL_HOURS", {}, "Skerry makes no backups yet; use pg_dump"},
    {"BGPKIT_BROKER_BACKUP_HEARTBEAT_URL", {}, "Skerry makes no backups yet; use pg_dump"},
    {"BGPKIT_BROKER_NATS_URL", {}, "new files are not announced over NATS"},
    {"BGPKIT_BROKER_NATS_USER", {}, "new files are not announced over NATS"},
    {"BGPKIT_BROKER_NATS_PASSWORD", {}, "new files are not announced over NATS"},
    {"BGPKIT_BROKER_NATS_ROOT_SUBJECT", {}, "new files are not announced over NATS"},
    {"ONEIO_ACCEPT_INVALID_CERTS",
     {},
     "certificates are always checked; an http:// base in collectors_file needs none"},
});

std::string_view value_of(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? std::string_view() : std::string_view(found->second);
}

/// `'it''s'` in the form of a libpq connection string (PostgreSQL manual, 34.1.1.1).
void append_keyword(std::string& out, std::string_view keyword, std::string_view value) {
  if (value.empty()) return;
  out.append(out.empty() ? "" : " ").append(keyword).append("='");
  for (char c : value) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  out += '\'';
}

/// The parts of a database's address under one prefix, made into a connection string.
void read_parts(const Environment& environment, const std::string& prefix, const std::string& port,
                ForeignNames& out) {
  const auto part = [&](const char* name) { return value_of(environment, prefix + name); };
  const auto host = part("HOST");
  if (host.empty()) {
    for (const char* name : {"USER", "PASSWORD", "DB"}) {
      if (part(name).empty()) continue;
      auto& warning = out.warnings.emplace_back(prefix);
      warning.append(name).append(" has no effect without ").append(prefix);
      warning += "HOST; database_url (SKERRY_DATABASE_URL) takes the place of both.";
      break;
    }
    return;
  }
  std::string url;
  append_keyword(url, "host", host);
  append_keyword(url, "port", value_of(environment, port));
  append_keyword(url, "user", part("USER"));
  append_keyword(url, "password", part("PASSWORD"));
  append_keyword(url, "dbname", part("DB"));
  out.settings.push_back({"database_url", std::move(url), prefix + "HOST"});
}

/// The value in our own form; what is no number stays as it is, and is refused as the setting's value.
std::string convert(std::string_view name, std::string_view value) {
  if (name == "BGPKIT_BROKER_CRAWLER_BACKOFF_MS") return std::string(value) + "ms";
  if (name != "BGPKIT_BROKER_CRAWLER_MAX_RETRIES") return std::string(value);
  std::int64_t retries = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), retries);
  if (error != std::errc() || end != value.data() + value.size() || retries > 1'000'000)
    return std::string(value);
  return std::to_string(retries + 1);
}

}  // namespace

ForeignNames read_foreign_names(const Environment& environment) {
  ForeignNames out;
  read_parts(environment, "POSTGRES_", "PGPORT", out);
  read_parts(environment, "BROKER_PG_", "BROKER_PG_PORT", out);
  for (const auto& [name, setting, instead] : kNames) {
    const auto value = value_of(environment, std::string(name));
    if (value.empty()) continue;
    if (setting.empty())
      out.warnings.push_back(std::string(name) + " has no effect: " + std::string(instead) + ".");
    else
      out.settings.push_back({setting, convert(name, value), std::string(name)});
  }
  for (const auto& [name, value] : environment) {
    if (name.starts_with(kFamily) && std::ranges::find(kNames, name, &Name::name) == kNames.end())
      out.warnings.push_back(
          name + " has no effect: Skerry knows no such name; `skerry config` shows its settings.");
  }
  return out;
}

}  // namespace skerry::config
