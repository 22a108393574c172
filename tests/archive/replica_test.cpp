#include "tests/archive/replica.hpp"

#include <thread>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "shared/gzip.hpp"
#include "tests/archive/collectors.hpp"

using namespace skerry;
using namespace skerry::archive;
using namespace std::chrono_literals;

namespace {

const std::string kMonth = "/data.ris.ripe.net/rrc00/2026.11/";

Replica make_replica(std::string_view clock) {
  return {parse_collectors(built_in_collectors()).value(), SimClock::parse(clock, 0).value()};
}

Request get(std::string target, Headers headers = {}) {
  return {.method = "GET",
          .target = std::move(target),
          .headers = std::move(headers),
          .body = {},
          .client = "127.0.0.1"};
}

Request with_method(std::string method, std::string target, std::string body = {}) {
  auto request = get(std::move(target));
  request.method = std::move(method);
  request.body = std::move(body);
  return request;
}

std::string body_of(Replica& replica, const std::string& target) {
  return std::string(replica.answer(get(target)).response.body.view());
}

bool contains(std::string_view text, std::string_view piece) {
  return text.find(piece) != std::string_view::npos;
}

std::size_t occurrences(std::string_view text, std::string_view piece) {
  std::size_t count = 0;
  for (auto at = text.find(piece); at != text.npos; at = text.find(piece, at + 1)) ++count;
  return count;
}

}  // namespace

TEST_CASE("statuses") {
  struct Case {
    std::string_view target;
    int status;
  };
  auto replica = make_replica("2026-11-21T08:00:00Z");
  for (const auto& [target, status] : {
           Case{"/", 200},
           Case{"/data.ris.ripe.net/rrc00/", 200},
           Case{"/data.ris.ripe.net/rrc00/?C=N;O=D", 200},
           Case{"/rrc00/2026.11/", 200},
           Case{"/rrc00/2026.12/", 404},
           Case{"/rrc00/2026.11", 301},
           Case{"/rrc00/2026.11/bview.20261101.0000.gz", 501},
           Case{"/rrc00/2026.11/bview.20261101.0001.gz", 404},
           Case{"/rrc00/2026.11/bview.20261130.0000.gz", 404},
           Case{"/archive.routeviews.org/route-views2/bgpdata/", 200},
           Case{"/archive.routeviews.org/route-views2/bgpdata/2026.11/", 200},
           Case{"/archive.routeviews.org/route-views2/bgpdata/2026.11/RIBS/", 200},
           Case{"/archive.routeviews.org/route-views2/bgpdata/2026.11/UPDATES/", 200},
           Case{"/archive.routeviews.org/route-views2/bgpdata/2026.12/UPDATES/", 404},
           Case{"/rrc99/", 404},
           Case{"/_control/", 404},
       }) {
    CAPTURE(target);
    CHECK(replica.answer(get(std::string(target))).response.status == status);
    CHECK(replica.answer(with_method("POST", std::string(target))).response.status ==
          (target.starts_with("/_control") ? 404 : 405));
  }
  const auto moved = replica.answer(get("/rrc00/2026.11?C=N")).response;
  CHECK(moved.headers.get("Location") == "/rrc00/2026.11/");
}

TEST_CASE("a collector that hasn't begun yet isn't there") {
  auto replica = make_replica("2001-01-15T00:00:00Z");
  CHECK(replica.answer(get("/rrc00/")).response.status == 200);
  CHECK(replica.answer(get("/rrc26/")).response.status == 404);
}

