#include "functions/tracker/tracker.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/testing/test_platform.hpp"
#include "shared/gzip.hpp"
#include "shared/uuid.hpp"

using namespace skerry;
using namespace skerry::functions;
using namespace skerry::functions::testing;

namespace {

Request post(std::string target, std::string body, Headers headers = {}) {
  Request request;
  request.method = "POST";
  request.target = std::move(target);
  request.body = std::move(body);
  request.headers = std::move(headers);
  return request;
}

std::string text_of(const Response& response) {
  return std::string(response.body.view());
}

constexpr std::string_view kUuid1 = "0193e5a0-0000-7000-8000-000000000001";
constexpr std::string_view kUuid2 = "0193e5a0-0000-7000-8000-000000000002";
const std::string kPayloadData =
    R"({"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":)";

std::string v1_event(std::string_view uuid, std::string_view name) {
  return R"({"uuid":")" + std::string(uuid) + R"(","event":")" + std::string(name) +
         R"(","distinct_id":"d"})";
}

}  // namespace

TEST_CASE("a GET is what it always was") {
  TestPlatform test;
  test.settings["anonymise_client"] = "off";
  auto request = get("/t/w?wor=king&wor=%20",
                     {{"Host", "trk.example.com:8080"}, {"User-Agent", "curl/7.88.1 with spaces"}});
  request.client = "192.0.2.1";
  request.hints = {{"country", "DE"}, {"city", "Berlin"}};
  const auto response = run(tracker, test, request);
  CHECK(response.status == 200);
  CHECK(text_of(response) == R"({"status":"ok"})");
  CHECK(response.headers ==
        Headers{{"Content-Type", "application/json"},
                {"Cache-Control", "no-store"},
                {"Access-Control-Allow-Origin", "*"},
                {"Access-Control-Expose-Headers",
                 "Retry-After, X-Track-Dropped, X-Track-Duplicates, X-Track-Error, X-Track-Rejected"}});
  REQUIRE(test.sent.size() == 1);
  CHECK(is_uuid(test.sent[0].id));
  CHECK(test.sent[0] == events::Event{.id = test.sent[0].id,
                                      .received = test.time,
                                      .client = "192.0.2.1",
                                      .host = "trk.example.com",
                                      .path = "/t/w",
                                      .query = "wor=king&wor=%20",
                                      .user_agent = "curl/7.88.1 with spaces",
                                      .body = "",
                                      .hints = {{"country", "DE"}, {"city", "Berlin"}}});
}

