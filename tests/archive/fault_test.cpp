#include "tests/archive/fault.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::archive;
using namespace std::chrono_literals;

namespace {

const Time kNow = parse_rfc3339("2026-11-21T08:00:00Z").value();

Fault parsed(std::string_view json) {
  auto fault = parse_fault(json);
  CAPTURE(json);
  REQUIRE(fault);
  return *std::move(fault);
}

/// How many of 1000 requests to different paths a fault strikes, first and again.
std::vector<bool> strikes(std::string_view json) {
  Faults faults;
  REQUIRE(faults.add(json));
  std::vector<bool> all;
  all.reserve(1000);
  for (int i = 0; i < 1000; ++i) {
    all.push_back(faults.strike("GET", "/" + std::to_string(i % 500), kNow) != nullptr);
  }
  return all;
}

}  // namespace

TEST_CASE("the members of a fault") {
  const auto fault = parsed(R"({"prefix": "/data.ris.ripe.net/", "method": "GET", "after": 2, "times": 3,
    "chance": 0.25, "seed": 7, "from": "2026-11-21T08:00:00Z", "until": "2026-11-21T09:00:00Z",
    "status": 429, "retry_after": 5, "etag": "constant", "last_modified": "future", "framing": "chunked",
    "delay": 0.25, "slow": 1000, "stall_at": 10})");
  CHECK(fault.prefix == "/data.ris.ripe.net/");
  CHECK(fault.method == "GET");
  CHECK(fault.after == 2);
  CHECK(fault.times == 3);
  CHECK(fault.chance == 0.25);
  CHECK(fault.seed == 7);
  CHECK(fault.from == kNow);
  CHECK(fault.until == kNow + 1h);
  CHECK(fault.status == 429);
  CHECK(fault.retry_after == 5s);
  CHECK(fault.etag == Fault::Validator::constant);
  CHECK(fault.last_modified == Fault::Validator::future);
  CHECK(fault.manner.framing == Manner::Framing::chunked);
  CHECK(fault.manner.delay == 250ms);
  CHECK(fault.manner.bytes_per_second == 1000);
  CHECK(fault.manner.ending->how == Manner::Ending::How::stall);
  CHECK(fault.manner.ending->after == 10);

  CHECK(!parsed(R"({"prefix": "/", "reset_at": "request"})").manner.ending->after);
  CHECK(parsed(R"({"prefix": "/", "reset_at": 0})").manner.ending->after == 0);
  CHECK(parsed(R"({"prefix": "/", "reset_at": "accept"})").reset_at_accept);
  CHECK(parsed(R"({"prefix": "/", "hide": true, "size": 0})").is_overlay());
}

TEST_CASE("what is no fault") {
  for (const auto* bad : {
           "",
           "[]",
           "null",
           "{",
           "{}",
           R"({"prefix": "/"})",
           R"({"prefix": "/", "times": 3})",
           R"({"status": 503})",
           R"({"prefix": "x", "status": 503})",
           R"({"prefix": "", "status": 503})",
           R"({"prefix": 1, "status": 503})",
           R"({"prefix": "/", "status": 99})",
           R"({"prefix": "/", "status": 600})",
           R"({"prefix": "/", "status": 1e99})",
           R"({"prefix": "/", "status": -503})",
           R"({"prefix": "/", "status": "503"})",
           R"({"prefix": "/", "truncate_at": -1})",
           R"({"prefix": "/", "truncate_at": 1.5})",
           R"({"prefix": "/", "truncate_at": "request"})",
           R"({"prefix": "/", "truncate_at": 1, "stall_at": 2})",
           R"({"prefix": "/", "reset_at": "later"})",
           R"({"prefix": "/", "stall_at": "accept"})",
           R"({"prefix": "/x", "reset_at": "accept"})",
           R"({"prefix": "/", "method": "GET", "reset_at": "accept"})",
           R"({"prefix": "/", "retry_after": 5})",
           R"({"prefix": "/", "status": 503, "retry_after": -5})",
           R"({"prefix": "/", "status": 503, "retry_after": 1000000})",
           R"({"prefix": "/", "status": 503, "chance": 1.5})",
           R"({"prefix": "/", "status": 503, "chance": "often"})",
           R"({"prefix": "/", "status": 503, "from": "soon"})",
           R"({"prefix": "/", "slow": 0})",
           R"({"prefix": "/", "delay": -1})",
           R"({"prefix": "/", "delay": 1e300})",
           R"({"prefix": "/", "etag": "right"})",
           R"({"prefix": "/", "etag": "future"})",
           R"({"prefix": "/", "last_modified": "changing"})",
           R"({"prefix": "/", "error_page": "list"})",
           R"({"prefix": "/", "redirect": "/x\r\nSet-Cookie: a=b"})",
           R"({"prefix": "/", "redirect": ""})",
           R"({"prefix": "/", "hide": false})",
           R"({"prefix": "/", "hide": true, "status": 503})",
           R"({"prefix": "/", "size": -1})",
           R"({"prefix": "/", "unknown": 1})",
       }) {
    CAPTURE(bad);
    const auto fault = parse_fault(bad);
    REQUIRE(!fault);
    CHECK(fault.error().code == "fault_invalid");
  }
}

