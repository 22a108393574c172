#include "native-host/broker/settings.hpp"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "native-host/config/config.hpp"
#include "native-host/edge/settings.hpp"
#include "native-host/events/settings.hpp"
#include "native-host/program/settings.hpp"
#include "native-host/publish/settings.hpp"

/// The tables of the whole program together.
namespace skerry::config {
namespace {

std::shared_ptr<const Schema> schema() {
  auto all = std::make_shared<Schema>();
  all->tables = {program::settings_table(), events::settings_table(), broker::settings_table(),
                 publish::settings_table(), edge::settings_table()};
  return all;
}

Result<Loaded> load(const Sources& sources) {
  return config::load(schema(), sources);
}

/// The value itself, also of a secret.
std::string shown(const Loaded& loaded, std::string_view setting) {
  for (const auto& secret : secrets_of(loaded))
    if (secret.name == setting) return secret.secret->value;
  if (setting == "database_url") return loaded.get<program::Settings>().database_url;
  if (setting == "heartbeat.url") return loaded.get<broker::Settings>().heartbeat_url;
  for (const auto& each : describe(loaded))
    if (each.name == setting) return each.value;
  return "no such setting";
}

TEST_CASE("the tables are sound") {
  std::set<std::string> names;
  for (const auto& table : schema()->tables) {
    const auto defaults = table.make();
    const auto again = table.make();
    for (const auto& setting : table.settings()) {
      CAPTURE(setting.name);
      CHECK(names.insert(setting.environment_name()).second);
      CHECK(!setting.help.empty());
      // A default is a value that could be given.
      CHECK(assign_text(setting, again.get(), to_text(setting, defaults.get())));
      CHECK(to_text(setting, again.get()) == to_text(setting, defaults.get()));
    }
  }
}

TEST_CASE("what can be judged before anything starts is judged") {
  for (const auto* line :
       {"listen = \"8080\"", "listen = \"\"", "kv_listen = \"x\"", "trusted_proxies = [\"10.0.0.0/33\"]",
        "kv_listen = \"127.0.0.1:8080\"", "events.queue = \"kafka\"", "events.max_bytes = \"1 KiB\"",
        "heartbeat.url = \"nope\"", "heartbeat.url = \"ftp://h/x\"", "events.redis_url = \"http://x\"",
        "events.redis_url = \"rediss://x\"", "publish.fastly.base = \"api.fastly.com\"",
        "publish.cloudflare.base = \"\"", "[events]\nmax_bytes = \"1 MiB\"\nsegment_bytes = \"2 MiB\""}) {
    CAPTURE(line);
    const auto loaded = load({.file_name = "f", .file = line, .environment = {}, .flags = {}});
    REQUIRE(!loaded);
    CHECK(loaded.error().kind == ErrorKind::usage);
  }
  for (const auto* line :
       {"kv_listen = \"\"", "heartbeat.url = \"\"", "events.redis_url = \"unix:/run/redis.sock\"",
        "events.max_bytes = \"1 MiB\"", "[events]\nmax_bytes = \"1 MiB\"\nsegment_bytes = \"1 MiB\""}) {
    CAPTURE(line);
    CHECK(load({.file_name = "f", .file = line, .environment = {}, .flags = {}}));
  }
}

TEST_CASE("names of the originals set our settings, and ours win") {
  struct Case {
    Environment environment;
    const char* setting;
    const char* value;
  };
  for (const auto& [environment, setting, value] : std::vector<Case>{
           {{{"DATABASE_URL", "postgres://h/d"}}, "database_url", "postgres://h/d"},
           {{{"DATABASE_URL", "postgres://h/d"}, {"SKERRY_DATABASE_URL", "postgres://o/d"}},
            "database_url",
            "postgres://o/d"},
           {{{"BGPKIT_BROKER_POSTGRES_URL", "postgres://b/d"}}, "database_url", "postgres://b/d"},
           {{{"BGPKIT_BROKER_POSTGRES_URL", "postgres://b/d"}, {"DATABASE_URL", "postgres://h/d"}},
            "database_url",
            "postgres://h/d"},
           {{{"POSTGRES_HOST", "h"}}, "database_url", "host='h'"},
           {{{"POSTGRES_HOST", "h"},
             {"POSTGRES_USER", "u"},
             {"POSTGRES_PASSWORD", "it's \\"},
             {"POSTGRES_DB", "d"},
             {"PGPORT", "5433"}},
            "database_url",
            R"(host='h' port='5433' user='u' password='it\'s \\' dbname='d')"},
           {{{"BROKER_PG_HOST", "h"}, {"BROKER_PG_PORT", "1"}, {"BROKER_PG_DB", "d"}},
            "database_url",
            "host='h' port='1' dbname='d'"},
           {{{"POSTGRES_HOST", "h"}, {"BROKER_PG_HOST", "b"}}, "database_url", "host='b'"},
           {{{"POSTGRES_HOST", "h"}, {"DATABASE_URL", "postgres://d"}}, "database_url", "postgres://d"},
           {{{"PGPORT", "5433"}}, "database_url", ""},
           {{{"DATABASE_URL", ""}}, "database_url", ""},
           {{{"DATABASE_URL", "postgres://h/d"},
             {"PGHOST", "x"},
             {"PGDATA", "x"},
             {"PG_MAJOR", "17"},
             {"PGP_KEY", "x"}},
            "database_url",
            "postgres://h/d"},
           {{{"BGPKIT_BROKER_CRAWLER_MAX_RETRIES", "0"}}, "update.attempts", "1"},
           {{{"BGPKIT_BROKER_CRAWLER_MAX_RETRIES", "5"}}, "update.attempts", "6"},
           {{{"BGPKIT_BROKER_CRAWLER_MAX_RETRIES", "5"}, {"SKERRY_UPDATE_ATTEMPTS", "2"}},
            "update.attempts",
            "2"},
           {{{"BGPKIT_BROKER_CRAWLER_BACKOFF_MS", "1500"}}, "update.backoff", "1500ms"},
           {{{"BGPKIT_BROKER_HEARTBEAT_URL", "https://h/x"}}, "heartbeat.url", "https://h/x"},
           {{{"CLOUDFLARE_API_TOKEN", "t"}}, "publish.cloudflare.token", "t"},
           {{{"CLOUDFLARE_ACCOUNT_ID", "a"}}, "publish.cloudflare.account", "a"},
           {{{"CLOUDFLARE_API_TOKEN", "t"}, {"SKERRY_PUBLISH_CLOUDFLARE_TOKEN", "o"}},
            "publish.cloudflare.token",
            "o"},
           {{{"FASTLY_API_TOKEN", "t"}}, "publish.fastly.token", "t"},
           {{{"HEALTH_CHECK_CODE", "c"}}, "health.code", "c"},
           {{{"METRICS_CODE", "c"}, {"SKERRY_METRICS_CODE", "o"}}, "metrics.code", "o"},
       }) {
    CAPTURE(setting);
    CAPTURE(value);
    const auto loaded = load({.file_name = "f", .file = {}, .environment = environment, .flags = {}});
    REQUIRE_MESSAGE(loaded, loaded.error().message);
    CHECK(loaded->warnings.empty());
    CHECK(shown(*loaded, setting) == value);
  }
}

TEST_CASE("a name without effect gets one warning that says what takes its place") {
  struct Case {
    Environment environment;
    const char* warning;
  };
  for (const auto& [environment, warning] : std::vector<Case>{
           {{{"BGPKIT_BROKER_URL", "x"}}, "BGPKIT_BROKER_URL has no effect: `skerry latest --url`"},
           {{{"BGPKIT_BROKER_SQLITE_PATH", "x"}}, "PostgreSQL"},
           {{{"BGPKIT_BROKER_CRAWLER_MONTH_CONCURRENCY", "2"}}, "update.concurrency"},
           {{{"BGPKIT_BROKER_BACKUP_TO", "x"}}, "pg_dump"},
           {{{"BGPKIT_BROKER_NEW_IDEA", "x"}}, "BGPKIT_BROKER_NEW_IDEA has no effect"},
           {{{"ONEIO_ACCEPT_INVALID_CERTS", "true"}}, "collectors_file"},
           {{{"POSTGRES_USER", "u"}, {"POSTGRES_DB", "d"}},
            "POSTGRES_USER has no effect without POSTGRES_HOST"},
           {{{"POSTGRES_HOST", "h"}, {"POSTGRES_PORT", "5433"}},
            "POSTGRES_PORT has no effect: PGPORT is the port."},
           {{{"POSTGRES_PORT", "5433"}}, "POSTGRES_PORT has no effect"},
           {{{"POSTGRES_HOST", "h"}, {"POSTGRES_PASSWORD_FILE", "f"}},
            "POSTGRES_PASSWORD_FILE has no effect: database_url"},
           {{{"POSTGRES_INITDB_ARGS", "x"}}, "POSTGRES_INITDB_ARGS has no effect"},
           {{{"BROKER_PG_HOST", "h"}, {"BROKER_PG_SSL", "x"}}, "BROKER_PG_SSL has no effect"},
           {{{"PG_HOST", "h"}}, "PG_HOST has no effect: database_url"},
           {{{"DATABASE_URL", "postgres://h/d"}, {"PG_PASSWORD", "h"}}, "PG_PASSWORD has no effect"},
           {{{"PGDB", "d"}}, "PGDB has no effect"},
           {{{"PGHOST", "h"}}, "PGHOST has no effect: database_url"},
           {{{"PGDATABASE", "d"}, {"PGUSER", "u"}, {"PGSSLMODE", "require"}}, "PGDATABASE has no effect"},
           {{{"BGPKIT_DATABASE", "x"}}, "BGPKIT_DATABASE has no effect"},
       }) {
    const auto loaded = load({.file_name = "f", .file = {}, .environment = environment, .flags = {}});
    REQUIRE(loaded);
    REQUIRE(loaded->warnings.size() == 1);
    CHECK_MESSAGE(loaded->warnings[0].find(warning) != std::string::npos, loaded->warnings[0]);
  }
}

TEST_CASE("a value that can't be is refused under the name that it came by") {
  for (const char* value : {"many", "-2", "99999999999999999999", "1e3", "100000000"}) {
    CAPTURE(value);
    const auto loaded = load({.file_name = "f",
                              .file = {},
                              .environment = {{"BGPKIT_BROKER_CRAWLER_MAX_RETRIES", value}},
                              .flags = {}});
    REQUIRE(!loaded);
    CHECK(
        loaded.error().message.starts_with("BGPKIT_BROKER_CRAWLER_MAX_RETRIES: \"update.attempts\" must be"));
  }
}

}  // namespace
}  // namespace skerry::config
