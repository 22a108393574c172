#include "native-host/program/readiness.hpp"

#include <doctest/doctest.h>

namespace skerry::program {
namespace {

using Status = Finding::Status;

Request get(std::string target) {
  Request request;
  request.target = std::move(target);
  return request;
}

Finding finding(Status status, std::string message, std::string part) {
  Finding found{status, "check", std::move(message)};
  found.part = std::move(part);
  return found;
}

TEST_CASE("a part that fails is named, and leaves the rest ready") {
  struct Case {
    Findings findings;
    const char* whole;
    const char* events;
    const char* failed;
  };
  const char* unknown = "There is no capability of this name that could be ready.";
  for (const auto& [findings, whole, events, failed] : std::vector<Case>{
           {{}, "", unknown, ""},
           {{finding(Status::ok, "well", ""), finding(Status::ok, "well", "events")}, "", "", ""},
           {{finding(Status::ok, "well", ""), finding(Status::failed, "full", "events")},
            "",
            "full",
            "events"},
           {{finding(Status::ok, "well", ""), finding(Status::warning, "nearly", "events")}, "", "", ""},
           {{finding(Status::failed, "broken", ""), finding(Status::ok, "well", "events")}, "broken", "", ""},
           {{finding(Status::failed, "broken", ""), finding(Status::failed, "full", "events"),
             finding(Status::failed, "away", "events"), finding(Status::failed, "gone", "uploads")},
            "broken",
            "full",
            "events, uploads"},
       }) {
    Readiness readiness;
    readiness.set(findings);
    CHECK(readiness.trouble(get("/readyz")) == whole);
    CHECK(readiness.trouble(get("/readyz?capability=")) == whole);
    CHECK(readiness.trouble(get("/readyz?capability=events")) == events);
    CHECK(readiness.trouble(get("/readyz?x=1&capability=events")) == events);
    CHECK(readiness.trouble(get("/readyz?capability=Events")) == unknown);
    CHECK(readiness.failed_parts() == failed);
  }
}

TEST_CASE("a part that there is not is refused, with those that there are") {
  Readiness readiness;
  const auto status = [&](const std::string& target, const char* method = "GET") {
    auto request = get(target);
    request.method = method;
    const auto refused = readiness.refuse(request);
    return refused ? refused->status : 0;
  };
  CHECK(status("/readyz?capability=events") == 400);
  readiness.set({finding(Status::ok, "well", ""), finding(Status::failed, "full", "events"),
                 finding(Status::ok, "well", "uploads")});
  const struct {
    const char* target;
    int status;
  } cases[] = {
      {"/readyz", 0},
      {"/readyz?capability=", 0},
      {"/readyz?capability=events", 0},
      {"/readyz?capability=zzz&capability=uploads", 0},
      {"/readyz?capability=zzz", 400},
      {"/readyz?capability=Events", 400},
      {"/readyz?capability=events,uploads", 400},
      {"/readyz?capability=event%00s", 400},
      {"/livez?capability=zzz", 0},
  };
  for (const auto& [target, expected] : cases) {
    CAPTURE(target);
    CHECK(status(target) == expected);
    CHECK(status(target, "HEAD") == expected);
    CHECK(status(target, "POST") == 0);
  }
  const auto body = std::string(readiness.refuse(get("/readyz?capability=zzz"))->body.view());
  CHECK(body.find("events, uploads") != std::string::npos);
}

TEST_CASE("an answer that is well names what is not") {
  const auto body = [](const std::string& target, int status, const std::string& failed) {
    Response response;
    response.status = status;
    response.body = "ok\n";
    name_failed_parts(get(target), response, failed);
    return std::string(response.body.view());
  };
  CHECK(body("/readyz", 200, "events") == "ok\nnot ready: events\n");
  CHECK(body("/readyz", 200, "") == "ok\n");
  CHECK(body("/readyz?capability=uploads", 200, "events") == "ok\n");
  CHECK(body("/readyz", 503, "events") == "ok\n");
  CHECK(body("/livez", 200, "events") == "ok\n");
}

}  // namespace
}  // namespace skerry::program
