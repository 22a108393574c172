#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace skerry::config {

using Duration = std::chrono::milliseconds;
/// What a function is started with: plain names and values (shared/platform.hpp, Config).
using FunctionSettings = std::map<std::string, std::string, std::less<>>;

/// The settings of the program. The initial values are the defaults; settings.cpp declares the name, the
/// limits and the help of each once.
struct Settings {
  std::string data_dir = ".skerry";
  std::string database_url;  ///< empty: a private cluster under data_dir

  std::string listen = "127.0.0.1:8080";
  std::string kv_listen = "127.0.0.1:8081";  ///< empty: no key-value server
  std::int64_t workers = 0;                  ///< 0: one per processor
  bool access_log = true;
  std::vector<std::string> trusted_proxies;  ///< addresses and prefixes

  std::int64_t max_header_bytes = std::int64_t{64} * 1024;
  std::int64_t max_body_bytes = std::int64_t{1} << 20U;
  std::int64_t max_connections = 10'000;
  std::int64_t max_waiting = 4096;
  Duration idle_timeout = std::chrono::seconds(75);
  Duration request_timeout = std::chrono::seconds(20);
  Duration stop_timeout = std::chrono::seconds(10);

  std::string archive = "auto";
  Duration archive_probe_timeout = std::chrono::seconds(3);
  std::string collectors_file;          ///< empty: the collectors that come with the program
  std::vector<std::string> collectors;  ///< empty: all

  Duration update_interval = std::chrono::seconds(300);
  std::int64_t update_concurrency = 24;
  std::int64_t update_per_host = 6;
  Duration update_connect_timeout = std::chrono::seconds(10);
  Duration update_timeout = std::chrono::seconds(60);
  std::int64_t update_attempts = 3;
  Duration update_backoff = std::chrono::seconds(1);
  bool update_probe = true;
  Duration update_listing_interval = std::chrono::hours(1);
  std::int64_t update_exact_sizes = 0;
  Duration update_run_timeout = std::chrono::seconds(240);

  Duration publish_refresh = std::chrono::minutes(10);
  Duration publish_timeout = std::chrono::seconds(10);
  std::int64_t publish_attempts = 3;
  std::string cloudflare_account;  ///< empty, or no namespace: no such target
  std::string cloudflare_namespace;
  std::string cloudflare_token;
  std::string cloudflare_token_file;
  std::string cloudflare_base = "https://api.cloudflare.com/client/v4";
  std::string fastly_store;  ///< empty: no such target
  std::string fastly_token;
  std::string fastly_token_file;
  std::string fastly_base = "https://api.fastly.com";

  std::string events_queue = "disk";
  std::string events_ingest_secret;  ///< empty: nothing is taken from the edge
  std::string events_ingest_secret_file;
  std::int64_t events_max_bytes = std::int64_t{1} << 30U;
  std::int64_t events_min_free = std::int64_t{512} << 20U;
  std::int64_t events_segment_bytes = std::int64_t{64} << 20U;
  Duration events_dedupe_window = std::chrono::hours(1);
  std::int64_t events_dedupe_ids = 1'000'000;
  std::string events_redis_url = "redis://127.0.0.1:6379";
  std::string events_redis_stream = "skerry:events";
  std::int64_t events_redis_max_length = 0;

  std::string health_code;  ///< empty, without a file: nobody is told
  std::string health_code_file;
  std::string metrics_code;  ///< likewise
  std::string metrics_code_file;
  std::string heartbeat_url;  ///< empty: none

  std::string log_level = "info";
  std::string log_format = "text";

  std::map<std::string, FunctionSettings, std::less<>> functions;
};

/// How much of a setting's value may be seen, and where it may come from.
enum class Secrecy {
  none,
  url,      ///< a URL or connection string whose password is hidden; with a password not from a flag
  address,  ///< a URL that is a secret itself: shown up to its host, and never taken from a flag
  token,    ///< hidden as a whole; taken from the environment alone
};

/// One line of the table.
struct Setting {
  /// Where its value lives; the type says how it is written.
  using Field = std::variant<std::string*, std::int64_t*, bool*, Duration*, std::vector<std::string>*>;
  using Value = std::variant<std::string, std::int64_t, bool, Duration, std::vector<std::string>>;

  std::string_view name;  ///< dotted, as in TOML: `update.interval`
  Field (*field)(Settings&);
  std::string_view help;
  std::int64_t min = 0;  ///< of numbers; of durations in milliseconds
  std::int64_t max = INT64_MAX;
  std::vector<std::string_view> choices = {};  ///< of strings; empty: any
  Secrecy secrecy = Secrecy::none;

  /// `SKERRY_UPDATE_INTERVAL`
  [[nodiscard]] std::string environment_name() const;
};

/// Every setting, in the order in which people should read them.
const std::vector<Setting>& all_settings();

/// Sets one; false if it is of another type, or out of its range or choices.
bool assign(const Setting& setting, Settings& settings, const Setting::Value& value);
/// The same from its text form: of a duration `5m`, of a list `rrc00,rrc01`, of a switch `true` or `false`.
bool assign_text(const Setting& setting, Settings& settings, std::string_view text);
/// The text form of the present value.
std::string to_text(const Setting& setting, const Settings& settings);
/// What a value must be, for messages: `a duration from 10s to 1d`.
std::string expectation(const Setting& setting);

/// `1500ms`, `300s`, `5m`, `1h`, `2d`, or a plain number of seconds.
std::optional<Duration> parse_duration(std::string_view text);
/// In the largest unit that fits.
std::string format_duration(Duration duration);
/// `65536`, `64 KiB`, `25 MiB`, `1 GiB`.
std::optional<std::int64_t> parse_integer(std::string_view text);

}  // namespace skerry::config
