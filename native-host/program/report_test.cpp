#include "native-host/program/report.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace skerry;
using namespace skerry::program;

TEST_CASE("an event in both forms") {
  const Fields fields{{"collector", "rrc00"}, {"url", "a b=\"c\""}, {"empty", ""},    {"failed", 3},
                      {"share", 12.34},       {"dry", true},        {"odd", "\xff\n"}};
  CHECK(render_event(false, "listing_failed", "A listing\nfailed.", fields) ==
        "A listing failed. collector=rrc00 url=\"a b=\\\"c\\\"\" empty=\"\" failed=3 share=12.3 dry=true "
        "odd=\"\xEF\xBF\xBD\\n\"");
  const auto json =
      nlohmann::json::parse("{" + render_event(true, "listing_failed", "A \"listing\"", fields) + "}");
  CHECK(json["event"] == "listing_failed");
  CHECK(json["message"] == "A \"listing\"");
  CHECK(json["failed"] == 3);
  CHECK(json["share"] == 12.3);
  CHECK(json["dry"] == true);
  CHECK(json["url"] == "a b=\"c\"");
}
