#include "functions/latest/history.hpp"

#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/latest/latest.hpp"
#include "functions/testing/test_platform.hpp"
#include "shared/gzip.hpp"

using namespace skerry;
using namespace skerry::functions;
using testing::get;
using testing::header;
using testing::run;
using testing::TestPlatform;

namespace {

std::string history(std::string_view updated = "2026-11-21T08:05:11.000Z", int series = 4) {
  std::string text = R"({"format":1,"last_updated_at":")" + std::string(updated) +
                     R"(","begin":"2026-11-19T08:05:00","series":[)";
  for (int i = 0; i < series; ++i) {
    if (i > 0) text += ',';
    text += R"({"collector_id":"rrc0)" + std::to_string(i) +
            R"(","data_type":"update","step":300,"slots":")" + std::string(577, '2') + "\"}";
  }
  return text + "]}";
}

TestPlatform ready() {
  TestPlatform test;
  test.values["history"] = history();
  return test;
}

std::string code(const Response& response) {
  return nlohmann::json::parse(response.body.view()).at("code").get<std::string>();
}

}  // namespace

TEST_CASE("a history is opened where it is whole, else it is told what is wrong with it") {
  struct Case {
    std::string text;
    std::string code;
  };
  const std::string whole = history();
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = whole;
    return text.replace(text.find(from), from.size(), to);
  };
  const std::vector<Case> cases{
      {whole, ""},
      {history("2026-11-21T08:05:11Z", 0), ""},
      {history("2026-11-21T08:05:11Z", 2000), ""},
      {with("\"format\":1,", R"("more":{"a":[1,"]"]},"format":1,)"), ""},
      {"", "history_damaged"},
      {"null", "history_damaged"},
      {"[]", "history_damaged"},
      {"{}", "history_format"},
      {std::string(100'000, '['), "history_damaged"},
      {with("\"format\":1,", "\"format\":2,"), "history_format"},
      {with("\"format\":1,", "\"format\":\"1\","), "history_format"},
      {with("\"format\":1,", ""), "history_format"},
      {with("2026-11-21T08:05:11.000Z", "yesterday"), "history_damaged"},
      {with("2026-11-21T08:05:11.000Z", R"(2026\u002d11-21T08:05:11.000Z)"), "history_damaged"},
      {with("last_updated_at", "updated"), "history_damaged"},
      {with("\"series\":[", "\"rows\":["), "history_damaged"},
      {R"({"format":1,"last_updated_at":"2026-11-21T08:05:11Z","series":5})", "history_damaged"},
      {with("rrc00", "rrc\xff"), "history_damaged"},
      {with("rrc00", "\xed\xa0\x80"), "history_damaged"},
      {whole + "x", "history_damaged"},
      {whole + whole, "history_damaged"},
  };
  for (const Case& c : cases) {
    CAPTURE(c.text.substr(0, 200));
    const auto opened = History::open(c.text);
    CHECK((opened ? "" : opened.error().code) == c.code);
    if (!opened) continue;
    CHECK(opened->text() == c.text);
    CHECK(format_http_date(opened->last_updated_at()) == "Sat, 21 Nov 2026 08:05:11 GMT");
  }
  for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(History::open(whole.substr(0, size)));
}

TEST_CASE("/history is served as it is stored, with the view's manners") {
  TestPlatform test = ready();
  const Response plain = run(latest, test, get("/history?project=nonsense"));
  CHECK(plain.status == 200);
  CHECK(plain.body.view() == history());
  CHECK(header(plain, "content-type") == "application/json");
  CHECK(header(plain, "access-control-allow-origin") == "*");
  CHECK(header(plain, "vary") == "Accept-Encoding");
  CHECK(header(plain, "age") == "61");
  CHECK(header(plain, "last-modified") == "Sat, 21 Nov 2026 08:05:11 GMT");
  CHECK(header(plain, "cache-control").starts_with("public, max-age=300"));
  CHECK(header(plain, "warning") == "-");

  const Response zipped = run(latest, test, get("/history", {{"Accept-Encoding", "gzip"}}));
  CHECK(header(zipped, "content-encoding") == "gzip");
  CHECK(gunzip(zipped.body.view(), 1 << 20) == history());

  const std::string etag = header(plain, "etag");
  CHECK(header(zipped, "etag") == etag);
  for (const Headers& condition :
       {Headers{{"If-None-Match", etag}}, Headers{{"If-Modified-Since", "Sat, 21 Nov 2026 08:05:11 GMT"}}}) {
    const Response again = run(latest, test, get("/history", condition));
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(header(again, "etag") == etag);
  }
  test.time += std::chrono::hours{1};
  CHECK(header(run(latest, test, get("/history")), "warning") ==
        "110 skerry \"the history is 3661 s old, it should be at most 900 s\"");
}

TEST_CASE("the history's methods are the view's") {
  TestPlatform test = ready();
  Request request = get("/history");
  request.method = "OPTIONS";
  CHECK(run(latest, test, request).status == 204);
  request.method = "POST";
  const Response refused = run(latest, test, request);
  CHECK(refused.status == 405);
  CHECK(header(refused, "allow") == "GET, HEAD, OPTIONS");
  CHECK(test.reads == 0);
}

TEST_CASE("a history that can't be read is a 503 that says when to come back") {
  struct Case {
    std::optional<std::string> value;
    std::string code;
    std::size_t lines;
  };
  for (const Case& c : {Case{std::nullopt, "history_missing", 0}, Case{"garbage", "history_unreadable", 1}}) {
    TestPlatform test;
    if (c.value) test.values["history"] = *c.value;
    const Response response = run(latest, test, get("/history"));
    CHECK(response.status == 503);
    CHECK(code(response) == c.code);
    CHECK(header(response, "retry-after") == "30");
    CHECK(test.lines.size() == c.lines);
  }
}

TEST_CASE("view and history are resident side by side, each never replaced by an older one") {
  TestPlatform test = ready();
  test.values["latest"] = R"({"format":1,"rows":0,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[]})";
  const std::string first = header(run(latest, test, get("/history")), "etag");
  CHECK(run(latest, test, get("/v2/latest")).body.view() == "[]");
  run(latest, test, get("/history"));
  CHECK(test.reads == 2);

  test.values["history"] = history("2026-11-21T08:00:00Z");
  test.time += Seconds{30};
  CHECK(header(run(latest, test, get("/history")), "etag") == first);
  test.values["history"] = history("2026-11-21T08:06:00Z");
  test.time += Seconds{30};
  CHECK(header(run(latest, test, get("/history")), "etag") != first);
}
