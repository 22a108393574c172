#include "native-host/config/reference.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::config {
namespace {

struct Settings {
  Duration pause = std::chrono::minutes(5);
  std::int64_t most = 64 << 10;
  std::int64_t threads = 0;
  std::string kind = "disk";
  std::string folder;
  bool quiet = true;
  std::vector<std::string> only = {"a", "b\"c"};
  Secret code;
};

constexpr FunctionSetting kAge{
    .name = "age_seconds", .type = FunctionSetting::Type::number, .help = "How old", .fallback = "900"};
constexpr FunctionSetting kWay{.name = "way",
                               .type = FunctionSetting::Type::choice,
                               .help = "Which | way",
                               .fallback = "left",
                               .choices = {"left", "right"}};
constexpr FunctionSetting kOfFunction[] = {kAge, kWay};

Schema schema() {
  using S = Settings;
  auto table = Table::of<S>("trial");
  table.rows({{"trial.pause", field<&S::pause>, "Between two", 1000, 3'600'000},
              {.name = "trial.most",
               .field = field<&S::most>,
               .help = "At most",
               .min = 1024,
               .max = 1 << 20,
               .unit = Unit::bytes},
              {"trial.threads", field<&S::threads>, "So many"},
              {.name = "trial.kind", .field = field<&S::kind>, .help = "Which", .choices = {"disk", "redis"}},
              {.name = "trial.folder", .field = field<&S::folder>, .help = "Where", .live = true},
              {"trial.quiet", field<&S::quiet>, "Whether"},
              {"trial.only", field<&S::only>, "Only these"}});
  table.secret<&S::code>("trial.code", "trial-code", "What must be said");
  return {.tables = {table}, .functions = {{"view", kOfFunction}}};
}

TEST_CASE("each setting with meaning, unit, default and range") {
  struct Case {
    const char* name;
    const char* unit;
    const char* fallback;
    const char* range;
    const char* environment;
    const char* toml;
  };
  constexpr Case kCases[] = {
      {"trial.pause", "duration", "5m", "1s to 1h", "SKERRY_TRIAL_PAUSE", "\"5m\""},
      {"trial.most", "size", "64 KiB", "1 KiB to 1 MiB", "SKERRY_TRIAL_MOST", "\"64 KiB\""},
      {"trial.threads", "number", "0", "from 0", "SKERRY_TRIAL_THREADS", "0"},
      {"trial.kind", "text", "disk", "disk, redis", "SKERRY_TRIAL_KIND", "\"disk\""},
      {"trial.folder", "text", "", "", "SKERRY_TRIAL_FOLDER", "\"\""},
      {"trial.quiet", "switch", "true", "true, false", "SKERRY_TRIAL_QUIET", "true"},
      {"trial.only", "list", "a,b\"c", "", "SKERRY_TRIAL_ONLY", R"(["a", "b\"c"])"},
      {"trial.code", "secret", "", "", "SKERRY_TRIAL_CODE", "\"\""},
      {"trial.code_file", "text", "", "", "SKERRY_TRIAL_CODE_FILE", "\"\""},
      {"functions.view.age_seconds", "seconds", "900", "from 0", "SKERRY_FUNCTIONS_VIEW_AGE_SECONDS", "900"},
      {"functions.view.way", "text", "left", "left, right", "SKERRY_FUNCTIONS_VIEW_WAY", "\"left\""},
  };
  const auto rows = reference(schema());
  REQUIRE(rows.size() == std::size(kCases));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(kCases[i].name);
    CHECK(rows[i].name == kCases[i].name);
    CHECK(rows[i].unit == kCases[i].unit);
    CHECK(rows[i].fallback == kCases[i].fallback);
    CHECK(rows[i].range == kCases[i].range);
    CHECK(rows[i].environment == kCases[i].environment);
    CHECK(rows[i].toml == kCases[i].toml);
  }
}

TEST_CASE("the page has a row for each, and a bar in a text breaks no table") {
  const auto page = reference_page(schema());
  CHECK(page.contains("| `trial.folder` ↻ | Where | text | none |  |\n"));
  CHECK(page.contains("| `functions.view.way` ↻ | Which \\| way | text | `left` | left, right |\n"));
  CHECK(page.contains("\n## functions.view\n"));
}

TEST_CASE("the same as JSON") {
  const auto json = nlohmann::json::parse(reference_json(schema()));
  REQUIRE(json["settings"].size() == 11);
  CHECK(json["settings"][6]["default"] == "a,b\"c");
  CHECK(json["settings"][4]["live"] == true);
}

TEST_CASE("a secret has no line in the sample file") {
  const auto sample = sample_file(schema());
  CHECK(sample.contains("#trial.only = [\"a\", \"b\\\"c\"]\n"));
  CHECK(!sample.contains("#trial.code ="));
  CHECK(sample.contains("#trial.code_file = \"\"\n"));
  CHECK(sample.contains("SKERRY_TRIAL_CODE in /etc/skerry/environment"));
}

}  // namespace
}  // namespace skerry::config
