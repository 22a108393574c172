#include "native-host/program/access.hpp"

#include <initializer_list>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "native-host/program/settings.hpp"

namespace skerry::program {
namespace {

constexpr FunctionSetting kTracker[] = {
    {.name = "gpc",
     .type = FunctionSetting::Type::choice,
     .help = "h",
     .fallback = "anonymise",
     .choices = {"keep", "anonymise", "drop"}},
    {.name = "dnt",
     .type = FunctionSetting::Type::choice,
     .help = "h",
     .fallback = "anonymise",
     .choices = {"keep", "anonymise", "drop"}},
    {.name = "anonymise_client", .type = FunctionSetting::Type::toggle, .help = "h", .fallback = "off"},
    {.name = "keys", .type = FunctionSetting::Type::secret, .help = "h"}};

config::Loaded load(const std::string& file) {
  auto schema = std::make_shared<config::Schema>();
  schema->tables.push_back(settings_table());
  schema->functions.push_back({"tracker", kTracker});
  auto loaded =
      config::load(schema, {.file_name = "skerry.toml", .file = file, .environment = {}, .flags = {}});
  REQUIRE(loaded);
  return *std::move(loaded);
}

nlohmann::json line_of(const config::Loaded& loaded, const std::string& peer, const Headers& headers,
                       const std::string& target = "/latest?a=b") {
  Request request;
  request.client = peer;
  request.target = target;
  request.headers = headers;
  std::string line;
  AccessPolicy(loaded).append(
      line, request, {.time = {}, .client = peer, .method = "GET", .target = target, .user_agent = "x"},
      true);
  return nlohmann::json::parse(line);
}

TEST_CASE("addresses are cut as those of events are") {
  struct Case {
    std::string settings;
    std::string peer;
    Headers headers;
    std::string client;
    std::string target = "/latest?a=b";
  };
  const std::string tracker = "[functions.tracker]\n";
  const Headers gpc{{"Sec-GPC", "1"}};
  const Headers dnt{{"DNT", "1"}};
  for (const Case& c : std::initializer_list<Case>{
           {"", "203.0.113.9", {}, "203.0.113.9"},
           {"", "203.0.113.9", gpc, "203.0.113.0"},
           {"", "2001:db8:1:2::3", dnt, "2001:db8:1::"},
           {"", "unix", {}, "unix"},
           {"", "203.0.113.9", {{"SP-Anonymous", "*"}}, ""},
           {tracker + "gpc = \"keep\"", "203.0.113.9", gpc, "203.0.113.9"},
           {tracker + "gpc = \"drop\"", "203.0.113.9", gpc, "", "/latest"},
           {tracker + "gpc = \"drop\"", "203.0.113.9", dnt, "203.0.113.0"},
           {tracker + "anonymise_client = true", "203.0.113.9", {}, "203.0.113.0"},
           {tracker + "anonymise_client = true", "::ffff:203.0.113.9", {}, "203.0.113.0"},
           {tracker + "anonymise_client = true", "nobody", {}, ""},
           {"trusted_proxies = [\"203.0.113.9\"]",
            "203.0.113.9",
            {{"X-Forwarded-For", "192.0.2.7"}},
            "192.0.2.7"},
           {"trusted_proxies = [\"203.0.113.9\"]",
            "203.0.113.9",
            {{"X-Real-IP", "192.0.2.7"}},
            "203.0.113.9"},
           {"trusted_proxies = [\"unix\"]\nforwarded_headers = [\"X-Real-IP\"]\n" + tracker +
                "anonymise_client = true",
            "unix",
            {{"X-Real-IP", "192.0.2.7"}},
            "192.0.2.0"},
       }) {
    CAPTURE(c.settings);
    CAPTURE(c.peer);
    const auto line = line_of(load(c.settings), c.peer, c.headers);
    CHECK(line["client"] == c.client);
    CHECK(line["target"] == c.target);
    CHECK(line["agent"] == (c.target == "/latest" ? "" : "x"));
    CHECK(line["level"] == "info");
    CHECK(line["event"] == "request");
  }
}

TEST_CASE("what settings declare secret is hidden, wherever it stands") {
  const auto loaded = load(
      "database_url = \"postgres://me:hunter%2B22@db/x\"\n[functions.tracker]\nkeys = \"first-key, "
      "second-key\"");
  CHECK(line_of(loaded, "192.0.2.1", {}, "/v1/projects/second-key/settings?a=first%2Dkey")["target"] ==
        "/v1/projects/***/settings?a=***");
  CHECK(line_of(loaded, "192.0.2.1", {}, "/x?a=hunter%2B22&b=c")["target"] == "/x?a=***&b=c");
}

TEST_CASE("a terminal is spared, unless somebody asks") {
  CHECK(AccessLog::is_wanted(load(""), false));
  CHECK(!AccessLog::is_wanted(load(""), true));
  CHECK(AccessLog::is_wanted(load("access_log = true"), true));
  CHECK(!AccessLog::is_wanted(load("access_log = false"), false));
}

}  // namespace
}  // namespace skerry::program
