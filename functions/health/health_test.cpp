#include "functions/health/health.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/testing/test_platform.hpp"
#include "shared/health/document.hpp"

using namespace skerry;
using namespace skerry::functions;
using nlohmann::json;
using testing::get;
using testing::header;
using testing::run;
using testing::TestPlatform;

namespace {

constexpr std::string_view kView =
    R"({"format":1,"update_duration":2,"rows":0,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[]})";

std::vector<skerry::health::Check> good() {
  return {{"database", true, "PostgreSQL answers."}, {"storage", true, "ok"}, {"queue", true, "ok"}};
}

Response answer_of(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

/// The edge of a healthy deployment, at 08:06:12.
TestPlatform edge() {
  TestPlatform test;
  test.settings = {{"health_code", "s3cret"}, {"origin_url", "https://origin.example"}};
  test.values["latest"] = kView;
  test.values["health"] = skerry::health::render(test.time - Seconds{60}, good(), "");
  test.origin["/livez"] = answer_of(200, "ok");
  return test;
}

Response ask(TestPlatform& test, std::string_view more = "") {
  return run(functions::health, test, get("/health?code=s3cret" + std::string(more)));
}

json body(const Response& response) {
  return json::parse(response.body.view());
}

/// `name=False` of all that fail.
std::string failing(const Response& response) {
  std::string names;
  const json read = body(response);
  for (const auto& [name, passes] : read.at("status").at(0).items())
    if (!passes.get<bool>()) names += name + ' ';
  CHECK(response.status == (names.empty() ? 200 : 503));
  CHECK(read.at("global_status").get<bool>() == names.empty());
  return names;
}

}  // namespace

TEST_CASE("the literal shape") {
  TestPlatform test = edge();
  test.settings["source"] = "origin";
  test.origin["/internal/health"] = answer_of(
      200, skerry::health::render(test.time, {{"storage", true, "x"}, {"database", true, "x"}}, ""));
  const Response well = ask(test);
  CHECK(well.status == 200);
  CHECK(header(well, "content-type") == "application/json");
  CHECK(header(well, "cache-control") == "no-store");
  CHECK(header(well, "access-control-allow-origin") == "*");
  CHECK(well.body.view() ==
        R"({"status":[{"storage":true,"database":true,"self_check":true}],)"
        R"("messages":[{"storage":[],"database":[],"self_check":[]}],"global_status":true,)"
        R"("ident":["global_status=True","storage=True","database=True","self_check=True"]})");
  test.origin["/internal/health"] = answer_of(
      200,
      skerry::health::render(test.time, {{"storage", true}, {"database", false, "It is \"down\"."}}, ""));
  const Response ill = ask(test, "&shape=objects");
  CHECK(ill.status == 503);
  CHECK(ill.body.view() ==
        R"({"status":{"storage":true,"database":false,"self_check":true},)"
        R"("messages":{"storage":[],"database":["It is \"down\"."],"self_check":[]},"global_status":false,)"
        R"("ident":["global_status=False","storage=True","database=False","self_check=True"]})");
  CHECK(ask(test, "&shape=arrays").body.view() == ask(test).body.view());
}

TEST_CASE("a healthy edge") {
  TestPlatform test = edge();
  const Response well = ask(test);
  CHECK(failing(well).empty());
  CHECK(well.body.view().ends_with(
      R"("ident":["global_status=True","storage=True","database=True","kv=True","view=True","self_check=True","queue=True","origin=True"]})"));
  test.settings.erase("origin_url");
  const Response alone = ask(test);
  CHECK(failing(alone).empty());
  CHECK_FALSE(body(alone)["status"][0].contains("origin"));
}

TEST_CASE("the door") {
  for (const char* secret : {"s3cret", ""}) {
    TestPlatform test = edge();
    test.settings["health_code"] = secret;
    for (const char* target : {"/health", "/health?code=", "/health?code=wrong", "/health?Code=s3cret"}) {
      CAPTURE(target);
      const Response refused = run(functions::health, test, get(target, {{"Authorization", "Bearer wrong"}}));
      CHECK(refused.status == 403);
      CHECK(body(refused)["type"] == "app.fatal-error");
    }
    CHECK(test.reads == 0);
    CHECK(test.fetched.empty());
  }
  TestPlatform test = edge();
  for (const char* shown : {"Bearer s3cret", "bearer s3cret"})
    CHECK(run(functions::health, test, get("/health", {{"Authorization", shown}})).status == 200);
  test.settings.erase("health_code");
  CHECK(ask(test).status == 403);
  CHECK(run(functions::health, test, get("/health", {{"Authorization", "Bearer s3cret"}})).status == 403);
}

