#include "native-host/publish/checks.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::publish {
namespace {

using namespace std::chrono_literals;
using Status = program::Finding::Status;

Failure failure(const char* code) {
  return {.error = {code, "Words."}};
}

TEST_CASE("what is found, and what to do") {
  struct Case {
    program::Finding finding;
    Status status;
    const char* words;
  };
  for (const auto& [finding, status, words] : std::vector<Case>{
           {judge_target("fastly", "https://a", {}), Status::ok, "token"},
           {judge_target("fastly", "http://127.0.0.1:1", {}), Status::ok, "token"},
           {judge_target("fastly", "http://proxy", {}), Status::warning, "clear"},
           {judge_target("fastly", "https://a", failure("publish_denied")), Status::failed, "publish_denied"},
           {judge_target("fastly", "https://a", failure("token_missing")), Status::failed, "token_missing"},
       }) {
    CAPTURE(finding.message);
    CHECK(finding.status == status);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == (status == Status::ok));
  }
}

TEST_CASE("a copy is well while it is pushed and not far behind the view") {
  const Time now = *parse_rfc3339("2026-11-21T08:00:00Z");
  TargetState pushed;
  pushed.keys["latest"] = {.as_of = now - 4min, .digest = "", .pushed = now};
  TargetState behind;
  behind.keys["latest"] = {.as_of = now - 4h, .digest = "", .pushed = now};
  TargetState failing;
  failing.failing_since = now - 2h;
  failing.failures = 9;
  failing.error = {"publish_denied", "no"};
  struct Case {
    TargetState state;
    std::optional<Time> view;
    bool ok;
    const char* words;
  };
  for (const auto& [state, view, ok, words] : std::vector<Case>{
           {{}, now, false, "Nothing"},
           {pushed, now, true, "4 min old"},
           {behind, now, false, "4 h 00 min old"},
           {behind, {}, true, "4 h 00 min old"},
           {failing, now, false, "2 h 00 min, 9 times: no (publish_denied)"},
       }) {
    CAPTURE(words);
    const auto finding = judge_copy("fastly", state, now, view, 15min);
    CHECK(finding.name == "publish:fastly");
    CHECK((finding.status == Status::ok) == ok);
    CHECK(finding.message.find(words) != std::string::npos);
    CHECK(finding.advice.empty() == ok);
  }
}

}  // namespace
}  // namespace skerry::publish
