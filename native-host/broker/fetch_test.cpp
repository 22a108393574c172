#include "native-host/broker/fetch.hpp"

#include <atomic>
#include <condition_variable>
#include <latch>
#include <map>
#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <stdlib.h>

#include "native-host/clock/test_clock.hpp"
#include "native-host/http/test_http_server.hpp"
#include "shared/gzip.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;
using http::TestHttpServer;
using Reply = TestHttpServer::Reply;
using Answers = std::map<std::string, Result<FetchResponse>>;  ///< by URL

const Time kStart = civil_time(2028, 2, 28, 23, 59, 58).value();

/// Nothing waits between attempts, and no attempt is too slow.
FetchOptions quick(std::shared_ptr<TestClock> clock = std::make_shared<TestClock>(kStart, true)) {
  setenv("no_proxy", "*", 1);
  FetchOptions options;
  options.connect_timeout = 10min;
  options.total_timeout = 10min;
  options.silence_timeout = 10min;
  options.clock = std::move(clock);
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
  std::mutex mutex;
  std::condition_variable came;
  int here = 0;
  TestHttpServer server([&](const Request& request) {
    std::unique_lock lock(mutex);
    ++here;
    came.notify_all();
    CHECK(came.wait_for(lock, 30s, [&] { return here >= 3; }));
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
    return ++asked == 1 ? Reply{.status = 429, .body = "", .headers = {{"Retry-After", "5"}}}
                        : Reply{.body = "now"};
  });
  const auto clock = std::make_shared<TestClock>(kStart, true);
  Fetcher fetcher(quick(clock));
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/short"})) == "ok");
  CHECK(clock->now() == kStart + 5s);
  CHECK(fetcher.pauses().empty());
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/long"})) == "delayed");
  CHECK(clock->now() == kStart + 5s);
}

