#include "native-host/publish/plan.hpp"

#include <doctest/doctest.h>

namespace skerry::publish {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");
const Rules kRules{.refresh = 10min, .interval = 5min};

Document document(Time as_of, std::string digest) {
  return {.key = "latest", .value = "v", .as_of = as_of, .digest = std::move(digest)};
}

TEST_CASE("what is pushed, and when") {
  struct Case {
    const char* what;
    std::optional<TargetState::Key> copy;
    Document document;
    Time not_before;
    std::optional<Time> due;  ///< nothing: never; now or before: now
  };
  const Time old = kNow - 1h;
  for (const auto& [what, copy, doc, not_before, due] : std::vector<Case>{
           {"nothing is there yet", {}, document(kNow, "a"), {}, kNow},
           {"changed", {{kNow - 5min, "a", old}}, document(kNow, "b"), {}, kNow},
           {"unchanged, and young enough", {{kNow - 4min, "a", old}}, document(kNow, "a"), {}, kNow + 1min},
           {"unchanged, but too old by the next chance",
            {{kNow - 6min, "a", old}},
            document(kNow, "a"),
            {},
            kNow},
           {"the same", {{kNow - 1h, "a", old}}, document(kNow - 1h, "a"), {}, {}},
           {"the copy is newer", {{kNow - 1min, "b", old}}, document(kNow - 2min, "a"), {}, {}},
           {"the copy is newer than now, by little", {{kNow + 1min, "b", old}}, document(kNow, "a"), {}, {}},
           {"the copy is from the future", {{kNow + 1h, "a", old}}, document(kNow, "a"), {}, kNow},
           {"one write a second", {{kNow - 5min, "a", kNow - 200ms}}, document(kNow, "b"), {}, kNow + 900ms},
           {"pushed in the future", {{kNow - 5min, "a", kNow + 1h}}, document(kNow, "b"), {}, kNow + 1100ms},
           {"after a failure", {{kNow - 5min, "a", old}}, document(kNow, "b"), kNow + 30s, kNow + 30s},
           {"a failure that is over", {{kNow - 5min, "a", old}}, document(kNow, "b"), kNow - 30s, kNow},
           {"a pause that no platform asks for",
            {{kNow - 5min, "a", old}},
            document(kNow, "b"),
            kNow + 48h,
            kNow},
       }) {
    CAPTURE(what);
    TargetState state{.not_before = not_before};
    if (copy) state.keys["latest"] = *copy;
    const auto planned = plan(state, std::vector{doc}, kNow, kRules);
    const bool is_now = due && *due <= kNow;
    CHECK(planned.due.size() == (is_now ? 1 : 0));
    CHECK(planned.wake == (is_now ? std::nullopt : due));
  }
}

TEST_CASE("a refresh shorter than the interval pushes each view") {
  TargetState state;
  state.keys["latest"] = {kNow - 1s, "a", kNow - 1h};
  CHECK(plan(state, std::vector{document(kNow, "a")}, kNow, {.refresh = 1min, .interval = 5min}).due.size() ==
        1);
}

TEST_CASE("failures wait longer and longer, and as long as the platform asks") {
  TargetState state;
  const auto push = [&](const PushResult& result, double jitter = 1) {
    record(state, std::vector{document(kNow, "a")}, result, kNow, jitter);
    return state.not_before - kNow;
  };
  const PushResult down{.failure = Failure{.error = {"publish_unavailable", "down"}}};
  CHECK(push(down) == 1s);
  CHECK(push(down) == 2s);
  CHECK(push(down, 0.5) == 2s);
  for (int i = 0; i < 20; ++i) push(down);
  CHECK(push(down) == 5min);
  CHECK(state.failures == 24);
  CHECK(state.failing_since == kNow);
  CHECK(state.error.code == "publish_unavailable");
  CHECK(state.keys.empty());

  PushResult limited = down;
  limited.failure->retry_after = 20min;
  CHECK(push(limited) == 20min);

  CHECK(push({.stored = {"latest", "unknown"}}) == Time() - kNow);
  CHECK(state.failures == 0);
  CHECK(!state.failing_since);
  CHECK(state.keys.size() == 1);
  CHECK(state.keys["latest"] == TargetState::Key{kNow, "a", kNow});

  PushResult denied = down;
  denied.failure->permanent = true;
  CHECK(push(denied) == 1min);
}

TEST_CASE("the state survives its file") {
  TargetState state{.address = "https://x/\xC3\xBC", .not_before = kNow + 5s};
  state.keys["latest"] = {kNow - 250ms, "abc", kNow};
  state.failures = 3;
  state.failing_since = kNow - 1min;
  state.error = {"timeout", "so \"slow\""};
  CHECK(parse_state(render_state(state)) == state);
  state.failing_since.reset();
  state.failures = 0;
  state.error = {};
  state.not_before = {};
  CHECK(parse_state(render_state(state)) == state);
  for (const char* text : {"", "{", "[]", R"({"keys":5,"failing":[],"address":1})",
                           R"({"keys":{"latest":{}}})", R"({"failing":{"failures":-1}})"}) {
    CAPTURE(text);
    CHECK(parse_state(text) == TargetState());
  }
}

}  // namespace
}  // namespace skerry::publish
