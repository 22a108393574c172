#include "native-host/cli/self_check.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace skerry::cli {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

std::string view(const char* updated, const char* newest) {
  return std::string(R"({"last_updated_at":")") + updated + R"(","latest":[{"timestamp":")" + newest +
         R"(","collector_id":"rrc00","data_type":"update"}]})";
}

TEST_CASE("what is well and what is not") {
  struct Case {
    const char* what;
    Vitals vitals;
    const char* check;
    bool ok;
    const char* words;
  };
  const Vitals good{.now = kNow, .view = view("2026-11-21T07:56:00Z", "2026-11-21T07:55:00")};
  const auto with = [&](auto change) {
    Vitals vitals = good;
    change(vitals);
    return vitals;
  };
  for (const auto& [what, vitals, name, ok, words] : std::vector<Case>{
           {"database", good, "database", true, "answers"},
           {"no database", with([](Vitals& v) { v.database = Error{"db_unreachable", "gone"}; }), "database",
            false, "gone (db_unreachable)"},
           {"storage", good, "storage", true, "read back"},
           {"no storage", with([](Vitals& v) { v.storage = Error{"file_failed", "full"}; }), "storage", false,
            "full (file_failed)"},
           {"queue", with([](Vitals& v) {
              v.queue = events::Stats{.records = 12, .bytes = 3'000'000, .max_bytes = 1'000'000'000};
            }),
            "queue", true, "12 events in 3"},
           {"full queue",
            with([](Vitals& v) { v.queue = events::Stats{.trouble = Error{"events_full", "No room."}}; }),
            "queue", false, "No room. (events_full)"},
           {"cycle", good, "cycle", true, "4 min old"},
           {"failed listings", with([](Vitals& v) { v.failed_listings = 3; }), "cycle", true,
            "3 listings failed"},
           {"failed cycle", with([](Vitals& v) { v.cycle_error = Error{"all_collectors_failed", "none"}; }),
            "cycle", false, "none (all_collectors_failed)"},
           {"old view", with([](Vitals& v) { v.view = view("2026-11-21T07:44:00Z", "2026-11-21T07:40:00"); }),
            "cycle", false, "16 min old"},
           {"no view", with([](Vitals& v) { v.view.reset(); }), "cycle", false, "No cycle"},
           {"damaged view", with([](Vitals& v) { v.view = "{"; }), "freshness", false, "no view"},
           {"fresh", good, "freshness", true, "0 of 1"},
           {"all late", with([](Vitals& v) { v.view = view("2026-11-21T07:56:00Z", "2026-11-21T05:00:00"); }),
            "freshness", false, "1 of 1 are late: rrc00 update"},
           {"disk", with([](Vitals& v) { v.disk_free = 5'000'000'000; }), "disk", true, "5"},
           {"full disk", with([](Vitals& v) { v.disk_free = 1000; }), "disk", false, "free"},
           {"not pushed", with([](Vitals& v) { v.targets = {{"fastly", {}}}; }), "publish:fastly", false,
            "Nothing"},
           {"pushed", with([](Vitals& v) {
              v.targets = {{"fastly", {}}};
              v.targets[0].state.keys["latest"] = {.as_of = kNow - 4min, .digest = "", .pushed = kNow};
            }),
            "publish:fastly", true, "4 min old"},
           {"left behind", with([](Vitals& v) {
              v.targets = {{"fastly", {}}};
              v.targets[0].state.keys["latest"] = {.as_of = kNow - 4h, .digest = "", .pushed = kNow};
            }),
            "publish:fastly", false, "4 h 00 min old"},
           {"failing", with([](Vitals& v) {
              v.targets = {{"fastly", {}}};
              v.targets[0].state.failing_since = kNow - 2h;
              v.targets[0].state.failures = 9;
              v.targets[0].state.error = {"publish_denied", "no"};
            }),
            "publish:fastly", false, "2 h 00 min, 9 times: no (publish_denied)"},
       }) {
    CAPTURE(what);
    const auto checks = self_check({}, vitals);
    const auto found = std::ranges::find(checks, name, &health::Check::name);
    REQUIRE(found != checks.end());
    CHECK(found->ok == ok);
    CHECK_MESSAGE(found->message.find(words) != std::string::npos, found->message);
  }
}

}  // namespace
}  // namespace skerry::cli
