#include "native-host/config/config.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::config {
namespace {

using namespace std::chrono_literals;

Result<Loaded> load_file(std::string text) {
  return load({.file_name = "skerry.toml", .file = std::move(text), .environment = {}, .flags = {}});
}

TEST_CASE("a later source wins, and is named") {
  Sources sources{.file_name = "skerry.toml",
                  .file = "listen = \"a:1\"\nworkers = 1\ndata_dir = \"d\"\n[update]\ninterval = 60\n",
                  .environment = {{"SKERRY_LISTEN", "b:2"}, {"SKERRY_WORKERS", "2"}, {"HOME", "/"}},
                  .flags = {{"listen", "c:3"}}};
  auto loaded = load(sources);
  REQUIRE(loaded);
  CHECK(loaded->settings.listen == "c:3");
  CHECK(loaded->settings.workers == 2);
  CHECK(loaded->settings.data_dir == "d");
  CHECK(loaded->settings.update_interval == 60s);
  CHECK(loaded->settings.update_per_host == Settings().update_per_host);
  CHECK(loaded->origins.at("listen") == "command line");
  CHECK(loaded->origins.at("workers") == "SKERRY_WORKERS");
  CHECK(loaded->origins.at("data_dir") == "skerry.toml:3");
  CHECK(loaded->origins.at("update.interval") == "skerry.toml:5");
  CHECK(!loaded->origins.contains("update.per_host"));
  CHECK(loaded->warnings.empty());
}

TEST_CASE("values are written as people write them") {
  auto loaded = load_file(R"(
    access_log = false
    collectors = ["rrc00", "route-views2"]
    archive = "replica"
    [limits]
    body_bytes = "2 MiB"
    idle_timeout = "1m"
    request_timeout = 1.5
    [functions.latest]
    view_promise_seconds = 3600
    gzip = true
    title = "x"
  )");
  REQUIRE(loaded);
  const auto& settings = loaded->settings;
  CHECK(!settings.access_log);
  CHECK(settings.collectors == std::vector<std::string>{"rrc00", "route-views2"});
  CHECK(settings.archive == "replica");
  CHECK(settings.max_body_bytes == 2 << 20);
  CHECK(settings.idle_timeout == 60s);
  CHECK(settings.request_timeout == 1500ms);
  CHECK(settings.functions.at("latest") ==
        FunctionSettings{{"gzip", "true"}, {"title", "x"}, {"view_promise_seconds", "3600"}});
}

TEST_CASE("an error names its place and what was meant") {
  struct Case {
    const char* file;
    const char* message;
  };
  for (const auto& [file, message] : std::vector<Case>{
           {"\nlisten_on = \"a\"",
            "skerry.toml:2: There is no setting \"listen_on\". Do you mean \"listen\"?"},
           {"[update]\nintervall = 5",
            "skerry.toml:2: There is no setting \"update.intervall\". Do you mean "
            "\"update.interval\"?"},
           {"[updates]\ninterval = 5", "skerry.toml:1: There is no setting \"updates\"."},
           {"[zzzzzzzzzzzzzzzz]", "skerry.toml:1: There is no setting \"zzzzzzzzzzzzzzzz\"."},
           {"workers = \"many\"", "skerry.toml:1: \"workers\" must be a whole number from 0 to 1024."},
           {"workers = -1", "\"workers\" must be a whole number from 0 to 1024."},
           {"workers = 1.5", "\"workers\" must be"},
           {"workers = true", "\"workers\" must be"},
           {"listen = 8080", "\"listen\" must be a string."},
           {"listen = [\"a\"]", "\"listen\" must be a string."},
           {"[listen]\na = 1", "\"listen\" must be a string."},
           {"access_log = \"yes\"", "\"access_log\" must be true or false."},
           {"collectors = [1]", "\"collectors\" must be a list of strings."},
           {"collectors = \"rrc00\"", "\"collectors\" must be a list of strings."},
           {"archive = \"fake\"", "\"archive\" must be one of \"auto\" \"real\" \"replica\"."},
           {"update.interval = \"1s\"", "\"update.interval\" must be a duration from 10s to 7d."},
           {"update.interval = nan", "\"update.interval\" must be"},
           {"update.interval = 2026-11-21", "\"update.interval\" must be"},
           {"update = 5", "There is no setting \"update\"."},
           {"functions = 5", "\"functions\" must be a table."},
           {"[functions]\nlatest = 5", "skerry.toml:2: \"functions.latest\" must be a table."},
           {"[functions.latest]\ngzip = [1]",
            "skerry.toml:2: \"gzip\" must be a string, a number, true or false."},
           {"[functions.\"a b\"]\ngzip = 1", "lower-case words"},
           {"workers = 1\nworkers = 2", "skerry.toml:2: "},
           {"listen = \"a", "skerry.toml:1: "},
           {"\xff", "skerry.toml:1: "},
           {"caf\xc3\xa9 = 1", "skerry.toml:1: "},
           {"[\n", "skerry.toml:1: "},
           {"[ =", "skerry.toml:1: "},
       }) {
    CAPTURE(file);
    auto loaded = load_file(file);
    REQUIRE(!loaded);
    CHECK(loaded.error().code == "config_invalid");
    CHECK_MESSAGE(loaded.error().message.find(message) != std::string::npos, loaded.error().message);
  }
}

TEST_CASE("all errors are told at once") {
  auto loaded = load({.file_name = "f",
                      .file = "workers = -1\nfoo = 1",
                      .environment = {{"SKERRY_ARCHIVE", "x"}},
                      .flags = {{"update.interval", "x"}}});
  REQUIRE(!loaded);
  const auto& message = loaded.error().message;
  CHECK(std::ranges::count(message, '\n') == 3);
  CHECK(message.find("SKERRY_ARCHIVE: ") != std::string::npos);
  CHECK(message.find("command line: ") != std::string::npos);
}

TEST_CASE("the environment") {
  auto loaded = load({.file_name = "f",
                      .file = {},
                      .environment = {{"SKERRY_LISTN", "x"},
                                      {"DATABASE_URL", "postgres://common"},
                                      {"SKERRY_COLLECTORS", "rrc00, rrc01"},
                                      {"SKERRY_FUNCTIONS_LATEST_VIEW_PROMISE_SECONDS", "5"}},
                      .flags = {{"functions.latest.gzip", "false"}}});
  REQUIRE(loaded);
  CHECK(loaded->warnings == std::vector<std::string>{"SKERRY_LISTN in the environment is no setting."});
  CHECK(loaded->settings.database_url == "postgres://common");
  CHECK(loaded->settings.collectors == std::vector<std::string>{"rrc00", "rrc01"});
  CHECK(loaded->settings.functions.at("latest") ==
        FunctionSettings{{"gzip", "false"}, {"view_promise_seconds", "5"}});
  auto own =
      load({.file_name = "f",
            .file = {},
            .environment = {{"SKERRY_DATABASE_URL", "postgres://own"}, {"DATABASE_URL", "postgres://common"}},
            .flags = {}});
  CHECK(own->settings.database_url == "postgres://own");
}

TEST_CASE("a .env file is weaker than the environment and stronger than the settings file") {
  const auto loaded =
      load({.file_name = "f",
            .file = "listen = \"a:1\"\nkv_listen = \"a:2\"\n",
            .env_file_name = ".env",
            .env_file = "SKERRY_LISTEN=b:1\nSKERRY_WORKERS=3\nDATABASE_URL=postgres://e/d\nnonsense\n",
            .environment = {{"SKERRY_WORKERS", "4"}},
            .flags = {}});
  REQUIRE_MESSAGE(loaded, loaded.error().message);
  CHECK(loaded->settings.listen == "b:1");
  CHECK(loaded->origins.at("listen") == "SKERRY_LISTEN in .env");
  CHECK(loaded->settings.kv_listen == "a:2");
  CHECK(loaded->settings.workers == 4);
  CHECK(loaded->origins.at("workers") == "SKERRY_WORKERS");
  CHECK(loaded->settings.database_url == "postgres://e/d");
  CHECK(loaded->warnings == std::vector<std::string>{".env:4: This is no line NAME=value."});
}

TEST_CASE("a secret is refused where others can read it, and never shown") {
  struct Case {
    const char* name;
    const char* value;
    const char* message;  ///< null: it is taken
  };
  for (const auto& [name, value, message] : std::vector<Case>{
           {"publish.cloudflare.token", "geheim",
            "SKERRY_PUBLISH_CLOUDFLARE_TOKEN in the environment, or \"publish.cloudflare.token_file\"."},
           {"publish.fastly.token", "geheim", "is a secret"},
           {"events.ingest_secret", "geheim",
            "SKERRY_EVENTS_INGEST_SECRET in the environment, or \"events.ingest_secret_file\"."},
           {"health.code", "geheim", "SKERRY_HEALTH_CODE in the environment, or \"health.code_file\"."},
           {"metrics.code", "geheim", "is a secret"},
           {"events.redis_url", "redis://:geheim@h:6379/6", "SKERRY_EVENTS_REDIS_URL in the environment."},
           {"events.redis_url", "redis://h:6379/6", nullptr},
           {"database_url", "postgres://u:geheim@h/d", "SKERRY_DATABASE_URL in the environment."},
           {"database_url", "host=h password=geheim", "is a secret"},
           {"heartbeat.url", "https://hc.example/geheim", "is a secret"},
           {"database_url", "postgres://u@h/d", nullptr},
           {"publish.fastly.token_file", "/etc/token", nullptr},
       }) {
    CAPTURE(name);
    const auto loaded = load({.file_name = "f", .file = {}, .environment = {}, .flags = {{name, value}}});
    CHECK(loaded.has_value() == (message == nullptr));
    if (loaded) continue;
    CHECK(loaded.error().message.find(message) != std::string::npos);
    CHECK(loaded.error().message.find("geheim") == std::string::npos);
  }
  const auto in_file = load_file("[publish.cloudflare]\ntoken = \"geheim\"\n");
  REQUIRE(!in_file);
  CHECK(in_file.error().message.starts_with("skerry.toml:2: \"publish.cloudflare.token\" does not belong"));

  const auto loaded = load({.file_name = "f",
                            .file = "heartbeat.url = \"https://hc.example/geheim\"",
                            .environment = {{"CLOUDFLARE_API_TOKEN", "geheim"},
                                            {"POSTGRES_HOST", "h"},
                                            {"POSTGRES_PASSWORD", "ge'heim"}},
                            .flags = {}});
  REQUIRE(loaded);
  for (const auto& setting : describe(*loaded)) {
    CAPTURE(setting.name);
    CHECK(setting.value.find("heim") == std::string::npos);
    if (setting.name == "heartbeat.url") CHECK(setting.value == "https://hc.example/***");
    if (setting.name == "publish.cloudflare.token") CHECK(setting.value == "***");
    if (setting.name == "publish.fastly.token") CHECK(setting.value.empty());
  }
}

TEST_CASE("passwords are hidden") {
  struct Case {
    const char* url;
    const char* shown;
  };
  for (const auto& [url, shown] : std::vector<Case>{
           {"postgres://u:secret@h:5432/d?sslmode=require", "postgres://u:***@h:5432/d?sslmode=require"},
           {"postgres://u:se:cr@et@h/d", "postgres://u:***@h/d"},
           {"postgres://u@h:5432/d", "postgres://u@h:5432/d"},
           {"postgres://h/d?user=u&password=secret&x=y", "postgres://h/d?user=u&password=***&x=y"},
           {"host=h password=secret user=u", "host=h password=*** user=u"},
           {"host=h password = 'sec ret\\'s' user=u", "host=h password = *** user=u"},
           {"password=secret", "password=***"},
           {"password='secret", "password=***"},
           {"password='secret\\", "password=***"},
           {"password=", "password="},
           {"", ""},
       }) {
    CAPTURE(url);
    CHECK(hide_password(url) == shown);
  }
  auto loaded = load({.file_name = "f",
                      .file = {},
                      .environment = {{"DATABASE_URL", "postgres://u:secret@h/d"}},
                      .flags = {{"functions.latest.api_token", "secret"},
                                {"functions.latest.gzip", "true"},
                                {"functions.health.health_code", "secret"}}});
  REQUIRE(loaded);
  auto shown = describe(*loaded);
  for (const auto& setting : shown) CHECK(setting.value.find("secret") == std::string::npos);
  CHECK(shown.back().name == "functions.latest.gzip");
  CHECK(shown.back().origin == "command line");
  CHECK(shown.front().origin == "default");
}

}  // namespace
}  // namespace skerry::config