TEST_CASE("pages show what the model says") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const Time now = parse_rfc3339("2026-11-21T08:00:00Z").value();
  for (const auto& collector : parse_collectors(built_in_collectors()).value()) {
    CAPTURE(collector.id);
    const std::string root = "/" + collector.host + collector.path + "/";
    CHECK(occurrences(body_of(replica, root), "/\">") - 1 == months(collector, now).size());
    if (!month_exists(collector, 2026y / 11, now)) continue;
    std::string pages;
    if (collector.project == Project::riperis) {
      pages = body_of(replica, root + "2026.11/");
    } else {
      pages = body_of(replica, root + "2026.11/RIBS/") + body_of(replica, root + "2026.11/UPDATES/");
    }
    const auto files = files_in_month(collector, 2026y / 11, now);
    const std::string extension = collector.project == Project::riperis ? ".gz\">" : ".bz2\">";
    CHECK(occurrences(pages, extension) == files.size());
    for (std::size_t i = 0; i < files.size(); i += 97) {
      const auto& file = files[i];
      CHECK(contains(pages, "<a href=\"" + file_name(collector.project, file.type, file.begin) + "\">"));
    }
  }
}

TEST_CASE("RIS changed its form") {
  auto replica = make_replica("2022-11-27T23:59:59Z");
  CHECK(contains(body_of(replica, "/rrc00/2022.10/"), "<table>"));
  replica.answer(with_method("PUT", "/_control/clock", "2022-11-28T00:00:00Z"));
  CHECK(contains(body_of(replica, "/rrc00/2022.10/"), "<pre>"));
  replica.answer(with_method("PUT", "/_control/clock", "2022-11-27T00:00:00Z"));
  CHECK(contains(body_of(replica, "/rrc00/2022.10/"), "<table>"));
}

TEST_CASE("the clock can be moved, and pages follow it") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const auto before = body_of(replica, kMonth);
  CHECK(body_of(replica, kMonth) == before);
  CHECK(replica.answer(with_method("PUT", "/_control/clock", " 2026-11-21T09:00:00Z ")).response.status ==
        200);
  CHECK(body_of(replica, "/_control/clock") == "2026-11-21T09:00:00Z");
  CHECK(body_of(replica, kMonth).size() > before.size());
  CHECK(replica.answer(with_method("PUT", "/_control/clock", "2026-11-21T08:00:00Z")).response.status == 200);
  CHECK(body_of(replica, kMonth) == before);

  for (const auto* bad : {"", "soon", "2026-11-21", "2026-11-21T08:00:00Z x"}) {
    CHECK(replica.answer(with_method("PUT", "/_control/clock", bad)).response.status == 400);
  }
  auto stranger = with_method("PUT", "/_control/clock", "2026-11-21T08:00:00Z");
  stranger.client = "192.0.2.1";
  CHECK(replica.answer(stranger).response.status == 403);
}

TEST_CASE("conditional requests") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const auto first = replica.answer(get(kMonth)).response;
  const std::string etag(first.headers.get("ETag").value());
  const std::string modified(first.headers.get("Last-Modified").value());
  for (const auto& headers : {Headers{{"If-None-Match", etag}}, Headers{{"If-None-Match", "\"x\", " + etag}},
                              Headers{{"If-Modified-Since", modified}}}) {
    const auto again = replica.answer(get(kMonth, headers)).response;
    CHECK(again.status == 304);
    CHECK(again.body.empty());
    CHECK(again.headers.get("ETag") == etag);
  }
  CHECK(replica.answer(get(kMonth, {{"If-None-Match", "\"x\""}, {"If-Modified-Since", modified}}))
            .response.status == 200);

  replica.answer(with_method("PUT", "/_control/clock", "2026-11-21T20:00:00Z"));
  CHECK(replica.answer(get(kMonth, {{"If-None-Match", etag}})).response.status == 200);
  CHECK(replica.answer(get(kMonth, {{"If-Modified-Since", modified}})).response.status == 200);
}

TEST_CASE("gzip where it is accepted") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const auto plain = body_of(replica, kMonth);
  const auto packed = replica.answer(get(kMonth, {{"Accept-Encoding", "br, gzip"}})).response;
  CHECK(packed.headers.get("Content-Encoding") == "gzip");
  CHECK(packed.body.size() < plain.size() / 4);
  CHECK(gunzip(packed.body.view(), 10 << 20) == plain);
  CHECK(!replica.answer(get(kMonth, {{"Accept-Encoding", "gzip;q=0"}}))
             .response.headers.has("Content-Encoding"));
}

