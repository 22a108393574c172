#include "functions/pages/pages.hpp"

#include <set>
#include <string>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "functions/pages/files.hpp"
#include "functions/testing/test_platform.hpp"
#include "shared/gzip.hpp"

using namespace skerry;
using namespace skerry::functions;
using testing::get;
using testing::header;
using testing::TestPlatform;

namespace {

struct Page {
  std::string path;
  std::string file;
  std::string type;
};

const std::vector<Page> kPages{
    {"/status", "status.html", "text/html; charset=utf-8"},
    {"/status/status.css", "status/status.css", "text/css; charset=utf-8"},
    {"/status/status.mjs", "status/status.mjs", "text/javascript; charset=utf-8"},
    {"/status/table.mjs", "status/table.mjs", "text/javascript; charset=utf-8"},
    {"/status/table.wasm", "status/table.wasm", "application/wasm"},
    {"/demo", "demo.html", "text/html; charset=utf-8"},
    {"/demo/demo.css", "demo/demo.css", "text/css; charset=utf-8"},
    {"/demo/demo.mjs", "demo/demo.mjs", "text/javascript; charset=utf-8"},
    {"/t.js", "t.js", "text/javascript; charset=utf-8"},
};

Response run(TestPlatform& test, const Request& request) {
  return testing::run(pages, test, request);
}

std::string stored(std::string_view file) {
  for (const auto& [name, zipped] : page_files()) {
    if (name == file) return gunzip(zipped, std::size_t{8} << 20U).value();
  }
  return "";
}

}  // namespace

TEST_CASE("every file is served under its route, with its headers") {
  TestPlatform test;
  CHECK(page_files().size() == kPages.size());
  std::set<std::string> etags;
  for (const auto& [path, file, type] : kPages) {
    CAPTURE(path);
    const std::string bytes = stored(file);
    CHECK_FALSE(bytes.empty());
    const Response plain = run(test, get(path + "?sort=delay"));
    CHECK(plain.status == 200);
    CHECK(plain.body.view() == bytes);
    CHECK(header(plain, "content-type") == type);
    CHECK(header(plain, "content-encoding") == "-");
    const bool script = path == "/t.js";
    CHECK(header(plain, "cache-control") ==
          (script ? "public, max-age=3600, stale-while-revalidate=86400" : "no-cache"));
    CHECK(header(plain, "access-control-allow-origin") == (script ? "*" : "-"));
    CHECK(header(plain, "cross-origin-resource-policy") == (script ? "cross-origin" : "-"));
    CHECK(header(plain, "vary") == "Accept-Encoding");
    CHECK(header(plain, "x-content-type-options") == "nosniff");
    CHECK(header(plain, "referrer-policy") == "no-referrer");
    CHECK(header(plain, "content-security-policy") ==
          "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self'; "
          "img-src "
          "'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    etags.insert(header(plain, "etag"));

    const Response zipped = run(test, get(path, {{"Accept-Encoding", "gzip, br"}}));
    CHECK(header(zipped, "content-encoding") == "gzip");
    CHECK(header(zipped, "etag") == header(plain, "etag"));
    CHECK(gunzip(zipped.body.view(), bytes.size()) == bytes);
    test.settings["gzip"] = "off";
    CHECK(run(test, get(path, {{"Accept-Encoding", "gzip"}})).body.view() == bytes);
    test.settings.clear();
  }
  CHECK(etags.size() == kPages.size());
  CHECK(test.reads == 0);
}

TEST_CASE("the tracker's script is at most 2 kB on the wire") {
  TestPlatform test;
  const Response script = run(test, get("/t.js", {{"Accept-Encoding", "gzip"}}));
  CHECK(script.body.size() <= 2'000);
  CHECK(script.body.view().starts_with("\x1f\x8b"));
}

TEST_CASE("an ETag that comes back is a 304") {
  TestPlatform test;
  const std::string etag = header(run(test, get("/status")), "etag");
  for (const std::string& condition : {etag, etag.substr(2), "\"x\", " + etag, std::string("*")}) {
    const Response response = run(test, get("/status", {{"If-None-Match", condition}}));
    CHECK(response.status == 304);
    CHECK(response.body.empty());
    CHECK(header(response, "etag") == etag);
    CHECK(header(response, "cache-control") == "no-cache");
    CHECK(header(response, "content-type") == "-");
  }
  CHECK(run(test, get("/status", {{"If-None-Match", "\"x\""}})).status == 200);
  CHECK(run(test, get("/status/status.css", {{"If-None-Match", etag}})).status == 200);
}

TEST_CASE("the folder leads to its page and keeps the query") {
  TestPlatform test;
  for (const auto& [target, location] :
       {std::pair{"/status/", "/status"},
        {"/status/?project=ris&sort=delay", "/status?project=ris&sort=delay"},
        {"/demo/?view=1", "/demo?view=1"}}) {
    const Response response = run(test, get(target));
    CHECK(response.status == 301);
    CHECK(header(response, "location") == location);
    CHECK(response.body.empty());
  }
}

TEST_CASE("other paths and methods") {
  TestPlatform test;
  for (const auto* path : {"",
                           "*",
                           "//",
                           "/status.html",
                           "/status/status.html",
                           "/status/none.css",
                           "/status//status.css",
                           "/STATUS",
                           "/status/../status",
                           "/status/status.css/",
                           "/%73tatus",
                           "/status\xff",
                           "/headers.txt",
                           "/_headers",
                           "status",
                           "xstatus",
                           "/status/table.wasm/",
                           "/t.js/",
                           "/t",
                           "/demo//",
                           "//",
                           "/.html",
                           "/./"}) {
    CAPTURE(path);
    const Response missing = run(test, get(path));
    CHECK(missing.status == 404);
    CHECK(nlohmann::json::parse(missing.body.view()).at("code") == "not_found");
  }
  for (const auto* path : {"/status", "/status/", "/status/table.wasm"}) {
    for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "TRACE", "get", ""}) {
      Request request = get(path);
      request.method = method;
      const Response refused = run(test, request);
      CHECK(refused.status == 405);
      CHECK(header(refused, "allow") == "GET, HEAD");
    }
  }
  Request head = get("/status");
  head.method = "HEAD";
  CHECK(run(test, head).status == 200);
}
