#include "native-host/commands/doctor.hpp"

#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::commands {
namespace {

using program::Finding;
using Status = Finding::Status;

TEST_CASE("the settings as a finding") {
  const std::vector<std::string> warnings{"A has no effect: b.", "C has no effect: d."};
  const Error unreadable{"config_invalid", "skerry.toml:3: x"};
  CHECK(judge_settings(nullptr, {}).status == Status::ok);
  CHECK(judge_settings(nullptr, warnings).status == Status::warning);
  CHECK(judge_settings(nullptr, warnings).message == "A has no effect: b.\nC has no effect: d.");
  CHECK(judge_settings(&unreadable, {}).status == Status::failed);
  CHECK(judge_settings(&unreadable, {}).message == "skerry.toml:3: x");
}

TEST_CASE("findings for people and for programs") {
  const std::vector<Finding> findings{{Status::ok, "clock", "Right."},
                                      {Status::warning, "settings", "A.\nB.", "Do C."}};
  CHECK(doctor_text(findings, false) ==
        "ok       clock     Right.\n"
        "warning  settings  A.\n"
        "                   B.\n"
        "                   → Do C.\n"
        "1 ok, 1 warning, 0 failed\n");
  CHECK(is_well(findings));
  const auto json = nlohmann::json::parse(doctor_json(findings));
  CHECK(json["ok"] == true);
  CHECK(json["findings"][1]["status"] == "warning");
  CHECK(json["findings"][1]["advice"] == "Do C.");
}

}  // namespace
}  // namespace skerry::commands