TEST_CASE("HEAD of a file tells its size") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const Collector rrc00{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"};
  const auto file = files_in_month(rrc00, 2026y / 11, parse_rfc3339("2026-11-21T08:00:00Z").value()).front();
  const std::string target = "/data.ris.ripe.net/rrc00" + file_path(Project::riperis, file);
  const auto head = replica.answer(with_method("HEAD", target)).response;
  CHECK(head.status == 200);
  CHECK(head.headers.get("Content-Length") == std::to_string(file.size));
  auto again = with_method("HEAD", target);
  again.headers.add("If-None-Match", *head.headers.get("ETag"));
  CHECK(replica.answer(again).response.status == 304);
}

namespace {

int put(Replica& replica, const std::string& fault) {
  return replica.answer(with_method("PUT", "/_control/fault", fault)).response.status;
}

/// The answer to a GET of `target` under one fault, which is removed again.
Delivery under(Replica& replica, const std::string& fault, const std::string& target, Headers headers = {}) {
  CAPTURE(fault);
  REQUIRE(put(replica, fault) == 204);
  auto delivery = replica.answer(get(target, std::move(headers)));
  REQUIRE(replica.answer(with_method("DELETE", "/_control/fault")).response.status == 204);
  return delivery;
}

nlohmann::json truth(Replica& replica, const std::string& collector, const std::string& month) {
  return nlohmann::json::parse(
      body_of(replica, "/_control/truth?collector=" + collector + "&month=" + month));
}

}  // namespace

TEST_CASE("faults strike the answers to their prefix") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  CHECK(put(replica, R"({"prefix": "/data.ris.ripe.net/", "status": 503})") == 204);
  CHECK(put(replica, R"({"prefix": "/data.ris.ripe.net/rrc01/", "truncate_at": 1000})") == 204);
  CHECK(replica.answer(get(kMonth)).response.status == 503);
  CHECK(replica.answer(get("/rrc00/")).response.status == 200);
  const auto cut = replica.answer(get("/data.ris.ripe.net/rrc01/"));
  CHECK(cut.response.status == 200);
  CHECK(cut.manner.ending->after == 1000);
  CHECK(contains(body_of(replica, "/_control/faults"), R"("matched":1,"prefix":"/data.ris.ripe.net/")"));
  CHECK(replica.answer(with_method("DELETE", "/_control/fault")).response.status == 204);
  CHECK(replica.answer(get(kMonth)).response.status == 200);
  for (const auto* bad : {"", "{}", R"({"prefix": "/"})", "\xff"}) CHECK(put(replica, bad) == 400);
  CHECK(replica.answer(with_method("POST", "/_control/faults")).response.status == 405);
}

