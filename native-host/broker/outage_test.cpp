#include "native-host/broker/outage.hpp"

#include <fstream>

#include <doctest/doctest.h>

#include "native-host/files/test_folder.hpp"

namespace skerry::broker {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");
const Error kAway{"db_unreachable", "It is away.", ErrorKind::unavailable};
const Error kNone{"all_collectors_failed", "None could be read."};

TEST_CASE("an outage over processes: each reason once, and its end once") {
  const files::TestFolder folder;
  const auto file = folder.path / "update.failing";
  const auto process = [&] { return Outage(file, true); };
  CHECK_FALSE(process().end());
  CHECK(process().begin(kAway, kNow));
  CHECK_FALSE(process().begin(kAway, kNow + 5min));
  CHECK(process().begin(kNone, kNow + 10min));
  CHECK_FALSE(process().begin(kAway, kNow + 15min));
  CHECK_FALSE(process().begin(kNone, kNow + 20min));
  CHECK(process().end() == kNow);
  CHECK_FALSE(process().end());
  CHECK_FALSE(std::filesystem::exists(file));
  CHECK(process().begin(kAway, kNow + 1h));
  CHECK(process().end() == kNow + 1h);
}

TEST_CASE("a process that goes on tells what another one told, once, and ends it for both") {
  const files::TestFolder folder;
  const auto file = folder.path / "update.failing";
  CHECK(Outage(file, true).begin(kAway, kNow));
  Outage server(file, false);
  CHECK(server.begin(kAway, kNow + 5min));
  CHECK_FALSE(server.begin(kAway, kNow + 10min));
  CHECK(server.end() == kNow);
  CHECK_FALSE(server.end());
  CHECK(server.begin(kAway, kNow + 1h));
  CHECK_FALSE(Outage(file, true).begin(kAway, kNow + 1h));
}

TEST_CASE("whatever stands in the file, and where none can be written") {
  const files::TestFolder folder;
  const auto file = folder.path / "update.failing";
  for (const auto* text :
       {"", "nonsense", "3", "[]", "{}", R"({"since":3,"told":[]})", R"({"since":"yesterday"})",
        R"({"since":"2026-11-21T07:00:00Z"})", R"({"since":"2026-11-21T07:00:00Z","told":3})",
        R"({"since":"2026-11-21T07:00:00Z","told":[3,null,"other"]})", "{\"since\":\"\xFF\"}"}) {
    CAPTURE(text);
    std::ofstream(file) << text;
    CHECK(Outage(file, true).begin(kAway, kNow));
    CHECK_FALSE(Outage(file, true).begin(kAway, kNow));
    CHECK(Outage(file, true).end());
    CHECK_FALSE(std::filesystem::exists(file));
  }
  Outage nowhere(folder.path / "none" / "file", true);
  CHECK(nowhere.begin(kAway, kNow));
  CHECK_FALSE(nowhere.begin(kAway, kNow));
  CHECK(nowhere.end() == kNow);
}

}  // namespace
}  // namespace skerry::broker
