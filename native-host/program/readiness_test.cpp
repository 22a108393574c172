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
