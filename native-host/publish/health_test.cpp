#include "native-host/publish/health.hpp"

#include <doctest/doctest.h>

#include "native-host/publish/document.hpp"

namespace skerry::publish {
namespace {

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

TEST_CASE("a check says since when it is as it is") {
  const auto first = render_health(kNow, {{"database", true, "up"}, {"disk", true, "free"}}, "");
  CHECK(first == R"({"format":1,"checked_at":"2026-11-21T08:00:00Z","checks":[)"
                 R"({"name":"database","ok":true,"message":"up","since":"2026-11-21T08:00:00Z"},)"
                 R"({"name":"disk","ok":true,"message":"free","since":"2026-11-21T08:00:00Z"}]})");
  const auto later = kNow + std::chrono::minutes(1);
  const auto second =
      parse_health(render_health(later, {{"database", false, "down"}, {"disk", true, "less"}}, first));
  REQUIRE(second);
  CHECK(second->checked_at == later);
  CHECK(second->checks ==
        std::vector<Check>{{"database", false, "down", later}, {"disk", true, "less", kNow}});
}

TEST_CASE("anything may have been there before") {
  for (const char* previous :
       {"x", "[]", "{}", R"({"checked_at":"2026-11-21T08:00:00Z","checks":5})",
        R"({"checked_at":"2026-11-21T08:00:00Z","checks":[5,{"name":7},{"name":"a"}]})"}) {
    CAPTURE(previous);
    const auto health = parse_health(render_health(kNow, {{"a", true, "\xff"}}, previous));
    REQUIRE(health);
    CHECK(health->checks[0].since == kNow);
    CHECK(make_document("health", render_health(kNow, {}, previous)));
  }
}

}  // namespace
}  // namespace skerry::publish
