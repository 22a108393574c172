#include "functions/latest/latest.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/testing/test_platform.hpp"
#include "shared/gzip.hpp"

using namespace skerry;
using namespace skerry::functions;
using testing::get;
using testing::header;
using testing::TestPlatform;

namespace {

std::string row(std::string_view collector, std::string_view project, std::string_view type) {
  return R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":")" + std::string(collector) +
         R"(","data_type":")" + std::string(type) + R"(","item_url":"https://example.net/)" +
         std::string(collector) + R"(","rough_size":1,"exact_size":0,"project":")" + std::string(project) +
         R"(","collector_url":"https://example.net"})";
}

std::string document(std::string_view updated = "2026-11-21T08:05:12.345Z", int rows = 20) {
  std::string text = R"({"format":1,"update_duration":2,"rows":)" + std::to_string(rows) +
                     R"(,"last_updated_at":")" + std::string(updated) + R"(","latest":[)";
  for (int i = 0; i < rows; ++i) {
    if (i > 0) text += ',';
    text += i % 2 == 0 ? row("rrc" + std::to_string(i), "riperis", "rib")
                       : row("route-views" + std::to_string(i), "routeviews", "update");
  }
  return text + "]}";
}

Response run(TestPlatform& test, const Request& request) {
  return testing::run(latest, test, request);
}

std::string code(const Response& response) {
  return nlohmann::json::parse(response.body.view()).at("code").get<std::string>();
}

TestPlatform ready() {
  TestPlatform test;
  test.values["latest"] = document();
  return test;
}

}  // namespace

TEST_CASE("every form is served with what caches and browsers need") {
  for (const auto* target :
       {"/", "/latest", "/v2/latest", "/v3/broker/latest", "/?utm=1", "/latest?project="}) {
    CAPTURE(target);
    TestPlatform test = ready();
    const Response response = run(test, get(target));
    CHECK(response.status == 200);
    CHECK(nlohmann::json::accept(response.body.view()));
    CHECK(header(response, "content-type") == "application/json");
    CHECK(header(response, "access-control-allow-origin") == "*");
    // At `/` browsers get a page.
    CHECK(header(response, "vary") ==
          (std::string_view(target).starts_with("/?") || std::string_view(target) == "/"
               ? "Accept, Accept-Encoding"
               : "Accept-Encoding"));
    CHECK(header(response, "age") == "59");
    CHECK(header(response, "last-modified") == "Sat, 21 Nov 2026 08:05:12 GMT");
    CHECK(header(response, "cache-control").starts_with("public, max-age=300"));
    CHECK(header(response, "etag").starts_with("W/\""));
    CHECK(header(response, "warning") == "-");
    CHECK(test.lines.empty());
  }
}

TEST_CASE(
    "each form and each selection has its own ETag, one that a repeated request brings back for a 304") {
  TestPlatform test = ready();
  std::vector<std::string> seen;
  for (const auto* target : {"/", "/v2/latest", "/v3/broker/latest", "/?project=ris", "/?project=rv",
                             "/?collector_id=rrc0", "/v2/latest?project=ris"}) {
    CAPTURE(target);
    const std::string etag = header(run(test, get(target)), "etag");
    CHECK(std::ranges::find(seen, etag) == seen.end());
    seen.push_back(etag);
    for (const std::string& condition : {etag, "\"other\", " + etag, etag.substr(2), std::string("*")}) {
      const Response again = run(test, get(target, {{"If-None-Match", condition}}));
      CHECK(again.status == 304);
      CHECK(again.body.empty());
      CHECK(header(again, "etag") == etag);
      CHECK(header(again, "age") == "59");
      CHECK(header(again, "access-control-allow-origin") == "*");
    }
    CHECK(run(test, get(target, {{"If-None-Match", "\"other\""}})).status == 200);
  }
  CHECK(header(run(test, get("/latest")), "etag") == seen.front());
  CHECK(header(run(test, get("/?project=RIPE-RIS&x=y")), "etag") == seen[3]);
}

