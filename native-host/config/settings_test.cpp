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

TEST_CASE("sizes are written in the largest unit that fits") {
  CHECK(format_bytes(0) == "0");
  CHECK(format_bytes(1000) == "1000");
  CHECK(format_bytes(65536) == "64 KiB");
  CHECK(format_bytes(std::int64_t{3} << 40U) == "3 TiB");
  CHECK(parse_integer("3 TiB") == std::int64_t{3} << 40U);
}

TEST_CASE("a function's setting has one form") {
  using Type = FunctionSetting::Type;
  struct Case {
    FunctionSetting setting;
    const char* given;
    std::optional<std::string> normal;
  };
  const FunctionSetting number{.name = "n", .type = Type::number, .min = 1, .max = 100'000};
  const FunctionSetting toggle{.name = "t", .type = Type::toggle};
  const FunctionSetting choice{.name = "c", .type = Type::choice, .choices = {"keep", "drop"}};
  const FunctionSetting hosts{.name = "h", .type = Type::hosts};
  const FunctionSetting origins{.name = "o", .type = Type::origins};
  const FunctionSetting paths{.name = "e", .type = Type::paths};
  const FunctionSetting url{.name = "u", .type = Type::url};
  const FunctionSetting prefixes{.name = "p", .type = Type::prefixes};
  for (const auto& [setting, given, normal] : std::vector<Case>{
           {number, "64 KiB", "65536"},
           {number, "0", std::nullopt},
           {number, "1e3", std::nullopt},
           {number, "", std::nullopt},
           {toggle, "true", "on"},
           {toggle, "no", "off"},
           {toggle, "", std::nullopt},
           {choice, "drop", "drop"},
           {choice, "", std::nullopt},
           {choice, "Drop", std::nullopt},
           {prefixes, "10.0.0.0/8, ::1", "10.0.0.0/8, ::1"},
           {prefixes, "", ""},
           {prefixes, "localhost", std::nullopt},
           {hosts, "t.example.org, e.example.org,10.0.0.1", "t.example.org, e.example.org,10.0.0.1"},
           {hosts, "", ""},
           {hosts, "http://x", std::nullopt},
           {hosts, "x:80", std::nullopt},
           {hosts, "x/y", std::nullopt},
           {hosts, "t.example.org, a b", std::nullopt},
           {origins, "*", "*"},
           {origins, "https://page.example, http://localhost:3000",
            "https://page.example, http://localhost:3000"},
           {origins, "example.org", std::nullopt},
           {origins, "https://page.example/", std::nullopt},
           {origins, "https://page.example:443", std::nullopt},
           {origins, "https://Page.example", std::nullopt},
           {paths, "/t, /t/*, /*", "/t, /t/*, /*"},
           {paths, "t", std::nullopt},
           {paths, "/t, w", std::nullopt},
           {paths, "/t*", std::nullopt},
           {paths, "*", std::nullopt},
           {paths, "/a/*/b", std::nullopt},
           {paths, "/t?x", std::nullopt},
           {paths, "http://x/t", std::nullopt},
           {url, "https://host.example", "https://host.example"},
           {url, "", ""},
           {url, "host", std::nullopt},
           {url, "ftp://host", std::nullopt},
           {url, "https://", std::nullopt},
           {{.name = "x"}, "any\n", "any\n"},
       }) {
    CAPTURE(given);
    CHECK(normal_value(setting, given) == normal);
    CHECK(!expectation(setting).empty());
  }
}

}  // namespace
}  // namespace skerry::config
