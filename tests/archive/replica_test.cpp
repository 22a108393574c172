#include "tests/archive/replica.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("faults") {
  auto replica = make_replica("2026-11-21T08:00:00Z");
  const auto put = [&](const char* body) {
    return replica.answer(with_method("PUT", "/_control/fault", body)).response.status;
  };
  CHECK(put(R"({"prefix": "/data.ris.ripe.net/", "status": 503})") == 204);
  CHECK(put(R"({"prefix": "/data.ris.ripe.net/rrc01/", "truncate_at": 1000})") == 204);
  CHECK(replica.answer(get(kMonth)).response.status == 503);
  CHECK(replica.answer(get("/rrc00/")).response.status == 200);
  const auto cut = replica.answer(get("/data.ris.ripe.net/rrc01/"));
  CHECK(cut.response.status == 200);
  CHECK(cut.truncate_at == 1000);
  CHECK(replica.answer(with_method("DELETE", "/_control/fault")).response.status == 204);
  CHECK(replica.answer(get(kMonth)).response.status == 200);

  for (const auto* bad : {"", "[]", "{}", R"({"status": 503})", R"({"prefix": "x"})",
                          R"({"prefix": "/", "status": 99})", R"({"prefix": "/", "status": "503"})",
                          R"({"prefix": "/", "truncate_at": -1})", R"({"prefix": "/", "unknown": 1})"}) {
    CAPTURE(bad);
    CHECK(put(bad) == 400);
  }
}