TEST_CASE("If-Modified-Since counts where there is no If-None-Match") {
  TestPlatform test = ready();
  CHECK(run(test, get("/", {{"If-Modified-Since", "Sat, 21 Nov 2026 08:05:12 GMT"}})).status == 304);
  CHECK(run(test, get("/", {{"If-Modified-Since", "Sat, 21 Nov 2026 08:05:11 GMT"}})).status == 200);
  CHECK(run(test, get("/", {{"If-Modified-Since", "yesterday"}})).status == 200);
  CHECK(run(test,
            get("/", {{"If-Modified-Since", "Sat, 21 Nov 2026 08:05:12 GMT"}, {"If-None-Match", "\"x\""}}))
            .status == 200);
}

TEST_CASE("gzip is the plain body, compressed, where it is wanted and worth it") {
  TestPlatform test = ready();
  const std::string plain(run(test, get("/?project=ris")).body.view());
  const Response zipped = run(test, get("/?project=ris", {{"Accept-Encoding", "br, gzip;q=0.8"}}));
  CHECK(header(zipped, "content-encoding") == "gzip");
  CHECK(gunzip(zipped.body.view(), 1 << 20) == plain);

  const Response small = run(test, get("/?collector_id=none", {{"Accept-Encoding", "gzip"}}));
  CHECK(header(small, "content-encoding") == "-");
  CHECK(nlohmann::json::accept(small.body.view()));

  CHECK(header(run(test, get("/", {{"Accept-Encoding", "gzip;q=0"}})), "content-encoding") == "-");
  test.settings["gzip"] = "off";
  CHECK(header(run(test, get("/", {{"Accept-Encoding", "gzip"}})), "content-encoding") == "-");
}

TEST_CASE("OPTIONS, other methods and other paths") {
  TestPlatform test = ready();
  Request preflight =
      get("/v2/latest", {{"Origin", "https://a.example"}, {"Access-Control-Request-Method", "GET"}});
  preflight.method = "OPTIONS";
  const Response allowed = run(test, preflight);
  CHECK(allowed.status == 204);
  CHECK(header(allowed, "access-control-allow-origin") == "*");
  CHECK(header(allowed, "access-control-max-age") == "86400");
  CHECK(header(allowed, "access-control-allow-methods") == "GET, HEAD, OPTIONS");

  for (const auto* method : {"POST", "PUT", "DELETE", "PATCH", "TRACE", "get", "BREW", ""}) {
    Request request = get("/");
    request.method = method;
    const Response refused = run(test, request);
    CHECK(refused.status == 405);
    CHECK(code(refused) == "method_not_allowed");
    CHECK(header(refused, "allow") == "GET, HEAD, OPTIONS");
    CHECK(header(refused, "access-control-allow-origin") == "*");
  }
  for (const auto* path : {"/latest/", "//", "/LATEST", "/v2", "/v1/latest", "/v2/../latest", "/%6catest", "",
                           "*", "/latest%00", "/\xff"}) {
    CAPTURE(path);
    const Response missing = run(test, get(path));
    CHECK(missing.status == 404);
    CHECK(code(missing) == "not_found");
  }
  CHECK(test.reads == 0);
}

TEST_CASE("a bad filter is refused before anything is read") {
  TestPlatform test = ready();
  const Response refused = run(test, get("/?project=%ffoo"));
  CHECK(refused.status == 400);
  CHECK(code(refused) == "unknown_project");
  CHECK(header(refused, "access-control-allow-origin") == "*");
  CHECK(test.reads == 0);
}

TEST_CASE("thousands of parameters are as good as the last of each") {
  TestPlatform test = ready();
  std::string target = "/v2/latest?";
  for (int i = 0; i < 5000; ++i) target += "project=foo" + std::to_string(i) + "&";
  const Response response = run(test, get(target + "project=ris&collector_id=rrc0"));
  CHECK(response.status == 200);
  CHECK(response.body.view() == "[" + row("rrc0", "riperis", "rib") + "]");
}

TEST_CASE("what can't be served is a 503 that says when to come back") {
  struct Case {
    std::optional<std::string> value;
    std::string target;
    std::string_view expected;
  };
  std::string damaged = document();
  damaged.replace(damaged.find(R"("rows":20)"), 9, R"("rows":21)");
  for (const Case& c : std::vector<Case>{{std::nullopt, "/", "view_missing"},
                                         {"", "/", "view_unreadable"},
                                         {"null", "/", "view_unreadable"},
                                         {R"({"format":9})", "/", "view_unreadable"},
                                         {document().substr(0, 900), "/", "view_unreadable"},
                                         {damaged, "/?project=ris", "view_unreadable"}}) {
    TestPlatform test;
    if (c.value) test.values["latest"] = *c.value;
    const Response response = run(test, get(c.target));
    CHECK(response.status == 503);
    CHECK(code(response) == c.expected);
    CHECK(header(response, "retry-after") == "30");
    CHECK(header(response, "access-control-allow-origin") == "*");
    CHECK(test.lines.size() == (c.expected == "view_missing" ? 0 : 1));
  }
  TestPlatform test;
  test.kv_error = Error{"kv_unavailable", "no"};
  CHECK(code(run(test, get("/"))) == "kv_unavailable");
}