TEST_CASE("what broken archives answer") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  auto answer = under(replica, R"({"prefix": "/", "status": 429, "retry_after": 7})", kMonth).response;
  CHECK(answer.status == 429);
  CHECK(answer.headers.get("Retry-After") == "7");
  answer = under(replica, R"({"prefix": "/", "status": 503, "retry_after_date": 7})", kMonth).response;
  CHECK(answer.headers.get("Retry-After") == "Sat, 21 Nov 2026 08:00:07 GMT");
  answer = under(replica, R"({"prefix": "/", "status": 429})", kMonth).response;
  CHECK(!answer.headers.has("Retry-After"));

  for (const auto& [form, tag] : {std::pair("plain", "<p>"), {"table", "<table>"}, {"pre", "<pre>"}}) {
    answer =
        under(replica, std::string(R"({"prefix": "/", "error_page": ")") + form + R"("})", kMonth).response;
    CHECK(answer.status == 200);
    CHECK(contains(answer.body.view(), tag));
    CHECK(!contains(answer.body.view(), ".gz"));
  }
  answer = under(replica, R"({"prefix": "/", "redirect": "loop"})", kMonth).response;
  CHECK(answer.status == 302);
  CHECK(answer.headers.get("Location") == kMonth);
  answer =
      under(replica, R"({"prefix": "/", "redirect": "http://192.0.2.1/", "status": 301})", kMonth).response;
  CHECK(answer.status == 301);
  CHECK(answer.headers.get("Location") == "http://192.0.2.1/");
}

TEST_CASE("validators that lie") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const auto right = replica.answer(get(kMonth)).response;
  const auto later = [&] { replica.answer(with_method("PUT", "/_control/clock", "2026-11-21T09:00:00Z")); };

  auto answer =
      under(replica, R"({"prefix": "/", "etag": "missing", "last_modified": "missing"})", kMonth).response;
  CHECK(!answer.headers.has("ETag"));
  CHECK(!answer.headers.has("Last-Modified"));
  CHECK(answer.body.view() == right.body.view());

  const std::string constant = R"({"prefix": "/", "etag": "constant"})";
  const std::string same(under(replica, constant, kMonth).response.headers.get("ETag").value());
  const std::string changing = R"({"prefix": "/", "etag": "changing"})";
  const std::string other(under(replica, changing, kMonth).response.headers.get("ETag").value());
  CHECK(under(replica, changing, kMonth, {{"If-None-Match", other}}).response.status == 200);

  const std::string ahead = R"({"prefix": "/", "etag": "missing", "last_modified": "future"})";
  answer = under(replica, ahead, kMonth).response;
  const std::string future(answer.headers.get("Last-Modified").value());
  CHECK(future == "Sat, 21 Nov 2026 09:00:00 GMT");
  const std::string still = R"({"prefix": "/", "etag": "missing", "last_modified": "constant"})";
  const std::string old(under(replica, still, kMonth).response.headers.get("Last-Modified").value());
  later();
  CHECK(under(replica, constant, kMonth, {{"If-None-Match", same}}).response.status == 304);
  CHECK(under(replica, still, kMonth, {{"If-Modified-Since", old}}).response.status == 304);
  CHECK(replica.answer(get(kMonth, {{"If-None-Match", same}})).response.status == 200);

  const Collector rrc00{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"};
  const std::string file = "/data.ris.ripe.net/rrc00/2026.11/bview.20261101.0000.gz";
  REQUIRE(put(replica, constant) == 204);
  CHECK(replica.answer(with_method("HEAD", file)).response.headers.get("ETag") == same);
}

TEST_CASE("overlays change listing, file and truth together") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const std::string name = "bview.20261101.0000.gz";
  const std::string file = kMonth + name;
  const auto before = replica.answer(get(kMonth)).response;
  const std::string etag(before.headers.get("ETag").value());
  const auto all = truth(replica, "rrc00", "2026.11");
  CHECK(all[0]["path"] == "/rrc00/2026.11/" + name);

  REQUIRE(put(replica, R"({"prefix": ")" + file + R"(", "hide": true, "until": "2026-11-21T08:30:00Z"})") ==
          204);
  const auto hidden = replica.answer(get(kMonth, {{"If-None-Match", etag}})).response;
  CHECK(hidden.status == 200);
  CHECK(!contains(hidden.body.view(), name));
  CHECK(replica.answer(with_method("HEAD", file)).response.status == 404);
  CHECK(truth(replica, "rrc00", "2026.11").size() == all.size() - 1);
  const std::string since(hidden.headers.get("Last-Modified").value());
  replica.answer(with_method("PUT", "/_control/clock", "2026-11-21T08:30:00Z"));
  CHECK(replica.answer(get(kMonth, {{"If-Modified-Since", since}})).response.status == 200);
  CHECK(contains(body_of(replica, kMonth), name));
  CHECK(replica.answer(with_method("HEAD", file)).response.status == 200);

  REQUIRE(put(replica, R"({"prefix": ")" + file + R"(", "size": 123456})") == 204);
  CHECK(replica.answer(with_method("HEAD", file)).response.headers.get("Content-Length") == "123456");
  CHECK(contains(body_of(replica, kMonth), "121K"));
  CHECK(truth(replica, "rrc00", "2026.11")[0]["size"] == 123456);
  CHECK(truth(replica, "rrc00", "2026.11")[0]["listed"] == "121K");
  replica.answer(with_method("DELETE", "/_control/fault"));
  CHECK(truth(replica, "rrc00", "2026.11")[0]["size"] == all[0]["size"]);
  CHECK(!contains(body_of(replica, kMonth), "121K"));

  // What was small until a moment was changed at that moment, like any file that grew.
  const std::string published = all[0]["published"];
  const auto end = parse_rfc3339(published).value() + std::chrono::hours(1);
  REQUIRE(put(replica,
              R"({"prefix": ")" + file + R"(", "size": 5, "until": ")" + format_rfc3339(end) + "\"}") == 204);
  CHECK(truth(replica, "rrc00", "2026.11")[0]["modified"] == format_rfc3339(end));
  CHECK(truth(replica, "rrc00", "2026.11")[0]["size"] == all[0]["size"]);
}

