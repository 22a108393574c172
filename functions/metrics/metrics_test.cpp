#include "functions/metrics/metrics.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/testing/test_platform.hpp"
#include "shared/metrics/exposition.hpp"
#include "shared/metrics/snapshot.hpp"

using namespace skerry;
using functions::testing::get;
using functions::testing::header;
using functions::testing::run;
using functions::testing::TestPlatform;
using skerry::metrics::is_exposition;
using skerry::metrics::sample_text;

namespace {

constexpr std::string_view kReport = "/metrics/backup_repository_report/influxdb";
const Headers kOpenMetrics{{"Accept", "application/openmetrics-text; version=1.0.0"}};

std::string snapshot(Time at, std::uint64_t versions = 5) {
  skerry::metrics::Exposition counted;
  counted.single(skerry::metrics::Type::counter, "skerry_update_cycles_total", "Rounds.", std::uint64_t{7});
  return skerry::metrics::render_snapshot(at, {.backup_versions = versions}, std::move(counted).finish());
}

TestPlatform edge() {
  TestPlatform test;
  test.settings = {{"metrics_code", "s3cret"}, {"base_url", "http://localhost:8000"}, {"app_env", "dev"}};
  test.values["metrics"] = snapshot(test.time - Seconds{60});
  return test;
}

Response ask(TestPlatform& test, std::string_view path, Headers headers = {}) {
  return run(functions::metrics, test, get(std::string(path) + "?code=s3cret", std::move(headers)));
}

std::string code(const Response& response) {
  return nlohmann::json::parse(response.body.view()).at("code").get<std::string>();
}

}  // namespace

TEST_CASE("the report") {
  TestPlatform test = edge();
  const Response response = ask(test, kReport);
  CHECK(response.status == 200);
  CHECK(header(response, "content-type") == "text/plain; charset=utf-8");
  CHECK(header(response, "cache-control") == "no-store");
  CHECK(response.body.view() ==
        "backup_repository_report,base_url=http://localhost:8000,app_env=dev storage_declared_space=0,"
        "storage_used_space=0,users_active_accounts=0,users_active_jwt_keys=0,backup_versions=5,"
        "backup_collections=0,resources_tags=0 1795248312000000000\n");
  test.settings.erase("base_url");
  test.settings.erase("app_env");
  CHECK(ask(test, kReport).body.view().starts_with("backup_repository_report,app_env=prod storage_declared"));
}

TEST_CASE("all metrics, in the form that is asked for") {
  TestPlatform test = edge();
  const Response open = ask(test, "/metrics", kOpenMetrics);
  CHECK(open.status == 200);
  CHECK(header(open, "content-type") == "application/openmetrics-text; version=1.0.0; charset=utf-8");
  CHECK(header(open, "vary") == "Accept, Accept-Encoding");
  const std::string text(open.body.view());
  CHECK(is_exposition(text));
  CHECK(text.starts_with(snapshot(test.time - Seconds{60}).substr(0, 500)));
  CHECK(sample_text(text, "skerry_update_cycles_total") == "7");
  CHECK(sample_text(text, "skerry_edge_snapshot_available") == "1");
  CHECK(sample_text(text, "skerry_edge_snapshot_age_seconds") == "60");
  CHECK(sample_text(text, "skerry_edge_requests_total") == "1");
  CHECK(sample_text(text, "skerry_edge_instance_start_timestamp_seconds") == "1795248372");

  test.time += Seconds{10};
  const Response old = ask(test, "/metrics");
  CHECK(header(old, "content-type") == "text/plain; version=0.0.4; charset=utf-8");
  CHECK(old.body.view().contains("# TYPE skerry_update_cycles_total counter\n"));
  CHECK_FALSE(old.body.view().contains("# EOF"));
  CHECK(sample_text(old.body.view(), "skerry_edge_requests_total") == "2");
  CHECK(sample_text(old.body.view(), "skerry_edge_kv_reads_total") == "2");
  CHECK(sample_text(old.body.view(), "skerry_edge_instance_start_timestamp_seconds") == "1795248372");

  test.settings["edge_counters"] = "off";
  CHECK(ask(test, "/metrics", kOpenMetrics).body.view() == snapshot(test.time - Seconds{70}));
}