TEST_CASE("the last fault that strikes counts") {
  Faults faults;
  REQUIRE(faults.add(R"({"prefix": "/", "status": 500})"));
  REQUIRE(faults.add(R"({"prefix": "/a/", "status": 501, "method": "HEAD"})"));
  REQUIRE(faults.add(R"({"prefix": "/a/", "status": 502, "times": 1})"));
  REQUIRE(faults.add(R"({"prefix": "/a/", "status": 503, "from": "2026-11-21T09:00:00Z"})"));
  REQUIRE(faults.add(R"({"prefix": "/a/", "status": 504, "until": "2026-11-21T08:00:00Z"})"));
  CHECK(faults.strike("HEAD", "/a/", kNow)->status == 502);
  CHECK(faults.strike("HEAD", "/a/", kNow)->status == 501);
  CHECK(faults.strike("GET", "/a/", kNow)->status == 500);
  CHECK(faults.strike("GET", "/a/", kNow + 1h)->status == 503);
  CHECK(faults.strike("GET", "/a/", kNow - 1s)->status == 504);
  CHECK(faults.list() ==
        R"([{"matched":1,"prefix":"/","status":500,"struck":1},)"
        R"({"matched":1,"method":"HEAD","prefix":"/a/","status":501,"struck":1},)"
        R"({"matched":3,"prefix":"/a/","status":502,"struck":1,"times":1},)"
        R"({"from":"2026-11-21T09:00:00Z","matched":1,"prefix":"/a/","status":503,"struck":1},)"
        R"({"matched":1,"prefix":"/a/","status":504,"struck":1,"until":"2026-11-21T08:00:00Z"}])");
  faults.clear();
  CHECK(faults.strike("GET", "/a/", kNow) == nullptr);
  CHECK(faults.list() == "[]");
}

TEST_CASE("some requests are spared") {
  Faults faults;
  REQUIRE(faults.add(R"({"prefix": "/", "status": 500, "after": 2, "times": 2})"));
  std::string struck;
  for (int i = 0; i < 6; ++i) struck += faults.strike("GET", "/", kNow) != nullptr ? 'x' : '.';
  CHECK(struck == "..xx..");
}

TEST_CASE("chance is the same for a seed, and another with every repetition") {
  const auto first = strikes(R"({"prefix": "/", "status": 500, "chance": 0.2, "seed": 1})");
  CHECK(strikes(R"({"prefix": "/", "status": 500, "chance": 0.2, "seed": 1})") == first);
  CHECK(strikes(R"({"prefix": "/", "status": 500, "chance": 0.2, "seed": 2})") != first);
  const auto count = std::ranges::count(first, true);
  CHECK(count > 150);
  CHECK(count < 250);
  CHECK(!std::equal(first.begin(), first.begin() + 500, first.begin() + 500));
}

TEST_CASE("overlays and connections") {
  Faults faults;
  REQUIRE(faults.add(R"({"prefix": "/h/rrc00/2026.11/", "hide": true})"));
  REQUIRE(faults.add(R"({"prefix": "/h/rrc00/2026.11/bview", "size": 1})"));
  REQUIRE(faults.add(R"({"prefix": "/", "reset_at": "accept", "times": 1})"));
  CHECK(faults.strike("GET", "/h/rrc00/2026.11/", kNow) == nullptr);
  CHECK(faults.overlays_of("/h/rrc00/2026.11/").size() == 2);
  CHECK(faults.overlays_of("/h/rrc00/").size() == 2);
  CHECK(faults.overlays_of("/h/rrc00/2026.11/updates").size() == 1);
  CHECK(faults.overlays_of("/h/rrc01/").empty());
  CHECK(faults.strikes_connection(kNow));
  CHECK(!faults.strikes_connection(kNow));
}