TEST_CASE(
    "a longer Retry-After counts for the whole host, in later runs and in other processes, for a day at "
    "most") {
  struct Case {
    int status;
    const char* retry_after;
    Seconds pause;  ///< 0: none
  };
  for (const auto& [status, retry_after, pause] : std::vector<Case>{
           {429, "3600", 3600s},
           {503, "3600", 3600s},
           {429, "99999999999", 86'400s},
           {503, "Fri, 31 Dec 2199 23:59:59 GMT", 86'400s},
           {429, "-5", 0s},
           {503, "soon", 0s},
           {500, "3600", 0s},
           {403, "3600", 0s},
       }) {
    CAPTURE(status);
    CAPTURE(retry_after);
    std::atomic<int> asked = 0;
    std::atomic<bool> is_well = false;
    TestHttpServer server([&](const Request&) {
      ++asked;
      if (is_well) return Reply{.body = "now"};
      return Reply{.status = status, .body = "", .headers = {{"Retry-After", retry_after}}};
    });
    TestHttpServer neighbour([](const Request&) { return Reply{.body = "here"}; });
    const auto clock = std::make_shared<TestClock>(kStart, true);
    auto options = quick(clock);
    options.per_host = 1;
    options.attempts = 1;
    Fetcher fetcher(options);
    const auto answers = run(fetcher, {{.url = server.origin() + "/a"},
                                       {.url = server.origin() + "/b"},
                                       {.url = neighbour.origin() + "/"}});
    const bool is_left = pause > 0s;
    CHECK(code_of(answers.at(neighbour.origin() + "/")) == "ok");
    const auto code = is_left ? "delayed" : "http_" + std::to_string(status);
    CHECK(code_of(answers.at(server.origin() + "/a")) == code);
    CHECK(code_of(answers.at(server.origin() + "/b")) == code);
    CHECK(asked == (is_left ? 1 : 2));
    CHECK(fetcher.pauses().size() == (is_left ? 1 : 0));
    if (!is_left) continue;
    CHECK(fetcher.pauses().at(server.origin()) == kStart + pause);

    is_well = true;
    CHECK(code_of(get(fetcher, {.url = server.origin() + "/a"})) == "delayed");
    Fetcher other(options);
    other.set_pauses(fetcher.pauses());
    CHECK(code_of(get(other, {.url = server.origin() + "/a", .head = true})) == "delayed");
    CHECK(asked == 1);
    clock->move(kStart + pause - clock->now());
    CHECK(other.pauses().size() == 1);
    CHECK(code_of(get(other, {.url = server.origin() + "/a"})) == "ok");
    CHECK(other.pauses().empty());

    // Of a clock that was set back.
    other.set_pauses({{server.origin(), kStart + std::chrono::hours(24 * 365)}});
    CHECK(other.pauses().at(server.origin()) == clock->now() + std::chrono::hours(24));
  }
}

TEST_CASE("the waits between attempts double, up to the longest, with jitter") {
  TestHttpServer server([](const Request&) { return Reply{.status = 503}; });
  const auto clock = std::make_shared<TestClock>(kStart, true);
  auto options = quick(clock);
  options.attempts = 5;
  options.backoff = 1s;
  options.max_backoff = 3s;
  Fetcher fetcher(options);
  CHECK(code_of(get(fetcher, {.url = server.origin() + "/"})) == "http_503");
  const auto waited = clock->now() - kStart;
  CHECK(waited >= (1s + 2s + 3s + 3s) / 2);
  CHECK(waited <= 1s + 2s + 3s + 3s);
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
  auto options = quick();
  options.per_host = 2;
  Fetcher fetcher(options);
  for (int i = 0; i < 50; ++i) {
    for (const auto& origin : {silent.origin(), good.origin()}) {
      fetcher.add({.url = origin + "/" + std::to_string(i)});
    }
  }
  std::map<std::string, int> codes;
  std::stop_source stop;
  fetcher.run(
      [&](const FetchRequest& request, const Result<FetchResponse>& response) {
        const bool is_good = request.url.starts_with(good.origin() + "/");
        ++codes[(is_good ? "good " : "silent ") + code_of(response)];
        if (codes["good ok"] == 50) stop.request_stop();
      },
      stop.get_token());
  CHECK(codes == std::map<std::string, int>{{"good ok", 50}, {"silent stopped", 50}});
  CHECK(silent.requests() <= 2);
}

TEST_CASE("requirement 23: a host that can't be reached, or is silent, is given up for the run") {
  TestHttpServer silent([](const Request&) { return Reply{.silent = true}; });
  auto impatient = quick();
  impatient.total_timeout = 100ms;
  const struct {
    std::string origin;
    FetchOptions options;
    const char* code;
  } cases[] = {{closed_origin(), quick(), "connect_failed"}, {silent.origin(), impatient, "timeout"}};
  for (auto [origin, options, code] : cases) {
    CAPTURE(std::string(code));
    options.per_host = 2;
    Fetcher fetcher(options);
    std::vector<FetchRequest> requests;
    requests.reserve(50);
    for (int i = 0; i < 50; ++i) requests.push_back({.url = origin + "/" + std::to_string(i)});
    std::map<std::string, int> codes;
    for (const auto& [url, answer] : run(fetcher, requests)) ++codes[code_of(answer)];
    CHECK(codes["host_given_up"] >= 40);
    CHECK(codes["host_given_up"] + codes[code] == 50);
    CHECK(codes.size() <= 2);

    // The next run tries again.
    CHECK(code_of(get(fetcher, {.url = origin + "/"})) == code);
  }
  CHECK(silent.requests() <= 9);
}

TEST_CASE("requests that are added by answers, and the ends of a run") {
  const auto clock = std::make_shared<TestClock>(kStart);
  std::latch asked(1);  // for /silent
  TestHttpServer server([&](const Request& request) {
    if (request.target == "/slow") clock->move(239s);
    if (request.target == "/too-slow") clock->move(240s);
    if (request.target == "/silent") asked.count_down();
    return Reply{.status = request.target == "/busy" ? 503 : 200,
                 .body = "x",
                 .silent = request.target == "/silent" || request.target == "/too-slow"};
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
    Fetcher fetcher(quick(clock));
    std::stop_source stop;
    std::map<std::string, std::string> codes;
    fetcher.add(request("/silent"));
    fetcher.add(request("/fast"));
    fetcher.run(
        [&](const FetchRequest& of, const Result<FetchResponse>& response) {
          codes[of.url] = code_of(response);
          if (!of.url.ends_with("/fast")) return;
          asked.wait();
          stop.request_stop();
        },
        stop.get_token());
    CHECK(codes[server.origin() + "/silent"] == "stopped");
    CHECK(codes[server.origin() + "/fast"] == "ok");
    CHECK(code_of(get(fetcher, request("/fast"))) == "ok");
  }
  SUBCASE("stopped between two attempts") {
    Fetcher fetcher(quick(clock));
    std::stop_source stop;
    std::jthread stopper([&] {
      clock->settle();
      stop.request_stop();
    });
    CHECK(code_of(run(fetcher, {request("/busy")}, stop.get_token()).begin()->second) == "stopped");
    CHECK(server.requests() == 1);
  }
  SUBCASE("out of time") {
    auto options = quick(clock);
    options.run_timeout = 240s;
    Fetcher fetcher(options);
    CHECK(code_of(get(fetcher, request("/slow"))) == "ok");
    CHECK(code_of(get(fetcher, request("/too-slow"))) == "run_timeout");
    CHECK(code_of(get(fetcher, request("/fast"))) == "ok");
  }
  SUBCASE("out of time between two attempts") {
    auto options = quick(std::make_shared<TestClock>(kStart, true));
    options.backoff = 20s;
    options.run_timeout = 9s;
    Fetcher fetcher(options);
    CHECK(code_of(get(fetcher, request("/busy"))) == "run_timeout");
    CHECK(server.requests() == 1);
    CHECK(options.clock->now() == kStart + 9s);
  }
}

}  // namespace skerry::broker
