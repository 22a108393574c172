#include "native-host/config/config.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::config {
namespace {

using namespace std::chrono_literals;

/// Settings that have one row of each sort.
struct Sample {
  std::string data_dir = ".skerry";
  std::string database_url;
  std::string listen = "127.0.0.1:8080";
  std::string kv_listen = "127.0.0.1:8081";
  std::int64_t workers = 0;
  bool access_log = true;
  std::vector<std::string> collectors;
  std::string archive = "auto";
  std::int64_t max_body_bytes = 1 << 20;
  Duration idle_timeout = 75s;
  Duration request_timeout = 20s;
  Duration update_interval = 300s;
  std::int64_t update_per_host = 6;
  std::string heartbeat_url;
  Secret cloudflare_token;
  std::string redis_url = "redis://127.0.0.1:6379";
};
/// A second part of the program.
struct Other {
  Secret code;
};

constexpr FunctionSetting kLatest[] = {
    {.name = "view_promise_seconds", .type = FunctionSetting::Type::number, .help = "h", .fallback = "900"},
    {.name = "gzip", .type = FunctionSetting::Type::toggle, .help = "h", .fallback = "on"},
    {.name = "title", .help = "h"},
    {.name = "gpc",
     .type = FunctionSetting::Type::choice,
     .help = "h",
     .fallback = "anonymise",
     .choices = {"keep", "anonymise", "drop"}},
    {.name = "trusted_proxies", .type = FunctionSetting::Type::prefixes, .help = "h"},
    {.name = "paths", .type = FunctionSetting::Type::paths, .help = "h"},
    {.name = "hosts", .type = FunctionSetting::Type::hosts, .help = "h"},
    {.name = "code", .type = FunctionSetting::Type::secret, .help = "h", .native = "api.token"},
    {.name = "api_token", .type = FunctionSetting::Type::secret, .help = "h"}};

std::optional<Broken> judge_sample(const Sample& settings) {
  if (settings.archive == "replica" && settings.workers == 1024)
    return Broken{"archive", "\"archive\" needs fewer workers."};
  return std::nullopt;
}

std::shared_ptr<const Schema> sample() {
  using S = Sample;
  auto table = Table::of<S>("sample");
  table.rows({
      {"data_dir", field<&S::data_dir>, "h"},
      {.name = "database_url", .field = field<&S::database_url>, .help = "h", .secrecy = Secrecy::url},
      {.name = "listen",
       .field = field<&S::listen>,
       .help = "h",
       .fits = [](std::string_view text) { return text.contains(':'); },
       .wants = "an address",
       .distinct = "address"},
      {.name = "kv_listen",
       .field = field<&S::kv_listen>,
       .help = "h",
       .distinct = "address",
       .clash = [](std::string_view one, std::string_view other) { return one.ends_with(other.substr(1)); }},
      {"workers", field<&S::workers>, "h", 0, 1024},
      {"access_log", field<&S::access_log>, "h"},
      {"collectors", field<&S::collectors>, "h"},
      {.name = "archive",
       .field = field<&S::archive>,
       .help = "h",
       .choices = {"auto", "real", "replica"},
       .live = true},
      {.name = "limits.body_bytes",
       .field = field<&S::max_body_bytes>,
       .help = "h",
       .min = 0,
       .max = 1 << 30,
       .unit = Unit::bytes},
      {"limits.idle_timeout", field<&S::idle_timeout>, "h", 100, 86'400'000},
      {"limits.request_timeout", field<&S::request_timeout>, "h", 100, 3'600'000},
      {"update.interval", field<&S::update_interval>, "h", 10'000, 604'800'000},
      {"update.per_host", field<&S::update_per_host>, "h", 1, 1000},
      {.name = "heartbeat.url", .field = field<&S::heartbeat_url>, .help = "h", .secrecy = Secrecy::address},
      {.name = "events.redis_url", .field = field<&S::redis_url>, .help = "h", .secrecy = Secrecy::url},
  });
  table.rule<S, judge_sample>();
  table.secret<&S::cloudflare_token>("publish.cloudflare.token", "cloudflare-token", "h");
  table.foreign({{.name = "DATABASE_URL", .setting = "database_url", .weight = 1},
                 {.name = "OTHER_DATABASE", .setting = "database_url"},
                 {.name = "OTHER_GONE", .instead = "nothing takes its place"}},
                "OTHER_");
  auto other = Table::of<Other>("other");
  other.secret<&Other::code>("health.code", "health-code", "h", "/health");
  auto schema = std::make_shared<Schema>();
  schema->tables = {std::move(table), std::move(other)};
  schema->functions = {{"latest", kLatest, {"/latest"}}, {"health", {}, {"/health", "/h/*"}}};
  return schema;
}

Result<Loaded> load(const Sources& sources) {
  return config::load(sample(), sources);
}

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
  CHECK(loaded->get<Sample>().listen == "c:3");
  CHECK(loaded->get<Sample>().workers == 2);
  CHECK(loaded->get<Sample>().data_dir == "d");
  CHECK(loaded->get<Sample>().update_interval == 60s);
  CHECK(loaded->get<Sample>().update_per_host == Sample().update_per_host);
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
  const auto& settings = loaded->get<Sample>();
  CHECK(!settings.access_log);
  CHECK(settings.collectors == std::vector<std::string>{"rrc00", "route-views2"});
  CHECK(settings.archive == "replica");
  CHECK(settings.max_body_bytes == 2 << 20);
  CHECK(settings.idle_timeout == 60s);
  CHECK(settings.request_timeout == 1500ms);
  CHECK(loaded->functions.at("latest") ==
        FunctionSettings{{"gzip", "on"}, {"title", "x"}, {"view_promise_seconds", "3600"}});
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
           {"[updates]\ninterval = 5", "skerry.toml:1: There is no table [updates]. Do you mean [update]?"},
           {"[zzzzzzzzzzzzzzzz]", "skerry.toml:1: There is no table [zzzzzzzzzzzzzzzz]."},
           {"[limts]\nmemory = 1", "skerry.toml:1: There is no table [limts]. Do you mean [limits]?"},
           {"\nlimts.memory = 1", "skerry.toml:2: There is no table [limts]. Do you mean [limits]?"},
           {"[function.latest]\ngzip = true", "There is no table [function]. Do you mean [functions]?"},
           {"workers = \"many\"", "skerry.toml:1: \"workers\" must be a whole number from 0 to 1024."},
           {"workers = -1", "\"workers\" must be a whole number from 0 to 1024."},
           {"workers = 1.5", "\"workers\" must be"},
           {"workers = true", "\"workers\" must be"},
           {"listen = 8080", "\"listen\" must be an address."},
           {"listen = [\"a\"]", "\"listen\" must be an address."},
           {"[listen]\na = 1", "\"listen\" must be an address."},
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
           {"[functions.latst]\ngzip = true",
            "skerry.toml:2: There is no function \"latst\". Do you mean \"latest\"?"},
           {"[functions.latest]\ngpcc = \"drop\"",
            "There is no setting \"functions.latest.gpcc\". Do you mean \"functions.latest.gpc\"?"},
           {"[functions.latest]\ngpc = \"banana\"",
            "\"functions.latest.gpc\" must be one of \"keep\" \"anonymise\" \"drop\"."},
           {"[functions.latest]\ngpc = \"\"", "must be one of"},
           {"[functions.latest]\ngzip = \"perhaps\"", "\"functions.latest.gzip\" must be on or off."},
           {"[functions.latest]\nview_promise_seconds = -1", "must be a whole number from 0"},
           {"[functions.latest]\ntrusted_proxies = \"10.0.0.0/33\"", "must be a list of addresses"},
           {"[functions.latest]\npaths = \"t\"",
            "skerry.toml:2: \"functions.latest.paths\" must be a list of paths"},
           {"[functions.latest]\npaths = \"/latest, /health\"",
            "skerry.toml:2: \"functions.latest.paths\": /health is a path of the function health"},
           {"[functions.latest]\npaths = \"/h/*\"", "/h/* is a path of the function health"},
           {"[functions.latest]\ncode = \"x\"",
            "skerry.toml:2: \"functions.latest.code\" is set under another name here: use"},
           {"listen = \"nowhere\"", "skerry.toml:1: \"listen\" must be an address."},
           {"listen = \"a:1\"\nkv_listen = \"a:1\"",
            "skerry.toml:2: \"kv_listen\" and \"listen\" are the same, a:1: give each its own."},
           {"listen = \"a:1\"\nkv_listen = \"b:1\"",
            "skerry.toml:2: \"kv_listen\" and \"listen\" are the same, b:1 and a:1: give each its own."},
           {"archive = \"replica\"\nworkers = 1024", "skerry.toml:1: \"archive\" needs fewer workers."},
           {"limits.body_bytes = \"2 GiB\"", "\"limits.body_bytes\" must be a size from 0 to 1 GiB."},
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
                                      {"SKERRY_GZIP", "off"},
                                      {"SKERRY_PER_HOST", "1"},
                                      {"SKERRY_SOMEBODY_ELSES", "x"},
                                      {"DATABASE_URL", "postgres://common"},
                                      {"SKERRY_COLLECTORS", "rrc00, rrc01"},
                                      {"SKERRY_FUNCTIONS_LATEST_VIEW_PROMISE_SECONDS", "5"}},
                      .flags = {{"functions.latest.gzip", "false"}}});
  REQUIRE(loaded);
  CHECK(loaded->warnings ==
        std::vector<std::string>{
            "SKERRY_GZIP in the environment is no setting. Do you mean SKERRY_FUNCTIONS_LATEST_GZIP?",
            "SKERRY_LISTN in the environment is no setting. Do you mean SKERRY_LISTEN?",
            "SKERRY_PER_HOST in the environment is no setting. Do you mean SKERRY_UPDATE_PER_HOST?"});
  CHECK(loaded->get<Sample>().database_url == "postgres://common");
  CHECK(loaded->get<Sample>().collectors == std::vector<std::string>{"rrc00", "rrc01"});
  CHECK(loaded->functions.at("latest") == FunctionSettings{{"gzip", "off"}, {"view_promise_seconds", "5"}});
  auto own =
      load({.file_name = "f",
            .file = {},
            .environment = {{"SKERRY_DATABASE_URL", "postgres://own"}, {"DATABASE_URL", "postgres://common"}},
            .flags = {}});
  CHECK(own->get<Sample>().database_url == "postgres://own");
}