TEST_CASE("an old view is served and says so") {
  TestPlatform test = ready();
  test.time += std::chrono::hours{1};
  const Response old = run(test, get("/"));
  CHECK(old.status == 200);
  CHECK(header(old, "age") == "3659");
  CHECK(header(old, "warning") == "110 skerry \"the view is 3659 s old, it should be at most 900 s\"");
  test.settings["view_promise_seconds"] = "7200";
  CHECK(header(run(test, get("/")), "warning") == "-");
  test.settings["view_promise_seconds"] = "soon";
  CHECK(header(run(test, get("/")), "warning") != "-");
}

TEST_CASE("a cache may keep a view of any age for some seconds, and learns its time") {
  struct Case {
    std::chrono::seconds later;
    std::string_view age, lifetime, left;
  };
  const Case cases[] = {
      {std::chrono::seconds{0}, "59", "max-age=300,", "241"},
      {std::chrono::seconds{236}, "295", "max-age=300,", "5"},
      {std::chrono::seconds{237}, "296", "max-age=300, s-maxage=301,", "5"},
      {std::chrono::seconds{241}, "300", "max-age=300, s-maxage=305,", "5"},
      {std::chrono::hours{24}, "86459", "max-age=300, s-maxage=86464,", "5"},
      {-std::chrono::hours{1}, "0", "max-age=300,", "300"},
  };
  for (const std::string target : {"/latest", "/v2/latest", "/v3/broker/latest", "/latest?project=ris"}) {
    for (const auto& [later, age, lifetime, left] : cases) {
      CAPTURE(target);
      TestPlatform test = ready();
      test.time += later;
      const Response response = run(test, get(target));
      CHECK(header(response, "age") == age);
      CHECK(header(response, "cache-control") ==
            "public, " + std::string(lifetime) + " stale-while-revalidate=60, stale-if-error=86400");
      CHECK(header(response, "x-accel-expires") == left);
      CHECK(header(response, "skerry-view-time") == "2026-11-21T08:05:12.345Z");
      const Response same = run(test, get(target, {{"If-None-Match", header(response, "etag")}}));
      CHECK(same.status == 304);
      CHECK(header(same, "cache-control") == header(response, "cache-control"));
      CHECK(header(same, "skerry-view-time") == header(response, "skerry-view-time"));
    }
  }
}

TEST_CASE("a clock behind the view does not make a negative age") {
  TestPlatform test = ready();
  test.time -= std::chrono::hours{1};
  CHECK(header(run(test, get("/")), "age") == "0");
}

TEST_CASE("the view stays resident for its time, and is never replaced by an older or a broken one") {
  TestPlatform test = ready();
  const std::string first = header(run(test, get("/")), "etag");
  run(test, get("/v2/latest"));
  CHECK(test.reads == 1);

  test.values["latest"] = document("2026-11-21T08:10:00Z");
  test.time += Seconds{29};
  CHECK(header(run(test, get("/")), "etag") == first);
  test.time += Seconds{1};
  const std::string second = header(run(test, get("/")), "etag");
  CHECK(second != first);
  CHECK(test.reads == 2);

  for (const std::string& bad :
       {document("2026-11-21T08:05:12.345Z"), std::string("garbage"), std::string()}) {
    test.values["latest"] = bad;
    test.time += Seconds{30};
    CHECK(header(run(test, get("/")), "etag") == second);
  }
  test.values.clear();
  test.time += Seconds{30};
  CHECK(header(run(test, get("/")), "etag") == second);
  test.kv_error = Error{"kv_unavailable", "no"};
  test.time += Seconds{30};
  CHECK(header(run(test, get("/")), "etag") == second);
  CHECK(test.lines.size() == 3);

  test.kv_error.reset();
  test.values["latest"] = document("2026-11-21T08:20:00Z");
  test.time -= std::chrono::hours{1};  // a clock that jumps back does not freeze the view
  CHECK(header(run(test, get("/")), "etag") != second);
}