TEST_CASE("the doors") {
  struct Case {
    const char* secret;
    const char* is_public;
    const char* query;
    const char* bearer;
    int metrics;
    int report;
  };
  const Case cases[] = {
      {"s3cret", "", "?code=s3cret", "", 200, 200},
      {"s3cret", "", "?code=wrong", "", 403, 403},
      {"s3cret", "", "", "", 403, 403},
      {"s3cret", "", "", "Bearer s3cret", 200, 403},
      {"s3cret", "", "", "Bearer wrong", 403, 403},
      {"s3cret", "", "", "s3cret", 403, 403},
      {"s3cret", "", "", "Basic s3cret", 403, 403},
      {"s3cret", "", "?code=s3cret", "Bearer wrong", 200, 200},
      {"s3cret", "on", "", "", 200, 403},
      {"s3cret", "on", "?code=s3cret", "", 200, 200},
      {"s3cret", "off", "", "", 403, 403},
      {"s3cret", "yes", "", "", 403, 403},
      {"", "", "?code=", "", 403, 403},
      {"", "", "", "Bearer ", 403, 403},
      {"", "on", "?code=", "", 200, 403},
  };
  for (const Case& c : cases) {
    CAPTURE(c.secret);
    CAPTURE(c.is_public);
    CAPTURE(c.query);
    CAPTURE(c.bearer);
    TestPlatform test = edge();
    test.settings["metrics_code"] = c.secret;
    test.settings["metrics_public"] = c.is_public;
    Headers headers;
    if (*c.bearer != 0) headers.add("Authorization", c.bearer);
    CHECK(run(functions::metrics, test, get("/metrics" + std::string(c.query), headers)).status == c.metrics);
    CHECK(test.reads == (c.metrics == 200 ? 1 : 0));
    CHECK(run(functions::metrics, test, get(std::string(kReport) + c.query, headers)).status == c.report);
  }
}

TEST_CASE("without a snapshot the edge still has its own metrics, and the report says why it has none") {
  struct Case {
    std::optional<std::string> value;
    std::optional<Error> error;
    std::string code;
  };
  for (const Case& c : {Case{{}, {}, "metrics_missing"}, Case{"garbage", {}, "metrics_unreadable"},
                        Case{"", Error{"kv_unavailable", "The store does not answer."}, "kv_unavailable"}}) {
    CAPTURE(c.code);
    TestPlatform test = edge();
    test.values.erase("metrics");
    if (c.value) test.values["metrics"] = *c.value;
    test.kv_error = c.error;
    const Response response = ask(test, "/metrics", kOpenMetrics);
    CHECK(response.status == 200);
    CHECK(is_exposition(response.body.view()));
    CHECK(sample_text(response.body.view(), "skerry_edge_snapshot_available") == "0");
    CHECK(sample_text(response.body.view(), "skerry_edge_kv_failures_total") == (c.error ? "1" : "0"));
    CHECK_FALSE(response.body.view().contains("snapshot_age"));

    const Response report = ask(test, kReport);
    CHECK(report.status == 503);
    CHECK(code(report) == c.code);
    CHECK(header(report, "retry-after") == "30");
    CHECK(test.lines.size() == 1);
  }
}

TEST_CASE("in the native host the snapshot is one of now") {
  TestPlatform test = edge();
  test.settings["source"] = "origin";
  for (const std::string_view path : {std::string_view("/metrics"), kReport}) {
    CHECK(ask(test, path).status == 503);
    CHECK(code(ask(test, path)) == "origin_unreachable");
  }
  Response answer;
  answer.body = snapshot(test.time, 9);
  test.origin["/internal/metrics"] = answer;
  CHECK(ask(test, "/metrics", kOpenMetrics).body.view() == snapshot(test.time, 9));
  CHECK(ask(test, kReport)
            .body.view()
            .ends_with("versions=9,backup_collections=0,resources_tags=0 1795248372000000000\n"));
  answer.status = 503;
  test.origin["/internal/metrics"] = answer;
  CHECK(code(ask(test, "/metrics")) == "metrics_missing");
  CHECK(test.reads == 0);
}

TEST_CASE("methods and paths") {
  TestPlatform test = edge();
  Request request = get("/metrics?code=s3cret");
  request.method = "HEAD";
  CHECK(run(functions::metrics, test, request).status == 200);
  request.method = "OPTIONS";
  CHECK(run(functions::metrics, test, request).status == 204);
  request.method = "POST";
  CHECK(run(functions::metrics, test, request).status == 405);
  for (const char* path : {"/metrics/", "/metrics/backup_repository_report", "/metrics/other?code=s3cret"})
    CHECK(run(functions::metrics, test, get(path)).status == 404);
}
