#include "native-host/config/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

#include "shared/comma_list.hpp"
#include "shared/http.hpp"

namespace skerry::config {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kMaxSize = std::int64_t{1} << 50U;
constexpr std::int64_t kMinEventSegment = 64 << 10;
constexpr std::int64_t kMinEventLog = 2 * kMinEventSegment;

struct Unit {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<Unit, 5> kTimeUnits = {
    {{"d", kDay}, {"h", kHour}, {"m", 60 * kSecond}, {"s", kSecond}, {"ms", 1}}};
constexpr std::array<Unit, 4> kSizeUnits = {{{"", 1}, {"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}}};

template <std::size_t N>
std::optional<std::int64_t> parse_with_unit(std::string_view text, const std::array<Unit, N>& units) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  auto name = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto* unit = std::ranges::find_if(units, [&](const Unit& known) { return known.name == name; });
  std::int64_t value = 0;
  if (unit == units.end() || __builtin_mul_overflow(number, unit->size, &value)) return std::nullopt;
  return value;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  for (CommaList list(text); const auto item = list.next();) items.emplace_back(*item);
  return items;
}

template <auto Member>
Setting::Field field(Settings& settings) {
  return &(settings.*Member);
}

/// A field may be read through a settings object that is const.
Setting::Field field_of(const Setting& setting, const Settings& settings) {
  return setting.field(const_cast<Settings&>(settings));
}

}  // namespace

const std::vector<Setting>& all_settings() {
  using S = Settings;
  static const std::vector<Setting> settings = {
      {"data_dir", field<&S::data_dir>, "Folder of everything that the program keeps"},
      {.name = "database_url",
       .field = field<&S::database_url>,
       .help = "PostgreSQL to use; empty: a private one in data_dir",
       .secrecy = Secrecy::url},
      {"listen", field<&S::listen>, "Where to serve: HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH"},
      {"kv_listen", field<&S::kv_listen>, "Where to serve the keys to a self-hosted workerd; empty: nowhere"},
      {"workers", field<&S::workers>, "Threads that serve; 0: one for each processor", 0, 1024},
      {"access_log", field<&S::access_log>, "A line of JSON on standard error for each request"},
      {"trusted_proxies", field<&S::trusted_proxies>,
       "Addresses and prefixes (10.0.0.0/8) of the proxies in front, which may say who the client is"},
      {"stop_timeout", field<&S::stop_timeout>, "What running requests get to end when the program stops", 0,
       kHour},

      {"limits.header_bytes", field<&S::max_header_bytes>, "Of a request's head", 1024, 1 << 20},
      {"limits.body_bytes", field<&S::max_body_bytes>, "Of a request's body", 0, 1 << 30},
      {"limits.connections", field<&S::max_connections>, "Open at once", 1, 1'000'000},
      {"limits.waiting", field<&S::max_waiting>, "Requests to one function that wait for its answer", 1,
       1'000'000},
      {"limits.idle_timeout", field<&S::idle_timeout>, "Between two requests of a connection", 100, kDay},
      {"limits.request_timeout", field<&S::request_timeout>, "For a head, or for a step of a body", 100,
       kHour},

      {.name = "archive",
       .field = field<&S::archive>,
       .help = "The archives to read; auto: the replica where no real one can be reached",
       .choices = {"auto", "real", "replica"}},
      {"archive_probe_timeout", field<&S::archive_probe_timeout>, "How long auto waits for an archive", 100,
       60 * kSecond},
      {"collectors_file", field<&S::collectors_file>,
       "JSON file with more collectors, or changes to known ones"},
      {"collectors", field<&S::collectors>, "Only these collectors, by id; empty: all"},

      {"update.interval", field<&S::update_interval>, "Between the starts of two rounds", 10 * kSecond,
       7 * kDay},
      {"update.concurrency", field<&S::update_concurrency>, "Listings that are read at once", 1, 1000},
      {"update.per_host", field<&S::update_per_host>, "Of these from one host", 1, 1000},
      {"update.connect_timeout", field<&S::update_connect_timeout>, "To reach a host", 100, kHour},
      {"update.timeout", field<&S::update_timeout>, "For one attempt to read a listing", 100, kHour},
      {"update.attempts", field<&S::update_attempts>, "To read one listing in a round", 1, 100},
      {"update.backoff", field<&S::update_backoff>, "Before the second attempt; it doubles from there", 1,
       kHour},
      {"update.probe", field<&S::update_probe>,
       "Ask for the next file by its name, and read folders only now and then; else all folders, each round"},
      {"update.listing_interval", field<&S::update_listing_interval>,
       "Between two readings of a folder in which nothing is irregular", 60 * kSecond, kDay},
      {"update.exact_sizes", field<&S::update_exact_sizes>,
       "Older files in a round that are asked for their exact size, newest first", 0, 100'000},
      {"update.run_timeout", field<&S::update_run_timeout>, "For a whole round", kSecond, 7 * kDay},

      {"publish.refresh", field<&S::publish_refresh>,
       "An unchanged view is pushed again before a target's copy gets older than this", kSecond, kDay},
      {"publish.timeout", field<&S::publish_timeout>, "For one attempt to push", 100, kHour},
      {"publish.attempts", field<&S::publish_attempts>,
       "To push in one `skerry update --once`; the next run goes on", 1, 100},
      {"publish.cloudflare.account", field<&S::cloudflare_account>,
       "Id of the Cloudflare account; empty: no push to Cloudflare"},
      {"publish.cloudflare.namespace", field<&S::cloudflare_namespace>,
       "Id of the KV namespace; empty: no push to Cloudflare"},
      {.name = "publish.cloudflare.token",
       .field = field<&S::cloudflare_token>,
       .help = "API token with the permission Workers KV Storage Write; from the environment alone",
       .secrecy = Secrecy::token},
      {"publish.cloudflare.token_file", field<&S::cloudflare_token_file>,
       "File with that token, readable by its owner only"},
      {"publish.cloudflare.base", field<&S::cloudflare_base>, "Where Cloudflare's API is"},
      {"publish.fastly.store", field<&S::fastly_store>, "Id of the KV store; empty: no push to Fastly"},
      {.name = "publish.fastly.token",
       .field = field<&S::fastly_token>,
       .help = "API token that may write to the store; from the environment alone",
       .secrecy = Secrecy::token},
      {"publish.fastly.token_file", field<&S::fastly_token_file>,
       "File with that token, readable by its owner only"},
      {"publish.fastly.base", field<&S::fastly_base>, "Where Fastly's API is"},

      {.name = "events.queue",
       .field = field<&S::events_queue>,
       .help = "Where events wait for their readers: the log in data_dir, or Redis with that log behind it",
       .choices = {"disk", "redis"}},
      {.name = "events.ingest_secret",
       .field = field<&S::events_ingest_secret>,
       .help = "What the edge signs its batches with; empty: none are taken; from the environment alone",
       .secrecy = Secrecy::token},
      {"events.ingest_secret_file", field<&S::events_ingest_secret_file>,
       "File with that secret, readable by its owner only"},
      {"events.max_bytes", field<&S::events_max_bytes>, "Of the log; what comes when it is full is refused",
       kMinEventLog, kMaxSize},
      {"events.min_free", field<&S::events_min_free>, "Of the log's disk, left to others", 0, kMaxSize},
      {"events.segment_bytes", field<&S::events_segment_bytes>, "Of one file of the log", kMinEventSegment,
       1 << 30},
      {"events.dedupe_window", field<&S::events_dedupe_window>,
       "How long an id is remembered, so that an event that is sent again is not taken again", 0, 7 * kDay},
      {"events.dedupe_ids", field<&S::events_dedupe_ids>,
       "How many ids are remembered at most, 32 bytes each", 0, 100'000'000},
      {.name = "events.redis_url",
       .field = field<&S::events_redis_url>,
       .help = "Redis to use: redis://[user:password@]host[:port][/database]",
       .secrecy = Secrecy::url},
      {"events.redis_stream", field<&S::events_redis_stream>, "Key of the stream in Redis"},
      {"events.redis_max_length", field<&S::events_redis_max_length>,
       "Entries of the stream, about; then the oldest go, read or not; 0: none goes unread", 0, kMaxSize},

      {.name = "health.code",
       .field = field<&S::health_code>,
       .help = "What /health?code= must say; empty: it answers nobody; from the environment alone",
       .secrecy = Secrecy::token},
      {"health.code_file", field<&S::health_code_file>, "File with that code, readable by its owner only"},
      {.name = "metrics.code",
       .field = field<&S::metrics_code>,
       .help = "What /metrics?code= must say; empty: it answers nobody; from the environment alone",
       .secrecy = Secrecy::token},
      {"metrics.code_file", field<&S::metrics_code_file>, "File with that code, readable by its owner only"},
      {.name = "heartbeat.url",
       .field = field<&S::heartbeat_url>,
       .help = "GET this after each round in which not every collector failed; empty: nothing",
       .secrecy = Secrecy::address},

      {.name = "log.level",
       .field = field<&S::log_level>,
       .help = "The least important lines to write",
       .choices = {"debug", "info", "warning", "error"}},
      {.name = "log.format",
       .field = field<&S::log_format>,
       .help = "Form of the program's own lines on standard error",
       .choices = {"text", "json"}},
  };
  return settings;
}

std::string Setting::environment_name() const {
  std::string result = "SKERRY_";
  for (char c : name) result += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

bool assign(const Setting& setting, Settings& settings, const Setting::Value& value) {
  auto in_range = [&](std::int64_t number) { return number >= setting.min && number <= setting.max; };
  return std::visit(
      [&](auto* target) {
        using Target = std::remove_pointer_t<decltype(target)>;
        const auto* given = std::get_if<Target>(&value);
        if (given == nullptr) return false;
        if constexpr (std::is_same_v<Target, std::int64_t>) {
          if (!in_range(*given)) return false;
        } else if constexpr (std::is_same_v<Target, Duration>) {
          if (!in_range(given->count())) return false;
        } else if constexpr (std::is_same_v<Target, std::string>) {
          if (!setting.choices.empty() && std::ranges::find(setting.choices, *given) == setting.choices.end())
            return false;
        }
        *target = *given;
        return true;
      },
      setting.field(settings));
}

bool assign_text(const Setting& setting, Settings& settings, std::string_view text) {
  auto value = std::visit(
      [&](auto* target) -> std::optional<Setting::Value> {
        using Target = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Target, std::int64_t>) return parse_integer(text);
        if constexpr (std::is_same_v<Target, Duration>) return parse_duration(text);
        if constexpr (std::is_same_v<Target, std::string>) return std::string(text);
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) return split_list(text);
        if constexpr (std::is_same_v<Target, bool>) {
          if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
          if (text == "false" || text == "0" || text == "no" || text == "off") return false;
        }
        return std::nullopt;
      },
      setting.field(settings));
  return value && assign(setting, settings, *value);
}

std::string to_text(const Setting& setting, const Settings& settings) {
  return std::visit(
      [](const auto* value) -> std::string {
        using Target = std::remove_cvref_t<decltype(*value)>;
        if constexpr (std::is_same_v<Target, std::int64_t>) return std::to_string(*value);
        if constexpr (std::is_same_v<Target, Duration>) return format_duration(*value);
        if constexpr (std::is_same_v<Target, std::string>) return *value;
        if constexpr (std::is_same_v<Target, bool>) return *value ? "true" : "false";
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) {
          return join_commas(*value);
        }
      },
      field_of(setting, settings));
}

std::string expectation(const Setting& setting) {
  Settings defaults;
  return std::visit(
      [&](const auto* value) -> std::string {
        using Target = std::remove_cvref_t<decltype(*value)>;
        if constexpr (std::is_same_v<Target, std::int64_t>)
          return "a whole number from " + std::to_string(setting.min) + " to " + std::to_string(setting.max);
        if constexpr (std::is_same_v<Target, Duration>)
          return "a duration from " + format_duration(Duration(setting.min)) + " to " +
                 format_duration(Duration(setting.max));
        if constexpr (std::is_same_v<Target, bool>) return "true or false";
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) return "a list of strings";
        if (setting.choices.empty()) return "a string";
        std::string choices = "one of";
        for (auto choice : setting.choices) choices.append(" \"").append(choice).append("\"");
        return choices;
      },
      field_of(setting, defaults));
}

std::optional<Duration> parse_duration(std::string_view text) {
  auto value = parse_with_unit(text, kTimeUnits);
  if (!value && !text.empty() && text.back() >= '0' && text.back() <= '9')
    value = parse_with_unit(std::string(text) + "s", kTimeUnits);
  if (!value) return std::nullopt;
  return Duration(*value);
}

std::string format_duration(Duration duration) {
  auto count = duration.count();
  if (count == 0) return "0s";
  const auto* unit =
      std::ranges::find_if(kTimeUnits, [&](const Unit& known) { return count % known.size == 0; });
  return std::to_string(count / unit->size) + std::string(unit->name);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_with_unit(text, kSizeUnits);
}

}  // namespace skerry::config