TEST_CASE("a .env file is weaker than the environment and stronger than the settings file") {
  const auto loaded = load({.file_name = "f",
                            .file = "listen = \"a:1\"\nkv_listen = \"a:2\"\n",
                            .env_file_name = ".env",
                            .env_file = "SKERRY_LISTEN=b:1\nSKERRY_WORKERS=3\nDATABASE_URL=postgres://e/"
                                        "d\nnonsense\nSKERRY_WORKRES=1\nSKERRY_FOO=1\n",
                            .environment = {{"SKERRY_WORKERS", "4"}},
                            .flags = {}});
  REQUIRE_MESSAGE(loaded, loaded.error().message);
  CHECK(loaded->get<Sample>().listen == "b:1");
  CHECK(loaded->origins.at("listen") == "SKERRY_LISTEN in .env");
  CHECK(loaded->get<Sample>().kv_listen == "a:2");
  CHECK(loaded->get<Sample>().workers == 4);
  CHECK(loaded->origins.at("workers") == "SKERRY_WORKERS");
  CHECK(loaded->get<Sample>().database_url == "postgres://e/d");
  CHECK(loaded->warnings ==
        std::vector<std::string>{".env:4: This is no line NAME=value.", "SKERRY_FOO in .env is no setting.",
                                 "SKERRY_WORKRES in .env is no setting. Do you mean SKERRY_WORKERS?"});
}