TEST_CASE("how many events were refused, and why, stands beside every answer") {
  struct Case {
    std::string target, body;
    int status;
    std::string rejected;
  };
  const std::string deep = R"({"a":)" + std::string(5'000, '[') + std::string(5'000, ']') + '}';
  for (const auto& [target, body, status, rejected] :
       {Case{"/t/x", R"([1,{"id":"a"},"x"])", 200, "event_invalid=2"},
        Case{"/t/x", "[1]", 400, "event_invalid=1"}, Case{"/t/x", R"([{"id":"a"},{"id":"a"}])", 200, ""},
        Case{"/t/x", R"({"id":"a"})", 200, ""}, Case{"/t/x", deep, 400, "too_deep=1"},
        Case{"/batch/", R"({"api_key":"k","batch":[3,)" + deep + R"(,{"event":"e"}]})", 200,
             "event_invalid=1, too_deep=1"}}) {
    TestPlatform test;
    const auto response = run(tracker, test, post(target, body));
    CAPTURE(text_of(response));
    CHECK(response.status == status);
    CHECK(response.headers.get("X-Track-Rejected").value_or("") == rejected);
  }
}

TEST_CASE("what is an event, and what is not") {
  struct Case {
    std::string method, target;
    int status;
    bool kept;
    std::string paths = {};
  };
  for (const auto& [method, target, status, kept, paths] : {
           Case{"GET", "/t", 200, true},
           {"GET", "/t/w", 200, true},
           {"GET", "/t/w/", 200, true},
           {"GET", "/w/offr?x", 200, true},
           {"GET", "/bud?owner=x", 200, true},
           {"GET", "/chm/", 200, true},
           {"GET", "/v1/track?a", 200, true},
           {"GET", "/e?data=e30=", 200, true},
           {"GET", "/static/surveys.js?v=1.400.1", 200, false},
           {"GET", "/static/1.449.2/surveys.js", 200, false},
           {"POST", "/static/surveys.js", 200, false},
           {"GET", "/static/a/b/surveys.js", 404, false},
           {"GET", "/static//surveys.js", 404, false},
           {"GET", "/static/<x>/surveys.js", 404, false},
           {"GET", "/static/1.449.2/array.js", 404, false},
           {"GET", "/batch", 405, false},
           {"GET", "/i?e=pv", 200, true},
           {"GET", "/", 404, false},
           {"GET", "/favicon.ico", 404, false},
           {"GET", "/wp-login.php", 404, false},
           {"GET", "/wp-login.php?x=.gif", 404, false},
           {"GET", "/track.gif", 404, false},
           {"GET", "/tt", 404, false},
           {"GET", "/bud/x", 404, false},
           {"GET", "/static/array.js", 404, false},
           {"GET", "/v1/", 404, false},
           {"GET", "/v1/m", 404, false},
           {"GET", "/crossdomain.xml", 404, false},
           {"GET", "/r/tp2?u=https://elsewhere.example", 404, false},
           {"GET", "/array/k/array.js", 404, false},
           {"GET", "/v1/projects/settings", 404, false},
           {"GET", "/v1/projects//settings", 404, false},
           {"GET", "/v1/projects/a/b/settings", 404, false},
           {"GET", "/api/event", 405, false},
           // What a redirect made of a POST.
           {"GET", "/t/batch", 405, false},
           {"GET", "/t/batch?key=k", 405, false},
           {"HEAD", "/t/batch/", 405, false},
           {"GET", "/v1/batch", 405, false},
           {"GET", "/v1/track", 405, false},
           {"GET", "/beacon/v1/batch", 405, false},
           {"GET", "/batch/", 405, false},
           {"GET", "/i/v0/e/", 405, false},
           {"GET", "/e/", 405, false},
           {"GET", "/x/batch", 405, false, "/x/*"},
           {"GET", "/com.snowplowanalytics.snowplow/tp2", 200, true},
           {"GET", "/pixel/v1/track", 200, true},
           {"GET", "/api/send", 405, false},
           {"POST", "/t/w", 200, true},
           {"POST", "/xmlrpc.php", 404, false},
           {"POST", "/v1/m", 404, false},
           {"POST", "/", 404, false},
           {"POST", "/static/array.js", 404, false},
           {"HEAD", "/t/w", 200, true},
           {"HEAD", "/i", 200, true},
           {"HEAD", "/favicon.ico", 404, false},
           {"HEAD", "/array/k/config", 200, false},
           {"GET", "/count?p=/x", 200, true, "/count, /x/*"},
           {"GET", "/count/", 200, true, "/count, /x/*"},
           {"GET", "/x/y/z", 200, true, "/count, /x/*"},
           {"GET", "/x", 404, false, "/count, /x/*"},
           {"GET", "/t/w", 404, false, "/count, /x/*"},
           {"GET", "/anything/at/all", 200, true, "/*"},
           {"GET", "/", 200, true, "/*"},
       }) {
    CAPTURE(method);
    CAPTURE(target);
    CAPTURE(paths);
    TestPlatform test;
    if (!paths.empty()) test.settings["event_paths"] = paths;
    auto request = get(target);
    request.method = method;
    if (method == "POST") request.body = "{}";
    const auto response = run(tracker, test, request);
    CHECK(response.status == status);
    REQUIRE(test.sent.size() == (kept ? 1 : 0));
    if (kept) CHECK(test.sent[0].method == (method == "HEAD" ? "HEAD" : ""));
  }
}

TEST_CASE("the event keeps who sent it, and what stood around it") {
  struct Case {
    std::string what;
    Request request;
    std::string key, sdk, version, outer;
  };
  const std::string schema =
      R"("schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4")";
  for (
      const auto& [what, request, key, sdk, version, outer] : {
          Case{"nothing", post("/t/w", "{}"), "", "", "", ""},
          {"nobody's token", post("/t/w?token=t&key=Enter", "{}", {{"Authorization", "Bearer b"}}), "", "",
           "", ""},
          {"t.js", post("/t/batch", R"({"batch":[{}],"sent_at":1})"), "", "", "", R"({"sent_at":1})"},
          {"an array", post("/t/batch", "[{}]"), "", "", "", ""},
          {"Segment, a batch",
           post(
               "/v1/batch",
               R"({"batch":[{"context":{"library":{"name":"@segment/analytics-node","version":"2.3.0"}}},{}], "sentAt" : "2026", "writeKey":"k","context":{"a":[1]}})"),
           "k", "@segment/analytics-node", "2.3.0",
           R"({"sentAt":"2026","writeKey":"k","context":{"a":[1]}})"},
          {"Segment, around it",
           post("/v1/batch", R"({"batch":[{}],"context":{"library":{"name":"n","version":5}}})",
                {{"Authorization", "Basic azo="}}),
           "k", "n", "", R"({"context":{"library":{"name":"n","version":5}}})"},
          {"Segment, one", post("/v1/track", R"({"writeKey":"k","context":{"library":{"name":"n"}}})"), "k",
           "n", "", ""},
          {"Segment, several keys",
           post("/v1/track", R"({"writeKey":"k"})", {{"Authorization", "Basic bDo="}}), "", "", "", ""},
          {"PostHog, its header",
           post(
               "/batch",
               R"({"api_key":"k","historical_migration":true,"sent_at":"x","batch":[{"properties":{"$lib":"other"}}]})",
               {{"PostHog-Sdk-Info", "posthog-python/6.0.1"}}),
           "k", "posthog-python", "6.0.1", R"({"api_key":"k","historical_migration":true,"sent_at":"x"})"},
          {"PostHog, a property",
           post("/e/", R"([{"properties":{"token":"k","$lib":"web","$lib_version":"1.300.0"}},{}])"), "k",
           "web", "1.300.0", ""},
          {"PostHog, beside the properties",
           post("/capture/?token=k", R"({"$lib":"a\u0062","properties":{}})"), "k", "ab", "", ""},
          {"Snowplow",
           post("/com.snowplowanalytics.snowplow/tp2",
                "{" + schema + R"(,"data":[{"aid":"k","tv":"js-4.1.0"}]})"),
           "k", "js", "4.1.0", "{" + schema + "}"},
          {"Snowplow's pixel", get("/i?aid=k&tv=py-1.0.2"), "k", "py", "1.0.2", ""},
          {"RudderStack's pixel", get("/pixel/v1/track?writeKey=k"), "k", "", "", ""},
          {"Umami", post("/api/send", R"({"type":"event","payload":{"website":"w"}})"), "w", "", "", ""},
          {"a name without end",
           post("/v1/track", R"({"context":{"library":{"name":")" + std::string(201, 'n') + R"("}}})"), "",
           "", "", ""},
          {"no UTF-8", post("/v1/track", "{\"context\":{\"library\":{\"name\":\"\xff\"}}}"), "", "", "", ""},
      }) {
    CAPTURE(what);
    TestPlatform test;
    CHECK(run(tracker, test, request).status == 200);
    REQUIRE_FALSE(test.sent.empty());
    for (const auto& event : test.sent) {
      CHECK(event.key == key);
      CHECK(event.sdk == sdk);
      CHECK(event.sdk_version == version);
      CHECK(event.outer == outer);
    }
  }
  TestPlatform test;
  test.settings["keys"] = "k";
  run(tracker, test, post("/t/w?token=k", "{}"));
  CHECK(test.sent.at(0).key == "k");
}

TEST_CASE("what stands around a list keeps no event out") {
  std::string events = "{}";
  for (int i = 0; i < 2'000; ++i) events += ",{}";
  const std::string large = R"("context":{"a":")" + std::string(10'000, 'x') + R"("},"sentAt":"2026")";
  TestPlatform test;
  CHECK(run(tracker, test, post("/v1/batch", R"({"batch":[)" + events + "]," + large + "}")).status == 200);
  REQUIRE(test.sent.size() == 2'001);
  CHECK(test.sent[0].outer == R"({"sentAt":"2026"})");
  test.sent.clear();
  CHECK(run(tracker, test, post("/v1/batch", R"({"batch":[{}],)" + large + "}")).status == 200);
  CHECK(test.sent.at(0).outer == "{" + large + "}");
}

TEST_CASE("who gets a pixel") {
  struct Case {
    std::string target, accept;
    bool pixel;
  };
  for (const auto& [target, accept, pixel] : {
           Case{"/t/w.gif?a=1", "", true},
           {"/ice.png", "", true},
           {"/i?e=pv", "*/*", true},
           {"/i/", "", true},
           {"/com.snowplowanalytics.snowplow/tp2?e=pv", "", true},
           {"/pixel/v1/track?writeKey=k", "", true},
           {"/t/w", "image/*", true},
           {"/t/w", "Image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8", true},
           {"/t/w", "text/html,application/xhtml+xml,image/avif,*/*;q=0.8", false},
           {"/t/w", "image/png,image/svg+xml,image/*;q=0.8,video/*;q=0.8,*/*;q=0.5", true},
           {"/t/w", "application/json;q=0.1 , IMAGE/* ; q=0.9", true},
           {"/t/w", "image/*;q=0.5,application/json", false},
           {"/t/w", "image/gif;q=0,*/*", false},
           {"/t/w", "image/gif;q=nonsense", false},
           {"/t/w", "imagery/*", false},
           {"/t/w", "*/*", false},
           {"/t/w", "application/json", false},
           {"/t/w?x=.gif", "", false},
           {"/t/gif", "", false},
           {"/i/v0/e?data=e30=", "", false},
       }) {
    CAPTURE(target);
    CAPTURE(accept);
    TestPlatform test;
    const auto response = run(tracker, test, get(target, {{"Accept", accept}}));
    CHECK(response.status == 200);
    CHECK(header(response, "Content-Type") == (pixel ? "image/gif" : "application/json"));
    CHECK(header(response, "Cache-Control") == "no-store");
    if (pixel) {
      CHECK(response.body.size() == 43);
      CHECK(response.body.view().starts_with("GIF89a"));
      CHECK(response.body.view().ends_with(';'));
    }
    CHECK(test.sent.size() == 1);
  }
}

TEST_CASE("the answers to posts, and what is kept of them") {
  struct Case {
    std::string what;
    Request request;
    int status;
    std::string body;
    std::vector<std::string> kept;  // id=body; `*` stands for a UUIDv7
  };
  const std::string v1_two = R"({"batch":[)" + v1_event(kUuid1, "a") + ',' + v1_event(kUuid2, "") + "]}";
  for (
      const auto& [what, request, status, body, kept] : {
          Case{"an object",
               post("/t/w", R"({"id":"a","x":1})"),
               200,
               R"({"status":"ok"})",
               {R"(a={"id":"a","x":1})"}},
          {"without an id", post("/t/w?q=1", " {} "), 200, R"({"status":"ok"})", {"*={}"}},
          {"nothing but a query", post("/t/count?p=/x", ""), 200, R"({"status":"ok"})", {"*="}},
          {"a form",
           post("/t/w", "id=1&b=2", {{"Content-Type", "application/x-www-form-urlencoded"}}),
           200,
           R"({"status":"ok"})",
           {"*=id=1&b=2"}},
          {"sendBeacon",
           post("/t/batch", R"({"batch":[{"id":"a"},{"id":"b"}],"sent_at":1})",
                {{"Content-Type", "text/plain;charset=UTF-8"}}),
           200,
           R"({"status":"ok","accepted":2,"dropped":0,"rejected":0,"errors":[]})",
           {R"(a={"id":"a"})", R"(b={"id":"b"})"}},
          {"a list with bad ones",
           post("/t/x", R"([1,{"id":"a"},"x",{"id":"a","later":true}])"),
           200,
           R"({"status":"ok","accepted":1,"dropped":1,"rejected":2,"errors":[{"index":0,"code":"event_invalid","error":"An event is an object."},)"
           R"({"index":2,"code":"event_invalid","error":"An event is an object."}]})",
           {R"(a={"id":"a"})"}},
          {"a list of bad ones",
           post("/t/x", "[1]"),
           400,
           R"({"error":"None of these events can be taken.","code":"events_rejected","message":"None of these events can be taken.","accepted":0,"dropped":0,"rejected":1,)"
           R"("errors":[{"index":0,"code":"event_invalid","error":"An event is an object."}]})",
           {}},
          {"gzip that nobody told of",
           post("/t/x", gzip(R"({"id":"a"})", 6)),
           200,
           R"({"status":"ok"})",
           {R"(a={"id":"a"})"}},
          {"told of, but not there",
           post("/t/x", R"({"id":"a"})", {{"Content-Encoding", "gzip"}}),
           200,
           R"({"status":"ok"})",
           {R"(a={"id":"a"})"}},
          {"Segment, one",
           post("/v1/track", R"({"messageId":"m"})"),
           200,
           R"({"success":true})",
           {R"(m={"messageId":"m"})"}},
          {"Segment, a batch",
           post("/v1/batch", R"({"batch":[{"messageId":"m"}]})"),
           200,
           R"({"success":true,"accepted":1,"dropped":0,"rejected":0,"errors":[]})",
           {R"(m={"messageId":"m"})"}},
          {"Segment, nothing",
           post("/v1/track", ""),
           400,
           R"({"error":"A body is an object or an array.","code":"batch_invalid","message":"A body is an object or an array."})",
           {}},
          {"RudderStack's beacon",
           post("/beacon/v1/batch?writeKey=k", R"({"batch":[{"messageId":"m"}]})"),
           200,
           R"({"success":true,"accepted":1,"dropped":0,"rejected":0,"errors":[]})",
           {R"(m={"messageId":"m"})"}},
          {"PostHog, one",
           post("/i/v0/e/", R"({"event":"e","uuid":"u"})"),
           200,
           R"({"status":"Ok"})",
           {R"(u={"event":"e","uuid":"u"})"}},
          {"PostHog, a form",
           post("/e/?ip=1", "data=eyJ1dWlkIjoidSJ9"),
           200,
           R"({"status":"Ok"})",
           {R"(u={"uuid":"u"})"}},
          {"PostHog, a batch",
           post("/batch", R"({"api_key":"k","batch":[{"uuid":"u"}]})"),
           200,
           R"({"status":"Ok","accepted":1,"dropped":0,"rejected":0,"errors":[]})",
           {R"(u={"uuid":"u"})"}},
          {"PostHog v1",
           post("/i/v1/analytics/events", v1_two),
           200,
           R"({"results":{"0193e5a0-0000-7000-8000-000000000001":{"result":"ok"},)"
           R"("0193e5a0-0000-7000-8000-000000000002":{"result":"drop","details":"event_name_missing"}}})",
           {std::string(kUuid1) + '=' + v1_event(kUuid1, "a")}},
          {"PostHog v1, twice the same",
           post("/i/v1/analytics/events",
                R"({"batch":[)" + v1_event(kUuid1, "a") + ',' + v1_event(kUuid1, "b") + "]}"),
           400,
           R"({"error":"uuid_duplicate","error_description":"Two events here have the same uuid.","error_uri":null,"message":"Two events here have the same uuid."})",
           {}},
          {"PostHog v1, no JSON",
           post("/i/v1/analytics/events", "{"),
           400,
           R"({"error":"json_invalid","error_description":"The body is no well-formed JSON.","error_uri":null,"message":"The body is no well-formed JSON."})",
           {}},
          {"Snowplow",
           post("/com.snowplowanalytics.snowplow/tp2", kPayloadData + R"([{"eid":"a"},{"eid":"b"}]})"),
           200,
           "ok",
           {R"(a={"eid":"a"})", R"(b={"eid":"b"})"}},
          {"Snowplow, a bad one",
           post("/com.snowplowanalytics.snowplow/tp2", kPayloadData + R"([1,{"eid":"b"}]})"),
           200,
           "ok",
           {R"(b={"eid":"b"})"}},
          {"Snowplow, no payload_data",
           post("/com.snowplowanalytics.snowplow/tp2", "[{}]"),
           400,
           R"({"error":"A body here is a payload_data of version 1.","code":"batch_invalid","message":"A body here is a payload_data of version 1."})",
           {}},
          {"too large for Segment's browser",
           post("/v1/t", R"({"a":")" + std::string(33'000, 'x') + R"("})"),
           413,
           R"({"error":"The event is too large.","code":"event_too_large","message":"The event is too large."})",
           {}},
          {"too large for a record",
           post("/t/x", R"({"a":")" + std::string(999'980, 'x') + R"("})"),
           413,
           R"({"error":"The event is too large.","code":"event_too_large","message":"The event is too large."})",
           {}},
          {"one that is too large for a record",
           post("/t/x", R"([{"id":"a"},{"a":")" + std::string(999'980, 'x') + R"("}])"),
           200,
           R"({"status":"ok","accepted":1,"dropped":0,"rejected":1,"errors":[{"index":1,"code":"event_too_large","error":"The event is too large."}]})",
           {R"(a={"id":"a"})"}},
          {"a form that is too large for a record",
           post("/t/x", "a=" + std::string(1'000'000, 'x'),
                {{"Content-Type", "application/x-www-form-urlencoded"}}),
           413,
           R"({"error":"The event is too large.","code":"event_too_large","message":"The event is too large."})",
           {}},
          {"a small batch that makes large records",
           post(
               "/t/x?" + std::string(8'000, 'q'), "[{}" +
                                                      [] {
                                                        std::string more;
                                                        for (int i = 0; i < 2'000; ++i) more += ",{}";
                                                        return more + ']';
                                                      }()),
           413,
           R"({"error":"The records of these events are too large together.","code":"batch_too_large","message":"The records of these events are too large together."})",
           {}},
      }) {
    CAPTURE(what);
    TestPlatform test;
    const auto response = run(tracker, test, request);
    CHECK(response.status == status);
    CHECK(text_of(response) == body);
    CHECK(test.batches == (kept.empty() ? 0 : 1));
    REQUIRE(test.sent.size() == kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      const bool made = kept[i].starts_with('*');
      if (made) CHECK(is_uuid(test.sent[i].id));
      CHECK((made ? "*" : test.sent[i].id) + '=' + test.sent[i].body == kept[i]);
      CHECK(test.sent[i].path == request.path());
    }
  }
}

TEST_CASE("ids that are made differ and ascend") {
  TestPlatform test;
  run(tracker, test, post("/t/x", "[{},{},{\"id\":\"a\"},{}]"));
  REQUIRE(test.sent.size() == 4);
  CHECK(test.sent[0].id < test.sent[1].id);
  CHECK(test.sent[1].id < test.sent[3].id);
}

TEST_CASE("ids of pixels") {
  TestPlatform test;
  for (const char* target : {"/i?e=pv&eid=a", "/com.snowplowanalytics.snowplow/tp2?eid=b%20c",
                             "/pixel/v1/page?messageId=d", "/t/w?id=e&eid=f", "/i?eid=", "/i?eid=%00"}) {
    run(tracker, test, get(target));
  }
  REQUIRE(test.sent.size() == 6);
  CHECK(test.sent[0].id == "a");
  CHECK(test.sent[1].id == "b c");
  CHECK(test.sent[2].id == "d");
  for (std::size_t i = 3; i < 6; ++i) CHECK(is_uuid(test.sent[i].id));
}

TEST_CASE("privacy") {
  const std::pair<const std::string, std::string> kWhole{"anonymise_client", "off"};
  struct Case {
    std::string what;
    std::map<std::string, std::string, std::less<>> settings;
    Headers headers;
    std::string dropped;  // `-`: kept
    std::string client;
    std::size_t hints;
  };
  for (const auto& [what, settings, headers, dropped, client, hints] : {
           Case{"by default", {}, {}, "-", "192.0.2.0", 1},
           {"GPC by default", {}, {{"Sec-GPC", "1"}}, "gpc", "", 0},
           {"nothing asked for", {kWhole}, {}, "-", "192.0.2.77", 2},
           {"GPC anonymised", {kWhole, {"gpc", "anonymise"}}, {{"Sec-GPC", "1"}}, "-", "192.0.2.0", 1},
           {"GPC dropped", {{"gpc", "drop"}}, {{"Sec-GPC", "1"}}, "gpc", "", 0},
           {"GPC kept", {kWhole, {"gpc", "keep"}}, {{"Sec-GPC", "1"}}, "-", "192.0.2.77", 2},
           {"GPC kept, and the address cut", {{"gpc", "keep"}}, {{"Sec-GPC", "1"}}, "-", "192.0.2.0", 1},
           {"GPC with a wrong setting", {{"gpc", "yes"}}, {{"Sec-GPC", "1"}}, "gpc", "", 0},
           {"no GPC", {kWhole, {"gpc", "drop"}}, {{"Sec-GPC", "0"}}, "-", "192.0.2.77", 2},
           {"DNT by default", {}, {{"DNT", "1"}}, "dnt", "", 0},
           {"DNT anonymised", {kWhole, {"dnt", "anonymise"}}, {{"DNT", "1"}}, "-", "192.0.2.0", 1},
           {"DNT dropped", {{"dnt", "drop"}}, {{"DNT", "1"}}, "dnt", "", 0},
           {"DNT kept", {kWhole, {"dnt", "keep"}}, {{"DNT", "1"}}, "-", "192.0.2.77", 2},
           {"no DNT", {kWhole, {"dnt", "drop"}}, {{"DNT", "0"}}, "-", "192.0.2.77", 2},
           {"both dropped",
            {{"gpc", "drop"}, {"dnt", "drop"}},
            {{"DNT", "1"}, {"Sec-GPC", "1"}},
            "gpc",
            "",
            0},
           {"the stricter one",
            {{"gpc", "keep"}, {"dnt", "drop"}},
            {{"DNT", "1"}, {"Sec-GPC", "1"}},
            "dnt",
            "",
            0},
           {"everybody", {{"anonymise_client", "on"}}, {}, "-", "192.0.2.0", 1},
           {"Snowplow's header", {kWhole}, {{"SP-Anonymous", "*"}}, "-", "", 2},
           {"prefetch", {}, {{"Sec-Purpose", "prefetch"}}, "prefetch", "", 0},
           {"prerender", {}, {{"Sec-Purpose", "prefetch;prerender"}}, "prefetch", "", 0},
           {"an old Chrome's prefetch", {}, {{"Purpose", "Prefetch"}}, "prefetch", "", 0},
           {"an old Firefox's prefetch", {}, {{"X-Moz", "prefetch"}}, "prefetch", "", 0},
           {"another purpose", {kWhole}, {{"Purpose", "preview"}}, "-", "192.0.2.77", 2},
           {"a bot", {kWhole}, {{"User-Agent", "Googlebot/2.1"}}, "-", "192.0.2.77", 2},
       }) {
    CAPTURE(what);
    for (auto request : {get("/t/w", headers), post("/t/w", "{}", headers)}) {
      TestPlatform test;
      test.settings = settings;
      request.client = "192.0.2.77";
      request.hints = {{"country", "DE"}, {"city", "Berlin"}};
      const auto response = run(tracker, test, request);
      CHECK(response.status == 200);
      CHECK(text_of(response) == R"({"status":"ok"})");
      CHECK(header(response, "X-Track-Dropped") == dropped);
      REQUIRE(test.sent.size() == (dropped == "-" ? 1 : 0));
      if (test.sent.empty()) continue;
      CHECK(test.sent[0].client == client);
      CHECK(test.sent[0].hints.size() == hints);
    }
  }
}

TEST_CASE("a list that is dropped, and duplicates") {
  TestPlatform test;
  test.settings["gpc"] = "drop";
  const Headers gpc{{"Sec-GPC", "1"}};
  auto response = run(tracker, test, post("/t/x", R"([{"id":"a"},{"id":"a"},1])", gpc));
  CHECK(
      text_of(response) ==
      R"({"status":"ok","accepted":0,"dropped":2,"rejected":1,"errors":[{"index":2,"code":"event_invalid","error":"An event is an object."}]})");
  CHECK(header(response, "X-Track-Dropped") == "gpc");
  response =
      run(tracker, test, post("/i/v1/analytics/events", R"({"batch":[)" + v1_event(kUuid1, "a") + "]}", gpc));
  CHECK(text_of(response) ==
        R"({"results":{"0193e5a0-0000-7000-8000-000000000001":{"result":"drop","details":"gpc"}}})");
  response = run(tracker, test, post("/com.snowplowanalytics.snowplow/tp2", kPayloadData + "[{}]}", gpc));
  CHECK(text_of(response) == "ok");
  CHECK(header(response, "X-Track-Dropped") == "gpc");
  response = run(tracker, test, post("/v1/track", "{", gpc));
  CHECK(response.status == 400);
  CHECK(test.sent.empty());

  response = run(tracker, test, post("/t/x", R"([{"id":"a"},{"id":"a"}])"));
  CHECK(header(response, "X-Track-Dropped") == "duplicate");
  CHECK(test.sent.size() == 1);
}

TEST_CASE("the address behind proxies") {
  TestPlatform test;
  test.settings["anonymise_client"] = "off";
  auto request = get("/t/w", {{"X-Forwarded-For", "6.6.6.6, 192.0.2.8"}});
  request.client = "10.1.1.1";
  const auto client = [&](const char* proxies) {
    test.settings["trusted_proxies"] = proxies;
    run(tracker, test, request);
    return test.sent.back().client;
  };
  CHECK(client("") == "10.1.1.1");
  CHECK(client("10.0.0.0/8") == "192.0.2.8");
  CHECK(client("10.0.0.0/8,nonsense") == "10.1.1.1");
  test.settings["anonymise_client"] = "on";
  CHECK(client("10.0.0.0/8") == "192.0.2.0");
}

TEST_CASE("keys") {
  struct Case {
    std::string what;
    Request request;
    std::string code;  // `ok`: accepted
  };
  const std::string snowplow = "/com.snowplowanalytics.snowplow/tp2";
  for (const auto& [what, request, code] : {
           Case{"none", get("/t/w"), "key_missing"},
           {"in the query", get("/t/w?writeKey=one"), "ok"},
           {"in the query, encoded", get("/t/w?key=tw%6F"), "ok"},
           {"a wrong one", get("/t/w?key=three"), "key_unknown"},
           {"an empty one", get("/t/w?key="), "key_missing"},
           {"two of them", get("/t/w?key=one&token=two"), "key_ambiguous"},
           {"twice the same", get("/t/w?key=one&token=one"), "ok"},
           {"the list itself", get("/t/w?key=one,two"), "key_unknown"},
           {"Basic", post("/v1/track", "{}", {{"Authorization", "Basic b25lOg=="}}), "ok"},
           {"Basic with a password", post("/v1/track", "{}", {{"Authorization", "basic b25lOnB3"}}), "ok"},
           {"Basic of nonsense", post("/v1/track", "{}", {{"Authorization", "Basic ***"}}), "key_missing"},
           {"Basic and another in the body",
            post("/v1/track", R"({"writeKey":"two"})", {{"Authorization", "Basic b25lOg=="}}),
            "key_ambiguous"},
           {"Bearer", post("/t/w", "{}", {{"Authorization", "Bearer two"}}), "ok"},
           {"another scheme", post("/t/w", "{}", {{"Authorization", "Digest one"}}), "key_missing"},
           {"writeKey", post("/v1/batch", R"({"batch":[{}],"writeKey":"one"})"), "ok"},
           {"api_key", post("/batch", R"({"api_key":"one","batch":[{}]})"), "ok"},
           {"token in properties", post("/e", R"([{"properties":{"token":"one"}}])"), "ok"},
           {"different tokens", post("/e", R"([{"token":"one"},{"token":"two"}])"), "key_ambiguous"},
           {"a number", post("/e", R"([{"token":1}])"), "key_missing"},
           {"aid", post(snowplow, kPayloadData + R"([{"aid":"one"}]})"), "ok"},
           {"another aid", post(snowplow, kPayloadData + R"([{"aid":"x"}]})"), "key_unknown"},
           {"a form", post("/t/w?key=one", "a=1", {{"Content-Type", "application/x-www-form-urlencoded"}}),
            "ok"},
       }) {
    CAPTURE(what);
    TestPlatform test;
    test.settings["keys"] = "one, two,";
    const auto response = run(tracker, test, request);
    CHECK(response.status == (code == "ok" ? 200 : 401));
    CHECK(header(response, "WWW-Authenticate") == (code == "ok" ? "-" : "Bearer"));
    if (code != "ok") CHECK(text_of(response).contains(code));
    CHECK(test.sent.size() == (code == "ok" ? 1 : 0));
  }
  TestPlatform test;
  test.settings["keys"] = "one";
  const auto pixel = run(tracker, test, get("/i?aid=two"));
  CHECK(pixel.status == 401);
  CHECK(pixel.body.size() == 43);
  CHECK(header(pixel, "X-Track-Error") == "key_unknown");
  CHECK(run(tracker, test, get("/i?aid=one")).status == 200);
}

TEST_CASE("events that can't be kept") {
  struct Case {
    std::string code;
    int status;
    std::string retry;
  };
  for (const auto& [code, status, retry] : {Case{"events_unavailable", 503, "5"},
                                            {"events_full", 503, "17"},
                                            {"events_refused", 500, "-"},
                                            {"abi_violation", 503, "5"}}) {
    CAPTURE(code);
    TestPlatform test;
    test.events_error = Error{code, "No."};
    for (const auto& request :
         {get("/t/w"), post("/t/w", "{}"), post("/v1/batch", "[{}]"), get("/i"),
          post("/i/v1/analytics/events", R"({"batch":[)" + v1_event(kUuid1, "a") + "]}")}) {
      const auto response = run(tracker, test, request);
      CHECK(response.status == status);
      CHECK(header(response, "Retry-After") == retry);
    }
  }
  TestPlatform test;
  test.events_error = Error{"events_full", "No."};
  CHECK(
      text_of(run(tracker, test, get("/t/w"))) ==
      R"({"error":"There is no room for events now.","code":"events_full","message":"There is no room for events now."})");
  CHECK(test.lines == std::vector<std::string>{"tracker: events_full: No."});
  test.time += std::chrono::seconds(10);
  CHECK(run(tracker, test, get("/i")).body.size() == 43);
  CHECK(test.lines.size() == 2);
  run(tracker, test, get("/i"));
  CHECK(test.lines.size() == 2);
}

TEST_CASE("whoever comes back waits longer while an outage lasts") {
  TestPlatform test;
  test.events_error = Error{"events_unavailable", "No."};
  const auto wait_after = [&](int seconds) {
    test.time += Seconds(seconds);
    return std::stoi(header(run(tracker, test, get("/t/w")), "Retry-After"));
  };
  std::vector<int> waits;
  for (const int seconds : {0, 20, 60, 100, 100, 100, 100}) waits.push_back(wait_after(seconds));
  CHECK(waits.front() <= 7);
  CHECK(std::ranges::is_sorted(waits));
  CHECK(waits.back() >= 60);
  CHECK(waits.back() <= 90);
  CHECK(wait_after(200) <= 7);
  wait_after(100);
  test.events_error.reset();
  run(tracker, test, get("/t/w"));
  test.events_error = Error{"events_unavailable", "No."};
  CHECK(wait_after(10) <= 7);
}

TEST_CASE("RudderStack's limits hold where Segment posts, too") {
  const auto event = [](std::size_t size) { return R"({"properties":")" + std::string(size, 'x') + R"("})"; };
  std::string batch;
  for (int i = 0; i < 100; ++i) batch += (i == 0 ? "" : ",") + event(6'000);
  batch = R"({"batch":[)" + batch + "]}";
  struct Case {
    std::string path, body;
    int status;
    std::size_t kept;
  };
  for (const auto& [path, body, status, kept] : {Case{"/v1/batch", batch, 200, 100},
                                                 {"/v1/batch/", batch, 200, 100},
                                                 {"/v1/import", batch, 200, 100},
                                                 {"/v1/b", batch, 413, 0},
                                                 {"/v1/track", event(100'000), 200, 1},
                                                 {"/v1/t", event(100'000), 413, 0},
                                                 {"/v1/batch", "[" + event(4'096'000) + "]", 413, 0}}) {
    CAPTURE(path);
    TestPlatform test;
    CHECK(run(tracker, test, post(path, body)).status == status);
    CHECK(test.sent.size() == kept);
  }
}

TEST_CASE("what SDKs fetch before they send") {
  struct Case {
    std::string target;
    Headers headers;
    std::string body;
  };
  for (
      const auto& [target, headers, part] : {
          Case{
              "/v1/projects/k%22/settings",
              {{"Host", "t.example:8080"}, {"Origin", "http://page.example"}},
              R"({"integrations":{"Segment.io":{"apiKey":"k%22","apiHost":"t.example:8080/v1","protocol":"http",)"},
          {"/v1/projects/k/settings",
           {{"Host", "t.example"}},
           R"("apiHost":"t.example/v1","protocol":"https")"},
          {"/v1/projects/k/settings",
           {{"Host", "t.example"}, {"Origin", "https://p.example"}, {"X-Forwarded-Proto", "http"}},
           R"("protocol":"http")"},
          {"/v1/projects/k/settings", {}, R"({"apiKey":"k","unbundledIntegrations":[])"},
          {"/sourceConfig/?p=npm&writeKey=k", {}, R"("writeKey":"k")"},
          {"/sourceConfig?writeKey=k", {{"Authorization", "Basic bDo="}}, R"("writeKey":"l")"},
          {"/sourceConfig/", {}, R"("enabled":true,"config":{"statsCollection")"},
          {"/array/phc_k/config", {}, R"({"token":"phc_k","supportedCompression")"},
          {"/array/phc_k/config.js", {}, R"(c["phc_k"]={config:{"token":"phc_k",)"},
          {"/flags/?v=2&config=true", {}, R"({"flags":{},"featureFlags":{})"},
          {"/decide/?v=3", {}, R"("autocapture_opt_out":false)"},
          {"/api/feature_flag/local_evaluation/?token=k&send_cohorts", {}, R"({"flags":[],)"},
          {"/api/feature_flag/local_evaluation", {{"Authorization", "Bearer phx_k"}}, R"("cohorts":{}})"},
          {"/flags/definitions?token=k", {}, R"({"flags":[],)"},
          {"/api/surveys/?token=k", {}, R"({"surveys":[]})"},
          {"/api/early_access_features/?token=k", {}, R"({"earlyAccessFeatures":[]})"},
          {"/api/web_experiments/?token=k", {}, R"({"experiments":[]})"},
      }) {
    CAPTURE(target);
    TestPlatform test;
    test.settings["keys"] = "nobody's";
    const auto response = run(tracker, test, get(target, headers));
    CHECK(response.status == 200);
    CHECK(text_of(response).contains(part));
    CHECK(test.sent.empty());
    const bool script = target.ends_with(".js");
    CHECK(header(response, "Content-Type") == (script ? "application/javascript" : "application/json"));
    if (!script) CHECK(nlohmann::json::accept(text_of(response)));
    CHECK(text_of(run(tracker, test, post(target, "{}", headers))) == text_of(response));
  }
  TestPlatform test;
  for (const char* target : {"/array/k\"]=0;alert(1);/config.js", "/array/%22/config.js", "/array//config"})
    CHECK(run(tracker, test, get(target)).status == 404);
}

TEST_CASE("Plausible and Umami") {
  TestPlatform test;
  auto response = run(tracker, test,
                      post("/api/event", R"({"n":"pageview","u":"https://s.example/","d":"s.example"})",
                           {{"Content-Type", "text/plain"}}));
  CHECK(response.status == 202);
  CHECK(text_of(response) == "ok");
  CHECK(header(response, "Content-Type") == "text/plain");
  response = run(tracker, test, post("/api/event", "{}", {{"Sec-Purpose", "prefetch"}}));
  CHECK(response.status == 202);
  CHECK(header(response, "x-plausible-dropped") == "1");
  CHECK(run(tracker, test, post("/api/event", "[{}]")).status == 400);
  CHECK(run(tracker, test, post("/api/event", "a=1")).status == 400);
  response = run(tracker, test, post("/api/send", R"({"type":"event","payload":{"website":"w","url":"/"}})"));
  CHECK(text_of(response) == R"({"cache":"","sessionId":"","visitId":""})");
  response = run(tracker, test, post("/api/batch", R"([{"type":"event","payload":{"website":"w"}},1])"));
  CHECK(
      text_of(response) ==
      R"({"size":2,"processed":1,"errors":1,"details":[{"index":1,"response":{"error":"An event is an object."}}],"cache":""})");
  CHECK(test.sent.size() == 3);

  test.settings["keys"] = "w, s.example";
  CHECK(run(tracker, test, post("/api/send", R"({"payload":{"website":"w"}})")).status == 200);
  CHECK(run(tracker, test, post("/api/send", R"({"payload":{"website":"x"}})")).status == 401);
  CHECK(run(tracker, test, post("/api/send", R"({"payload":{}})")).status == 401);
  CHECK(run(tracker, test, post("/api/event", R"({"d":"s.example"})")).status == 202);
  CHECK(run(tracker, test, post("/api/event", R"({"domain":"other"})")).status == 401);
}

TEST_CASE("every error has a message") {
  std::string blank;
  blank.resize(9'000'000, ' ');
  for (const char* path : {"/t/w", "/v1/track", "/beacon/v1/batch", "/e/", "/i/v1/analytics/events",
                           "/com.snowplowanalytics.snowplow/tp2", "/api/event", "/api/send", "/nothing"}) {
    CAPTURE(path);
    TestPlatform test;
    test.settings["keys"] = "k";
    auto put = post(path, "{}");
    put.method = "PUT";
    for (const auto& request :
         {post(path, "{"), post(path, "{}"), post(path, "{}", {{"Content-Encoding", "br"}}),
          post(path, "[" + blank + "]"), put}) {
      const auto response = run(tracker, test, request);
      CHECK(response.status >= 400);
      if (header(response, "Content-Type") == "image/gif") continue;  // Snowplow's PUT
      const auto json = nlohmann::json::parse(response.body.view());
      CHECK(json["message"].is_string());
      if (response.status == 415) CHECK(header(response, "Accept-Encoding") == "gzip");
    }
  }
}

TEST_CASE("nothing is answered before events are kept") {
  TestPlatform test;
  test.held = true;
  auto platform = test.platform();
  const auto request = get("/t/w");
  auto task = tracker(request, platform);
  task.start();
  CHECK_FALSE(task.done());
  test.answer();
  REQUIRE(task.done());
  CHECK(task.take().status == 200);
}

TEST_CASE("can events be kept?") {
  struct Case {
    std::optional<Result<Response>> origin;
    int status;
  };
  const auto ready = [](int status) {
    Response response;
    response.status = status;
    return response;
  };
  for (const auto& [origin, status] : {Case{ready(200), 200},
                                       {ready(503), 503},
                                       {ready(404), 503},
                                       {std::nullopt, 503},
                                       {fail("origin_unconfigured", "none"), 200}}) {
    TestPlatform test;
    if (origin) test.origin.insert_or_assign("/readyz?capability=events", *origin);
    const auto response = run(tracker, test, get("/sink-health"));
    CHECK(response.status == status);
    CHECK(header(response, "Retry-After") == (status == 200 ? "-" : "5"));
    CHECK(
        text_of(response) ==
        (status == 200
             ? "ok"
             : R"({"error":"Events can't be kept now.","code":"sink_unavailable","message":"Events can't be kept now."})"));
    CHECK(test.sent.empty());
  }
  TestPlatform test;
  CHECK(text_of(run(tracker, test, get("/health"))) == "ok");
  CHECK(text_of(run(tracker, test, get("/robots.txt"))) == "User-agent: *\nDisallow: /\n");
  CHECK(test.sent.empty());
  CHECK(run(tracker, test, post("/sink-health", "{}")).status == 404);
  CHECK(test.sent.empty());
}

TEST_CASE("other methods") {
  TestPlatform test;
  for (const char* method : {"PUT", "DELETE", "PATCH", "get"}) {
    auto request = get("/t/w");
    request.method = method;
    const auto response = run(tracker, test, request);
    CHECK(response.status == 405);
    CHECK(header(response, "Allow") == "GET, HEAD, POST, OPTIONS");
  }
  CHECK(test.sent.empty());
}

TEST_CASE("peers whose SDKs send cookies") {
  for (const char* path :
       {"/i", "/com.snowplowanalytics.snowplow/tp2", "/com.snowplowanalytics.snowplow/tp2/", "/e/", "/flags/",
        "/array/k/config", "/i/v1/analytics/events"}) {
    for (const char* method : {"OPTIONS", "POST", "GET", "PUT"}) {
      CAPTURE(path);
      CAPTURE(method);
      TestPlatform test;
      auto request = post(path, kPayloadData + R"([{"aid":"k"}]})",
                          {{"Origin", "https://page.example"}, {"Access-Control-Request-Method", "POST"}});
      request.method = method;
      auto response = run(tracker, test, request);
      CHECK(header(response, "Access-Control-Allow-Origin") == "https://page.example");
      CHECK(header(response, "Access-Control-Allow-Credentials") == "true");
      CHECK(header(response, "Vary") == "Origin");
      request.headers.set("Origin", "null");
      CHECK(header(run(tracker, test, request), "Access-Control-Allow-Origin") == "null");
      request.headers.remove("Origin");
      response = run(tracker, test, request);
      CHECK(header(response, "Access-Control-Allow-Origin") == "-");
      CHECK(header(response, "Access-Control-Allow-Credentials") == "-");
      CHECK(header(response, "Vary") == "Origin");
    }
  }
}

TEST_CASE("cross-origin access") {
  TestPlatform test;
  const auto options = [&](Headers headers) {
    auto request = get("/v1/batch", std::move(headers));
    request.method = "OPTIONS";
    return run(tracker, test, request);
  };
  const Headers asked{{"Origin", "https://page.example"},
                      {"Access-Control-Request-Method", "POST"},
                      {"Access-Control-Request-Headers", "authorization,content-type"}};
  CHECK(options({}).headers ==
        Headers{{"Allow", "GET, HEAD, POST, OPTIONS"}, {"Access-Control-Allow-Origin", "*"}});
  CHECK(options(asked).headers == Headers{{"Allow", "GET, HEAD, POST, OPTIONS"},
                                          {"Access-Control-Allow-Methods", "GET, HEAD, POST, OPTIONS"},
                                          {"Access-Control-Allow-Headers", "authorization,content-type"},
                                          {"Access-Control-Max-Age", "86400"},
                                          {"Access-Control-Allow-Origin", "*"}});
  test.settings["credentials_origins"] = "https://other.example, https://page.example";
  const auto answer = options(asked);
  CHECK(answer.status == 204);
  CHECK(header(answer, "Access-Control-Allow-Origin") == "https://page.example");
  CHECK(header(answer, "Access-Control-Allow-Credentials") == "true");
  CHECK(header(answer, "Vary") == "Origin");

  struct Case {
    std::string setting, origin, allowed;
  };
  for (const auto& [setting, origin, allowed] : {
           Case{"https://page.example", "https://page.example", "https://page.example"},
           {"https://page.example", "https://page.example:444", "*"},
           {"https://page.example", "http://page.example", "*"},
           {"https://page.example", "https://page.example.evil", "*"},
           {"https://page.example", "null", "*"},
           {"https://page.example", "", "*"},
           {"*", "https://any.example", "https://any.example"},
       }) {
    CAPTURE(setting);
    CAPTURE(origin);
    test.settings["credentials_origins"] = setting;
    const auto response = run(tracker, test, post("/t/w", "{}", {{"Origin", origin}}));
    CHECK(header(response, "Access-Control-Allow-Origin") == allowed);
    CHECK(header(response, "Access-Control-Allow-Credentials") == (allowed == "*" ? "-" : "true"));
    CHECK(header(response, "Vary") == "Origin");
  }
  CHECK(test.sent.size() == 7);
}