TEST_CASE("while one request reads, the others take what is there") {
  TestPlatform test = ready();
  run(test, get("/"));
  test.time += Seconds{31};
  test.held = true;
  Platform platform = test.platform();
  const Request request = get("/");
  auto reading = latest(request, platform);
  reading.start();
  CHECK_FALSE(reading.done());
  CHECK(run(test, get("/")).status == 200);
  CHECK(test.waiting() == 1);
  test.answer();
  REQUIRE(reading.done());
  CHECK(reading.take().status == 200);
}

TEST_CASE("requests that wait together are each answered, in any order, or dropped") {
  TestPlatform test = ready();
  test.held = true;
  Platform platform = test.platform();
  const Request one = get("/v2/latest?collector_id=rrc0");
  const Request two = get("/v2/latest?collector_id=rrc2");
  auto first = latest(one, platform);
  auto second = latest(two, platform);
  {
    auto dropped = latest(one, platform);
    first.start();
    second.start();
    dropped.start();
    CHECK(test.waiting() == 3);
    test.answer();
    test.answer();
  }
  CHECK(first.take().body.view() == "[" + row("rrc0", "riperis", "rib") + "]");
  CHECK(second.take().body.view() == "[" + row("rrc2", "riperis", "rib") + "]");
}

TEST_CASE("a view that the archive replica made up says so in every form") {
  TestPlatform test = ready();
  CHECK(header(run(test, get("/latest")), "skerry-data") == "-");
  TestPlatform made_up;
  std::string view = document();
  view.insert(view.find(R"(,"last_updated_at")"), R"(,"made_up":true)");
  made_up.values["latest"] = view;
  for (const auto* target : {"/", "/latest", "/v2/latest", "/v3/broker/latest", "/latest?project=ris",
                             "/v3/broker/latest?project=rv"}) {
    CAPTURE(target);
    const Response response = run(made_up, get(target));
    CHECK(response.status == 200);
    CHECK(header(response, "skerry-data") == "made-up");
    const auto json = nlohmann::json::parse(response.body.view());
    if (std::string_view(target).starts_with("/v3"))
      CHECK(json["meta"]["made_up"] == true);
    else if (!json.is_array())
      CHECK(json["made_up"] == true);
  }
}

TEST_CASE(
    "a project of one's own is selected by its name, and one that the view does not know is refused with a "
    "list") {
  TestPlatform test;
  test.values["latest"] =
      R"({"format":1,"update_duration":2,"rows":2,"projects":["Lab","x-2"],"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)" +
      row("lab0", "Lab", "rib") + "," + row("rrc0", "riperis", "rib") + "]}";
  const auto selected = [&](const std::string& project) {
    const auto json = nlohmann::json::parse(run(test, get("/v2/latest?project=" + project)).body.view());
    std::string ids;
    for (const auto& item : json) ids += item["collector_id"].get<std::string>() + " ";
    return ids;
  };
  CHECK(selected("Lab") == "lab0 ");
  CHECK(selected("lab") == "lab0 ");
  CHECK(selected("x-2").empty());  // declared, and nothing is known of it yet
  CHECK(selected("ris") == "rrc0 ");
  CHECK(header(run(test, get("/latest?project=Lab")), "etag") ==
        header(run(test, get("/latest?project=LAB")), "etag"));
  CHECK(header(run(test, get("/latest?project=Lab")), "etag") !=
        header(run(test, get("/latest?project=x-2")), "etag"));
  for (const auto* target :
       {"/latest?project=isolario", "/v2/latest?project=isolario", "/v3/broker/latest?project=isolario"}) {
    CAPTURE(target);
    const Response response = run(test, get(target));
    CHECK(response.status == 400);
    CHECK(code(response) == "unknown_project");
    CHECK(nlohmann::json::parse(response.body.view())["error"] ==
          R"(unknown project "isolario": use "routeviews", "riperis", "Lab" or "x-2")");
  }
  CHECK(header(run(test, get("/latest")), "skerry-data") == "-");
  CHECK(!run(test, get("/latest")).body.view().contains("projects"));
}