TEST_CASE("lines of a .env file that can't be read are warnings, a file of nothing else is refused") {
  const std::string other = " This is no line NAME=value.";
  const auto many = [](std::size_t count, const std::string& line) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += line;
    return text;
  };
  struct Case {
    std::string text;
    std::string error;  ///< empty: it is read
    std::size_t warnings = 0;
    std::string last = {};
  };
  for (const auto& [text, error, warnings, last] : std::vector<Case>{
           {"", "", 0},
           {"\n# nothing yet\n", "", 0},
           {"A=1\n", "", 0},
           {"A=1\nB: 2\n", "", 1, ".env:2:" + other},
           {"B: 2\nA=1\n1=2\n", "", 2, ".env:3:" + other},
           {many(12, "nonsense\n") + "A=1\n", "", 11, ".env: 2 further lines are no lines NAME=value."},
           {"listen: 127.0.0.1:0\n",
            ".env:1: This is no line NAME=value, and no other line of the file is one."},
           {"# a comment\n\n{\"A\": \"1\"}\n", ".env:3:" + other.substr(0, other.size() - 1) + ", and no"},
           {"[section]\nlisten\n", ".env:1:"},
           {std::string("\xFF\xFE"
                        "A\0=\0"
                        "1\0\n\0",
                        10),
            ".env:1:"},
           {std::string(100, '\0'), ".env:1:"},
           {many(100'000, "x\n"), ".env:1:"},
       }) {
    CAPTURE(text.substr(0, 60));
    const auto loaded = load({.file_name = "f",
                              .file = {},
                              .env_file_name = ".env",
                              .env_file = text,
                              .environment = {},
                              .flags = {}});
    CHECK(loaded.has_value() == error.empty());
    if (!loaded) {
      CHECK(loaded.error().code == "config_invalid");
      CHECK(loaded.error().message.starts_with(error));
      CHECK_FALSE(loaded.error().message.contains('\n'));
      continue;
    }
    CHECK(loaded->warnings.size() == warnings);
    if (!loaded->warnings.empty()) CHECK(loaded->warnings.back() == last);
  }
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
           {"functions.latest.api_token", "geheim", "SKERRY_FUNCTIONS_LATEST_API_TOKEN in the environment."},
           {"health.code", "geheim", "SKERRY_HEALTH_CODE in the environment, or \"health.code_file\"."},
           {"events.redis_url", "redis://:geheim@h:6379/6", "SKERRY_EVENTS_REDIS_URL in the environment."},
           {"events.redis_url", "redis://h:6379/6", nullptr},
           {"database_url", "postgres://u:geheim@h/d", "SKERRY_DATABASE_URL in the environment."},
           {"database_url", "host=h password=geheim", "is a secret"},
           {"heartbeat.url", "https://hc.example/geheim", "is a secret"},
           {"database_url", "postgres://u@h/d", nullptr},
           {"health.code_file", "/etc/token", nullptr},
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
                            .environment = {{"SKERRY_PUBLISH_CLOUDFLARE_TOKEN", "geheim"},
                                            {"DATABASE_URL", "host='h' password='ge\\'heim'"},
                                            {"SKERRY_FUNCTIONS_LATEST_API_TOKEN", "geheim"}},
                            .flags = {}});
  REQUIRE(loaded);
  for (const auto& setting : describe(*loaded)) {
    CAPTURE(setting.name);
    CHECK(setting.value.find("heim") == std::string::npos);
    if (setting.name == "heartbeat.url") CHECK(setting.value == "https://hc.example/***");
    if (setting.name == "publish.cloudflare.token") CHECK(setting.value == "***");
    if (setting.name == "health.code") CHECK(setting.value.empty());
    if (setting.name == "functions.latest.api_token") CHECK(setting.value == "***");
  }
}

