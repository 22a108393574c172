#include "native-host/events/settings.hpp"

#include "native-host/events/redis/redis_url.hpp"
#include "native-host/program/settings.hpp"

namespace skerry::events {
namespace {

constexpr std::int64_t kMinSegment = 64 << 10;
constexpr std::int64_t kMinLog = 2 * kMinSegment;

std::optional<config::Broken> judge_segments(const Settings& settings) {
  // What was not set follows: a small log has the default's segments as far as it may grow.
  if (settings.segment_bytes <= settings.max_bytes || settings.segment_bytes == Settings().segment_bytes)
    return std::nullopt;
  return config::Broken{
      "events.segment_bytes",
      "\"events.segment_bytes\" is larger than \"events.max_bytes\": one file of the log would "
      "be larger than all of it."};
}

}  // namespace

config::Table settings_table() {
  using S = Settings;
  using config::field;
  using config::Unit;
  auto table = config::Table::of<S>("events");
  table.rows(
      {{.name = "events.queue",
        .field = field<&S::queue>,
        .help = "Where events wait for their readers: the log in data_dir, or Redis with that log behind it",
        .choices = {"disk", "redis"}}});
  table.secret<&S::ingest_secret>(
      "events.ingest_secret", "ingest-secret",
      "What the edge signs its batches with; empty: none are taken; from the environment alone", "/ingest");
  table.rows({
      {.name = "events.max_bytes",
       .field = field<&S::max_bytes>,
       .help = "Of the log; what comes when it is full: events.when_full",
       .min = kMinLog,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.when_full",
       .field = field<&S::when_full>,
       .help = "What a full log does: refuse what comes, or drop the oldest it has, whoever has not read it",
       .choices = {"refuse", "drop_oldest"}},
      {.name = "events.min_free",
       .field = field<&S::min_free>,
       .help = "Of the log's disk, left to others",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.segment_bytes",
       .field = field<&S::segment_bytes>,
       .help = "Of one file of the log",
       .min = kMinSegment,
       .max = 1 << 30,
       .unit = Unit::bytes},
      {"events.dedupe_window", field<&S::dedupe_window>,
       "How long an id is remembered, so that an event that is sent again is not taken again", 0,
       7 * program::kDay},
      {"events.dedupe_ids", field<&S::dedupe_ids>, "How many ids are remembered at most, 32 bytes each", 0,
       100'000'000},
      {"events.limits.burst", field<&S::limits_burst>,
       "As much as this time brings may come at once from one sender; 0: nothing is limited", 0,
       program::kDay},
      {"events.limits.client_events", field<&S::client_events>,
       "Events a second from one address (a /64 of IPv6); 0: no limit", 0, 1'000'000'000},
      {.name = "events.limits.client_bytes",
       .field = field<&S::client_bytes>,
       .help = "Bytes a second from one address (a /64 of IPv6); 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.limits.client_daily",
       .field = field<&S::client_daily>,
       .help = "Bytes a day from one address (a /64 of IPv6); 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {"events.limits.site_events", field<&S::site_events>,
       "Events a second from the pages of one host; 0: no limit", 0, 1'000'000'000},
      {.name = "events.limits.site_bytes",
       .field = field<&S::site_bytes>,
       .help = "Bytes a second from the pages of one host; 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.limits.site_daily",
       .field = field<&S::site_daily>,
       .help = "Bytes a day from the pages of one host; 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {"events.limits.key_events", field<&S::key_events>,
       "Events a second from who shows one key; 0: no limit", 0, 1'000'000'000},
      {.name = "events.limits.key_bytes",
       .field = field<&S::key_bytes>,
       .help = "Bytes a second from who shows one key; 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.limits.key_daily",
       .field = field<&S::key_daily>,
       .help = "Bytes a day from who shows one key; 0: no limit",
       .min = 0,
       .max = program::kMaxSize,
       .unit = Unit::bytes},
      {.name = "events.redis_url",
       .field = field<&S::redis_url>,
       .help = "Redis to use: redis://[user:password@]host[:port][/database]",
       .secrecy = config::Secrecy::url,
       .fits = [](std::string_view text) { return parse_redis_url(text).has_value(); },
       .wants = "a URL as redis://[user:password@]host[:port][/database], or unix:/path?db=N"},
      {"events.redis_stream", field<&S::redis_stream>, "Key of the stream in Redis"},
      {"events.redis_max_length", field<&S::redis_max_length>,
       "Entries of the stream, about; then the oldest go, read or not; 0: none goes unread", 0,
       program::kMaxSize},
  });
  table.rule<S, judge_segments>();
  return table;
}

}  // namespace skerry::events
