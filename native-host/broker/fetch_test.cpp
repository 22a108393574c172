#include "native-host/broker/fetch.hpp"

#include <atomic>
#include <map>
#include <set>

#include <doctest/doctest.h>
#include <stdlib.h>

#include "native-host/http/test_http_server.hpp"
#include "shared/gzip.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;
using http::TestHttpServer;
using Reply = TestHttpServer::Reply;
using Answers = std::map<std::string, Result<FetchResponse>>;  ///< by URL

FetchOptions quick() {
  setenv("no_proxy", "*", 1);
  FetchOptions options;
  options.backoff = 20ms;
  options.connect_timeout = 1s;
  options.total_timeout = 5s;
  options.silence_timeout = 1s;
  return options;
}

Answers run(Fetcher& fetcher, std::vector<FetchRequest> requests, const std::stop_token& stop = {}) {
  Answers answers;
  for (auto& request : requests) fetcher.add(std::move(request));
  fetcher.run(
      [&](const FetchRequest& request, Result<FetchResponse> response) {
        CHECK(answers.emplace(request.url, std::move(response)).second);
      },
      stop);
  return answers;
}

Result<FetchResponse> get(Fetcher& fetcher, FetchRequest request) {
  return run(fetcher, {std::move(request)}).begin()->second;
}

std::string code_of(const Result<FetchResponse>& response) {
  return response ? "ok" : response.error().code;
}

/// An address where nobody listens.
std::string closed_origin() {
  return TestHttpServer([](const Request&) { return Reply(); }).origin();
}

}  // namespace

TEST_CASE("answers, many at once, on few connections that are kept") {
  TestHttpServer server([](const Request& request) {
    std::this_thread::sleep_for(5ms);
    return Reply{.body = "you asked for " + request.target};
  });
  auto options = quick();
  options.per_host = 3;
  Fetcher fetcher(options);
  for (int round = 0; round < 2; ++round) {
    std::vector<FetchRequest> requests;
    requests.reserve(40);
    for (int i = 0; i < 40; ++i) requests.push_back({.url = server.origin() + "/" + std::to_string(i)});
    const auto answers = run(fetcher, requests);
    CHECK(answers.size() == 40);
    for (const auto& [url, response] : answers) {
      REQUIRE(response);
      CHECK(response->body == "you asked for " + url.substr(server.origin().size()));
    }
  }
  CHECK(server.connections() == 3);
  CHECK(server.most_at_once() == 3);
  CHECK(server.requests() == 80);
}

TEST_CASE("requirement 22: statuses, and which of them are tried again") {
  std::map<std::string, int> asked;
  std::mutex mutex;
  TestHttpServer server([&](const Request& request) {
    const std::lock_guard lock(mutex);
    const int times = ++asked[request.target];
    const int status = std::stoi(request.target.substr(1));
    if (request.target.ends_with("/once") && times > 1) return Reply{.body = "now"};
    return Reply{.status = status, .body = "x"};
  });
  const struct {
    const char* target;
    const char* code;
    int asked;
  } cases[] = {
      {"/200", "ok", 1},       {"/204", "http_204", 1}, {"/206", "http_206", 1}, {"/304", "http_304", 1},
      {"/403", "http_403", 1}, {"/404", "http_404", 1}, {"/408", "http_408", 3}, {"/429", "http_429", 3},
      {"/500", "http_500", 3}, {"/501", "http_501", 1}, {"/503", "http_503", 3}, {"/429/once", "ok", 2},
      {"/503/once", "ok", 2},
  };
  Fetcher fetcher(quick());
  std::vector<FetchRequest> requests;
  for (const auto& entry : cases) requests.push_back({.url = server.origin() + entry.target});
  const auto answers = run(fetcher, requests);
  for (const auto& [target, code, times] : cases) {
    CAPTURE(std::string(target));
    CHECK(code_of(answers.at(server.origin() + target)) == code);
    CHECK(asked[target] == times);
  }
}