TEST_CASE("truth is the model's") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const Collector linx{"route-views.linx", Project::routeviews, "archive.routeviews.org",
                       "/route-views.linx/bgpdata"};
  const auto files = files_in_month(linx, 2026y / 11, parse_rfc3339("2026-11-21T08:00:00Z").value());
  const auto rows = truth(replica, linx.id, "2026.11");
  REQUIRE(rows.size() == files.size());
  for (std::size_t i = 0; i < files.size(); ++i) {
    REQUIRE(rows[i]["path"] == linx.path + file_path(linx.project, files[i]));
    REQUIRE(rows[i]["size"] == files[i].size);
    REQUIRE(rows[i]["type"] == broker::data_type_word(files[i].type));
    REQUIRE(rows[i]["time"] == format_naive(files[i].begin));
  }
  CHECK(body_of(replica, "/_control/truth?collector=rrc00&month=2026.12") == "[]");
  for (const auto* bad : {"", "?collector=rrc00", "?month=2026.11", "?collector=rrc99&month=2026.11",
                          "?collector=rrc00&month=2026.13", "?collector=rrc00&month=2026-11", "?&&=%zz"}) {
    CAPTURE(bad);
    CHECK(replica.answer(get(std::string("/_control/truth") + bad)).response.status == 400);
  }
}

TEST_CASE("requests are counted") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  CHECK(replica.accept());
  for (int i = 0; i < 3; ++i) {
    const auto request = get(kMonth);
    const auto status = replica.answer(request).response.status;
    replica.note_sent(request, status, 200, 1000);
  }
  const auto counts = nlohmann::json::parse(body_of(replica, "/_control/requests"));
  CHECK(counts["requests"] == 3);
  CHECK(counts["connections"] == 1);
  CHECK(counts["head_bytes"] == 600);
  CHECK(counts["body_bytes"] == 3000);
  CHECK(counts["by_method"]["GET"]["requests"] == 3);
  CHECK(counts["by_status"]["200"]["body_bytes"] == 3000);
  CHECK(replica.answer(with_method("DELETE", "/_control/requests")).response.status == 204);
  CHECK(nlohmann::json::parse(body_of(replica, "/_control/requests"))["requests"] == 0);
  CHECK(replica.answer(with_method("PUT", "/_control/requests")).response.status == 405);
}

TEST_CASE("the clock can be given a speed") {
  auto replica = make_replica("2026-11-30T23:59:00Z");
  const auto set = [&](const char* text) {
    return replica.answer(with_method("PUT", "/_control/clock", text)).response.status;
  };
  CHECK(set("2026-11-30T23:59:00Z 100000") == 200);
  for (int i = 0; i < 30'000 && !body_of(replica, "/_control/clock").starts_with("2026-12-01"); ++i) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(body_of(replica, "/_control/clock") > "2026-12-01");
  CHECK(replica.answer(get("/rrc00/2026.12/")).response.status == 200);
  CHECK(set("2026-11-30T23:59:00Z 0") == 200);
  CHECK(body_of(replica, "/_control/clock") == "2026-11-30T23:59:00Z");
  for (const auto* bad : {"2026-11-30T23:59:00Z -1", "2026-11-30T23:59:00Z  1", "2026-11-30T23:59:00Z nan",
                          "2026-11-30T23:59:00Z 1 1", " 1"}) {
    CAPTURE(bad);
    CHECK(set(bad) == 400);
  }
}
