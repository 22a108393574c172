#include "native-host/cli/doctor.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::cli {
namespace {

using namespace std::chrono_literals;
using Status = Finding::Status;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

publish::Failure failure(const char* code) {
  return {.error = {code, "Words."}};
}

TEST_CASE("what is found, and what to do") {
  const std::vector<Time> right{kNow - 1s, kNow, kNow + 2s};
  const std::vector<Time> one_wrong{kNow - 1h, kNow, kNow + 2s};
  const std::vector<Time> ahead{kNow - 10min};
  config::Loaded foreign;
  foreign.warnings = {"A has no effect: b.", "C has no effect: d."};
  struct Case {
    Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_settings(config::Loaded()), Status::ok, "good"},
           {judge_settings(foreign), Status::warning, "A has no effect: b.\nC"},
           {judge_settings(fail("config_invalid", "skerry.toml:3: x")), Status::failed, "skerry.toml:3"},
           {judge_disk(50'000'000'000), Status::ok, "50.0 GB"},
           {judge_disk(500'000'000), Status::warning, "500.0 MB"},
           {judge_disk(0), Status::failed, "free"},
           {judge_folder("/d", true, 0700), Status::ok, "/d"},
           {judge_folder("/d", true, 0777), Status::warning, "Everyone"},
           {judge_folder("/d", false, 0700), Status::failed, "/d"},
           {judge_clock(kNow, right, true), Status::ok, "agrees"},
           {judge_clock(kNow, one_wrong, {}), Status::ok, "agrees"},
           {judge_clock(kNow, {}, {}), Status::ok, "looks right"},
           {judge_clock(kNow, right, false), Status::warning, "synchronises"},
           {judge_clock(kNow, ahead, true), Status::failed, "600 s ahead of"},
           {judge_clock(kNow - 10 * 24h * 365, {}, true), Status::failed, "2016"},
           {judge_port("listen", ":1", {}), Status::ok, "free"},
           {judge_port("listen", ":1", Error{"address_in_use", "held by skerry (pid 7)"}), Status::ok,
            "served"},
           {judge_port("listen", ":1", Error{"address_in_use", "held by nginx (pid 7)"}), Status::failed,
            "nginx"},
           {judge_port("listen", "x", Error{"bad_address", "x"}), Status::failed, "x"},
           {judge_target("fastly", "https://a", {}), Status::ok, "token"},
           {judge_target("fastly", "http://127.0.0.1:1", {}), Status::ok, "token"},
           {judge_target("fastly", "http://proxy", {}), Status::warning, "clear"},
           {judge_target("fastly", "https://a", failure("publish_denied")), Status::failed, "publish_denied"},
           {judge_target("fastly", "https://a", failure("token_missing")), Status::failed, "token_missing"},
           {judge_secret("health.code", "/health", std::string("x")), Status::ok, "can be read"},
           {judge_secret("health.code", "/health", fail("token_missing", "none")), Status::ok,
            "/health is closed"},
           {judge_secret("health.code", "/health", fail("token_exposed", "Everyone")), Status::failed,
            "Everyone"},
           {judge_redis(events::RedisFacts{.version = "7.0", .durable = "All.", .advice = {}}), Status::ok,
            "Redis 7.0 answers. All."},
           {judge_redis(events::RedisFacts{.version = "7.0", .durable = "No.", .advice = {"a", "b"}}),
            Status::warning, "No."},
           {judge_redis(fail("redis_away", "Gone.")), Status::warning, "Gone. (redis_away)"},
           {judge_proxies(0, ""), Status::ok, "None"},
           {judge_proxies(2, ""), Status::ok, "2 may"},
           {judge_proxies(2, "x"), Status::failed, "\"x\""},
           {judge_view({}, 5min), Status::warning, "none"},
           {judge_view(14min, 5min), Status::ok, "14 min"},
           {judge_view(16min, 5min), Status::failed, "16 min"},
           {judge_view(16min, 1h), Status::ok, "16 min"},
           {judge_descriptors(1024, 10'000), Status::warning, "1024"},
           {judge_descriptors(65'536, 10'000), Status::ok, "65536"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

TEST_CASE("findings for people and for programs") {
  const std::vector<Finding> findings{{Status::ok, "clock", "Right."},
                                      {Status::warning, "settings", "A.\nB.", "Do C."}};
  CHECK(doctor_text(findings, false) ==
        "ok       clock     Right.\n"
        "warning  settings  A.\n"
        "                   B.\n"
        "                   → Do C.\n"
        "1 ok, 1 warnings, 0 failed\n");
  CHECK(is_well(findings));
  const auto json = nlohmann::json::parse(doctor_json(findings));
  CHECK(json["ok"] == true);
  CHECK(json["findings"][1]["status"] == "warning");
  CHECK(json["findings"][1]["advice"] == "Do C.");
}

}  // namespace
}  // namespace skerry::cli
