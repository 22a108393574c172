#include "native-host/config/settings.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::config {
namespace {

TEST_CASE("durations and sizes") {
  using namespace std::chrono_literals;
  struct Case {
    const char* text;
    std::optional<Duration> duration;
    const char* written;
  };
  for (const auto& [text, duration, written] : std::vector<Case>{
           {"300", 300s, "5m"},
           {"300s", 300s, "5m"},
           {"5 m", 300s, "5m"},
           {"1500ms", 1500ms, "1500ms"},
           {"90s", 90s, "90s"},
           {"24h", 24h, "1d"},
           {"0", 0s, "0s"},
           {"-1s", -1s, "-1s"},
           {"", std::nullopt, ""},
           {"s", std::nullopt, ""},
           {"5x", std::nullopt, ""},
           {"5 m s", std::nullopt, ""},
           {"1.5h", std::nullopt, ""},
           {"99999999999999999d", std::nullopt, ""},
           {"99999999999999999999", std::nullopt, ""},
       }) {
    CAPTURE(text);
    CHECK(parse_duration(text) == duration);
    if (duration) CHECK(format_duration(*duration) == written);
  }
  CHECK(parse_integer("64 KiB") == 65536);
  CHECK(parse_integer("2GiB") == 2'147'483'648);
  CHECK(parse_integer("12") == 12);
  CHECK(!parse_integer("12 kB"));
  CHECK(!parse_integer("9223372036854775807 KiB"));
}

TEST_CASE("the table is sound") {
  std::set<std::string> names;
  Settings defaults;
  for (const auto& setting : all_settings()) {
    CAPTURE(setting.name);
    CHECK(names.insert(setting.environment_name()).second);
    CHECK(!setting.help.empty());
    // A default is a value that could be given.
    Settings again;
    CHECK(assign_text(setting, again, to_text(setting, defaults)));
    CHECK(to_text(setting, again) == to_text(setting, defaults));
  }
}

}  // namespace
}  // namespace skerry::config