TEST_CASE("names of other programs yield to ours, the heavier one counts, and what has no effect is told") {
  const auto loaded = load({.file_name = "f",
                            .file = {},
                            .environment = {{"DATABASE_URL", "postgres://h/d"},
                                            {"OTHER_DATABASE", "postgres://o/d"},
                                            {"OTHER_GONE", "x"},
                                            {"OTHER_NEW", "x"}},
                            .flags = {}});
  REQUIRE(loaded);
  CHECK(loaded->get<Sample>().database_url == "postgres://h/d");
  CHECK(loaded->origins.at("database_url") == "DATABASE_URL");
  CHECK(loaded->warnings ==
        std::vector<std::string>{
            "OTHER_GONE has no effect: nothing takes its place.",
            "OTHER_NEW has no effect: Skerry knows no such name; `skerry config` shows its "
            "settings."});
}

TEST_CASE("every setting is shown, also a function's, with its default") {
  const auto loaded =
      load({.file_name = "f", .file = {}, .environment = {}, .flags = {{"functions.latest.gzip", "no"}}});
  REQUIRE(loaded);
  const auto shown = describe(*loaded);
  CHECK(shown.front().name == "data_dir");
  CHECK(shown.front().origin == "default");
  const auto of = [&](std::string_view name) { return *std::ranges::find(shown, name, &Shown::name); };
  CHECK(of("functions.latest.gzip").value == "off");
  CHECK(of("functions.latest.gzip").origin == "command line");
  CHECK(of("functions.latest.gpc").value == "anonymise");
  CHECK(of("limits.body_bytes").value == "1 MiB");
  CHECK(of("health.code_file").value.empty());
}

TEST_CASE("secrets know their names, and what is closed without them") {
  const auto loaded =
      load({.file_name = "f", .file = {}, .environment = {{"SKERRY_HEALTH_CODE", "c"}}, .flags = {}});
  REQUIRE(loaded);
  const auto secrets = secrets_of(*loaded);
  REQUIRE(secrets.size() == 2);
  CHECK(secrets[0].name == "publish.cloudflare.token");
  CHECK(!secrets[0].secret->is_set());
  CHECK(secrets[1].closes == "/health");
  CHECK(secrets[1].secret->read() == "c");
  CHECK(secrets[1].secret->credential == "health-code");
}

TEST_CASE("two readings differ in what has changed") {
  const auto before = load_file("archive = \"real\"\n");
  const auto after = load_file("workers = 2\n[functions.latest]\ngzip = \"off\"\n");
  REQUIRE(before);
  REQUIRE(after);
  CHECK(differences(*before, *after) ==
        std::vector<Difference>{{"workers", false}, {"archive", true}, {"functions.latest.gzip", true}});
  CHECK(differences(*before, *before).empty());
  // What is changed in one does not change the other.
  CHECK(before->get<Sample>().workers == 0);
}

}  // namespace
}  // namespace skerry::config
