#include "native-host/edge/pauses.hpp"

#include <string>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::edge;

namespace {

std::string after(Pauses& pauses, Time now, int status, std::string_view asked) {
  Response response;
  response.status = status;
  if (!asked.empty()) response.headers.add("Retry-After", asked);
  pauses.lengthen(response, now);
  return std::string(response.headers.get("Retry-After").value_or("none"));
}

}  // namespace

TEST_CASE("pauses grow while an outage lasts") {
  Pauses pauses;
  const Time start{std::chrono::hours(500'000)};
  const auto at = [&](int seconds) { return after(pauses, start + Seconds(seconds), 503, "5"); };
  CHECK(at(0) == "5");
  CHECK(at(20) == "10");
  CHECK(at(100) == "30");
  CHECK(at(200) == "55");
  CHECK(at(300) == "65");
  CHECK(at(400) == "65");
  CHECK(at(521) == "5");
  CHECK(at(525) == "6");
  CHECK(at(0) == "5");  // the clock was set back
}

TEST_CASE("what is no outage is left alone") {
  Pauses pauses;
  const Time now{std::chrono::hours(500'000)};
  CHECK(after(pauses, now, 200, "5") == "5");
  CHECK(after(pauses, now + Seconds(100), 503, "") == "none");
  CHECK(after(pauses, now + Seconds(100), 503, "Sat, 21 Nov 2026 08:06:11 GMT") ==
        "Sat, 21 Nov 2026 08:06:11 GMT");
  CHECK(after(pauses, now + Seconds(100), 503, "7") == "7");
}
