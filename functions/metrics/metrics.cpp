#include "functions/metrics/metrics.hpp"

#include <cstdint>
#include <optional>
#include <utility>

#include "functions/metrics/influx.hpp"
#include "functions/metrics/settings.hpp"
#include "shared/door.hpp"
#include "shared/gzip.hpp"
#include "shared/metrics/exposition.hpp"
#include "shared/metrics/snapshot.hpp"
#include "shared/negotiation.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kReport = "/metrics/backup_repository_report/influxdb";

/// What this instance counts.
struct Counted {
  std::optional<Time> since;
  std::uint64_t requests = 0;
  std::uint64_t kv_reads = 0;
  std::uint64_t kv_failures = 0;
};

bool from_origin(const Platform& platform) {
  return platform.config.get(settings::kSource.name) == "origin";
}

bool may_read(const Request& request, const Config& config, bool report) {
  if (!report && is_on(config, kMetricsPublic)) return true;
  const auto secret = config.get(kMetricsCode.name);
  return report ? has_code(request, secret) : shows_secret(request, secret);
}

Task<Result<std::string>> fetch_snapshot(Platform& platform) {
  Request ask;
  ask.target = "/internal/metrics";
  auto answer = co_await platform.origin.fetch(std::move(ask));
  if (!answer) co_return std::unexpected(std::move(answer.error()));
  if (answer->status != 200) co_return fail("metrics_missing", "the native host has no metrics");
  co_return std::string(answer->body.view());
}

Task<Result<std::string>> stored_snapshot(Platform& platform) {
  ++platform.resident.of<Counted>().kv_reads;
  auto value = co_await platform.kv.get("metrics");
  if (!value) {
    ++platform.resident.of<Counted>().kv_failures;
    co_return std::unexpected(std::move(value.error()));
  }
  if (!*value) co_return fail("metrics_missing", "the native host has not published its metrics yet");
  co_return *std::move(*value);
}

Task<Result<metrics::Snapshot>> snapshot_of(Platform& platform) {
  auto text = from_origin(platform) ? co_await fetch_snapshot(platform) : co_await stored_snapshot(platform);
  if (!text) co_return std::unexpected(std::move(text.error()));
  co_return metrics::read_snapshot(*std::move(text));
}

std::string edge_metrics(const Counted& counted, const Result<metrics::Snapshot>& snapshot, Time now) {
  using metrics::Type;
  metrics::Exposition out;
  out.single(Type::gauge, "skerry_edge_instance_start_timestamp_seconds",
             "When this instance of the function metrics answered first.",
             counted.since.value_or(now).time_since_epoch());
  out.single(Type::counter, "skerry_edge_requests_total", "Requests to this instance, this one included.",
             counted.requests);
  out.single(Type::counter, "skerry_edge_kv_reads_total", "Values that this instance asked the store for.",
             counted.kv_reads);
  out.single(Type::counter, "skerry_edge_kv_failures_total", "Of these, how often the store failed.",
             counted.kv_failures);
  out.single(Type::gauge, "skerry_edge_snapshot_available",
             "1 where the native host's metrics, which are part of this text, could be read.",
             std::uint64_t{snapshot ? 1U : 0U});
  if (snapshot) {
    out.single(Type::gauge, "skerry_edge_snapshot_age_seconds", "How old the native host's metrics are.",
               now - snapshot->made_at);
  }
  return std::move(out).finish();
}

Response text_response(std::string body, std::string_view type) {
  Response response;
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body = std::move(body);
  return response;
}

Response failure(const Error& error, Log& log) {
  log.write(Log::Level::error, "metrics: " + error.code + ": " + error.message);
  Response response = error_response(503, error.code, error.message);
  response.headers.add("Retry-After", "30");
  return response;
}

}  // namespace

Task<Response> metrics(const Request& request, Platform& platform) {
  const bool report = request.path() == kReport;
  if (!report && request.path() != "/metrics")
    co_return error_response(404, "not_found", "There is nothing here.");
  if (auto answer = answer_other_method(request)) co_return *std::move(answer);
  if (!may_read(request, platform.config, report)) co_return access_denied();

  Counted& counted = platform.resident.of<Counted>();
  if (!counted.since) counted.since = platform.clock.now();
  ++counted.requests;
  const bool origin = from_origin(platform);
  const auto snapshot = co_await snapshot_of(platform);
  if (!snapshot && (report || origin)) co_return failure(snapshot.error(), platform.log);
  if (report) {
    const auto& config = platform.config;
    co_return text_response(
        influx_line(snapshot->report, config.get(kBaseUrl.name).value_or(""),
                    config.get(kAppEnv.name).value_or(kAppEnv.fallback), snapshot->made_at) +
            '\n',
        "text/plain; charset=utf-8");
  }
  std::string text = snapshot ? snapshot->text : "# EOF\n";
  if (!origin && is_on(platform.config, kEdgeCounters)) {
    text = metrics::join_expositions(text, edge_metrics(counted, snapshot, platform.clock.now()));
  }
  const auto format = metrics::negotiate(request.headers.joined("Accept"));
  if (format == metrics::Format::prometheus) text = metrics::to_prometheus(text);
  const bool compress = text.size() >= kWorthCompressing && wants_gzip(request, platform.config);
  Response response =
      text_response(compress ? gzip(text, kAnswerLevel) : std::move(text), metrics::content_type(format));
  if (compress) response.headers.add("Content-Encoding", "gzip");
  response.headers.add("Vary", "Accept, Accept-Encoding");
  co_return response;
}

}  // namespace skerry::functions