TEST_CASE("Retry-After is heeded, within bounds") {
  std::atomic<int> asked = 0;
  TestHttpServer server([&](const Request& request) {
    if (request.target == "/long")
      return Reply{.status = 503, .body = "", .headers = {{"Retry-After", "3600"}}};
    return ++asked == 1 ? Reply{.status = 429, .body = "", .headers = {{"Retry-After", "1"}}}
                        : Reply{.body = "now"};
  });
  Fetcher fetcher(quick());
  const auto began = std::chrono::steady_clock::now();
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/long"})) == "http_503");
  CHECK(std::chrono::steady_clock::now() - began < 1s);
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/short"})) == "ok");
  CHECK(std::chrono::steady_clock::now() - began >= 1s);
}

TEST_CASE("requirement 24: conditional requests and compression") {
  TestHttpServer server([](const Request& request) {
    if (request.headers.get("If-None-Match") == "\"v1\"" &&
        request.headers.get("If-Modified-Since") == "Sat, 21 Nov 2026 08:00:00 GMT") {
      return Reply{.status = 304, .body = ""};
    }
    const auto accepted = request.headers.get("Accept-Encoding").value_or("");
    return Reply{.body = gzip(std::string(100'000, 'x'), 6),
                 .headers = {{"Content-Encoding", accepted == "gzip" ? "gzip" : "br"},
                             {"ETag", "\"v1\""},
                             {"Last-Modified", "Sat, 21 Nov 2026 08:00:00 GMT"}}};
  });
  Fetcher fetcher(quick());
  const auto first = get(fetcher, {.url = server.origin() + "/"});
  REQUIRE(first);
  CHECK(first->body == std::string(100'000, 'x'));
  CHECK(first->wire_bytes < 1000);
  CHECK(first->etag == "\"v1\"");
  const auto second =
      run(fetcher,
          {{.url = server.origin() + "/", .etag = first->etag, .last_modified = first->last_modified}})
          .begin()
          ->second;
  REQUIRE(second);
  CHECK(second->not_modified);
  CHECK(second->body.empty());
}

TEST_CASE("heads of files that are not read") {
  TestHttpServer server([](const Request& request) {
    CHECK(request.method == "HEAD");
    CHECK_FALSE(request.headers.has("Accept-Encoding"));
    if (request.target == "/moved.gz") {
      return Reply{.status = 302, .body = "", .headers = {{"Location", "/there.gz"}}};
    }
    if (request.target == "/gone.gz") return Reply{.status = 404, .body = "not here"};
    return Reply{.body = "",
                 .headers = {{"Content-Length", "5000000000"}, {"Content-Type", "application/x-gzip"}}};
  });
  Fetcher fetcher(quick());
  for (const auto* target : {"/there.gz", "/moved.gz"}) {
    const auto file = get(fetcher, {.url = server.origin() + target, .head = true});
    REQUIRE(file);
    CHECK(file->content_length == 5'000'000'000);
    CHECK(file->content_type == "application/x-gzip");
    CHECK(file->url == server.origin() + "/there.gz");
    CHECK(file->body.empty());
    CHECK(file->wire_bytes < 300);
  }
  CHECK(get(fetcher, {.url = server.origin() + "/gone.gz", .head = true}).error().code == "http_404");
  CHECK(server.connections() == 1);
}

TEST_CASE("bodies that are too large, cut, or bombs") {
  TestHttpServer server([](const Request& request) {
    if (request.target == "/cut") return Reply{.body = std::string(10'000, 'x'), .cut_after = 5000};
    if (request.target == "/bomb")
      return Reply{.body = gzip(std::string(4'000'000, 'x'), 6), .headers = {{"Content-Encoding", "gzip"}}};
    if (request.target == "/garbage")
      return Reply{.body = "no gzip", .headers = {{"Content-Encoding", "gzip"}}};
    return Reply{.body = std::string(1'000'001, 'x')};
  });
  auto options = quick();
  options.max_body = 1'000'000;
  Fetcher fetcher(options);
  const struct {
    const char* target;
    const char* code;
  } cases[] = {{"/large", "body_too_large"},
               {"/bomb", "body_too_large"},
               {"/cut", "fetch_failed"},
               {"/garbage", "fetch_failed"}};
  for (const auto& [target, code] : cases) {
    CAPTURE(std::string(target));
    CHECK(code_of(get(fetcher, {.url = server.origin() + target})) == code);
  }
}

TEST_CASE("redirects stay within HTTP, and end") {
  TestHttpServer server([](const Request& request) {
    const auto to = [](const std::string& where) {
      return Reply{.status = 302, .body = "", .headers = {{"Location", where}}};
    };
    if (request.target == "/file") return to("file:///etc/passwd");
    if (request.target == "/loop") return to("/loop");
    if (request.target == "/moved") return to("/here");
    return Reply{.body = "here"};
  });
  Fetcher fetcher(quick());
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/moved"})) == "ok");
  for (const auto* target : {"/file", "/loop"}) {
    CHECK(code_of(get(fetcher, {.url = server.origin() + target})) == "fetch_failed");
  }
  CHECK(code_of(get(fetcher, {.url = "file:///etc/passwd"})) == "fetch_failed");
}

TEST_CASE("requirement 23: a host that does not answer holds up nobody") {
  TestHttpServer silent([](const Request&) { return Reply{.silent = true}; });
  TestHttpServer good([](const Request&) { return Reply{.body = "fine"}; });
  const auto closed = closed_origin();
  auto options = quick();
  options.per_host = 2;
  Fetcher fetcher(options);
  for (int i = 0; i < 50; ++i) {
    for (const auto& origin : {silent.origin(), closed, good.origin()}) {
      fetcher.add({.url = origin + "/" + std::to_string(i)});
    }
  }
  std::map<std::string, int> codes;
  int good_before_silent = 0;
  fetcher.run([&](const FetchRequest& request, const Result<FetchResponse>& response) {
    const bool is_good = request.url.starts_with(good.origin() + "/");
    const bool is_closed = request.url.starts_with(closed + "/");
    ++codes[(is_good ? "good " : is_closed ? "closed " : "silent ") + code_of(response)];
    if (!is_good && !is_closed && good_before_silent == 0) good_before_silent = codes["good ok"];
  });
  CHECK(good_before_silent == 50);
  CHECK(codes["good ok"] == 50);
  CHECK(codes["closed host_given_up"] + codes["closed connect_failed"] == 50);
  CHECK(codes["silent host_given_up"] + codes["silent timeout"] == 50);
  CHECK(silent.requests() <= 6);

  // The next run tries again.
  CHECK(code_of(get(fetcher, {.url = closed + "/"})) == "connect_failed");
}

TEST_CASE("requests that are added by answers, and the ends of a run") {
  TestHttpServer server([](const Request& request) {
    if (request.target == "/slow") std::this_thread::sleep_for(300ms);
    return Reply{.body = "x", .silent = request.target == "/silent"};
  });
  const auto request = [&](const std::string& target) {
    return FetchRequest{.url = server.origin() + target};
  };
  SUBCASE("added") {
    Fetcher fetcher(quick());
    std::set<std::string> done;
    fetcher.add(request("/1"));
    fetcher.run([&](const FetchRequest& asked, const Result<FetchResponse>& response) {
      CHECK(response);
      done.insert(asked.url);
      if (done.size() < 10) fetcher.add(request("/" + std::to_string(done.size() + 1)));
    });
    CHECK(done.size() == 10);
  }
  SUBCASE("forgotten before") {
    Fetcher fetcher(quick());
    fetcher.add(request("/1"));
    fetcher.clear();
    const auto answers = run(fetcher, {request("/2")});
    CHECK(answers.size() == 1);
    CHECK(code_of(answers.at(server.origin() + "/2")) == "ok");
  }
  SUBCASE("stopped") {
    Fetcher fetcher(quick());
    std::stop_source stop;
    std::jthread later([&] {
      std::this_thread::sleep_for(100ms);
      stop.request_stop();
    });
    const auto began = std::chrono::steady_clock::now();
    const auto answers = run(fetcher, {request("/silent"), request("/fast")}, stop.get_token());
    CHECK(code_of(answers.at(server.origin() + "/silent")) == "stopped");
    CHECK(code_of(answers.at(server.origin() + "/fast")) == "ok");
    CHECK(std::chrono::steady_clock::now() - began < 800ms);
    CHECK(code_of(get(fetcher, request("/slow"))) == "ok");
  }
  SUBCASE("out of time") {
    auto options = quick();
    options.run_timeout = 1s;
    options.silence_timeout = 60s;
    Fetcher fetcher(options);
    CHECK(code_of(get(fetcher, request("/silent"))) == "run_timeout");
  }
}

}  // namespace skerry::broker