TEST_CASE("methods") {
  TestPlatform test = edge();
  Request request = get("/health?code=s3cret");
  request.method = "HEAD";
  CHECK(run(functions::health, test, request).status == 200);
  const int reads = test.reads;
  request.method = "OPTIONS";
  CHECK(run(functions::health, test, request).status == 204);
  request.method = "POST";
  CHECK(run(functions::health, test, request).status == 405);
  CHECK(test.reads == reads);
}

TEST_CASE("what is wrong is what fails") {
  struct Case {
    const char* what;
    void (*damage)(TestPlatform&);
    std::string failing;  ///< in the alphabet's order
  };
  const Case cases[] = {
      {"KV",
       [](TestPlatform& test) { test.kv_error = Error{"kv_unavailable", "The store does not answer."}; },
       "database kv storage "},
      {"origin dead", [](TestPlatform& test) { test.origin.clear(); }, "origin "},
      {"origin ill", [](TestPlatform& test) { test.origin["/livez"] = answer_of(500, ""); }, "origin "},
      {"no view", [](TestPlatform& test) { test.values.erase("latest"); }, "view "},
      {"old view", [](TestPlatform& test) { test.settings["view_promise_seconds"] = "59"; }, "view "},
      {"no view's time", [](TestPlatform& test) { test.values["latest"] = R"({"latest":[]})"; }, "view "},
      {"damaged view", [](TestPlatform& test) { test.values["latest"] = std::string(1000, '['); }, "view "},
      {"no self-check", [](TestPlatform& test) { test.values.erase("health"); },
       "database self_check storage "},
      {"damaged", [](TestPlatform& test) { test.values["health"].pop_back(); },
       "database self_check storage "},
      {"old", [](TestPlatform& test) { test.settings["health_max_age_seconds"] = "59"; },
       "database queue self_check storage "},
      {"from the future",
       [](TestPlatform& test) {
         test.values["health"] = skerry::health::render(test.time + Seconds{901}, good(), "");
       },
       "database queue self_check storage "},
      {"one fails",
       [](TestPlatform& test) {
         auto checks = good();
         checks[2].ok = false;
         test.values["health"] = skerry::health::render(test.time, checks, "");
       },
       "queue "},
      {"a check is missing",
       [](TestPlatform& test) {
         test.values["health"] = skerry::health::render(test.time, {{"database"}}, "");
       },
       "storage "},
      {"a name twice",
       [](TestPlatform& test) {
         auto checks = good();
         checks.push_back({"database", false, "no"});
         checks.push_back({"view", false, "no"});
         test.values["health"] = skerry::health::render(test.time, checks, "");
       },
       "database view "},
  };
  for (const Case& c : cases) {
    CAPTURE(c.what);
    TestPlatform test = edge();
    c.damage(test);
    const Response response = ask(test);
    CHECK(failing(response) == c.failing);
    const json read = body(response);
    for (const auto& [name, passes] : read["status"][0].items())
      CHECK(read["messages"][0][name].empty() == passes.get<bool>());
  }
}

TEST_CASE("in the native host its own check of now counts") {
  TestPlatform test = edge();
  test.settings["source"] = "origin";
  CHECK(failing(ask(test)) == "database self_check storage ");
  test.origin["/internal/health"] = answer_of(503, "");
  CHECK(failing(ask(test)) == "database self_check storage ");
  test.origin["/internal/health"] = answer_of(200, "<html>");
  CHECK(failing(ask(test)) == "database self_check storage ");
  test.origin["/internal/health"] =
      answer_of(200, skerry::health::render(test.time - Seconds{901}, good(), ""));
  CHECK(failing(ask(test)) == "database queue self_check storage ");
  test.origin["/internal/health"] = answer_of(200, skerry::health::render(test.time, good(), ""));
  CHECK(failing(ask(test)).empty());
  CHECK(test.reads == 0);
}

TEST_CASE("requests that wait don't disturb each other") {
  TestPlatform test = edge();
  test.held = true;
  Platform platform = test.platform();
  const Request first = get("/health?code=s3cret");
  const Request second = get("/health?code=s3cret&shape=objects");
  auto one = functions::health(first, platform);
  auto two = functions::health(second, platform);
  one.start();
  two.start();
  while (test.waiting() > 0) test.answer();
  CHECK(body(one.take())["status"].is_array());
  CHECK(body(two.take())["status"].is_object());
}
