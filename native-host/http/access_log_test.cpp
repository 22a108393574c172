#include "native-host/http/access_log.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::http {
namespace {

AccessEntry example() {
  return {.time = *parse_rfc3339("2026-11-21T08:00:00.250Z"),
          .client = "192.0.2.1",
          .method = "GET",
          .target = "/latest?project=ris",
          .user_agent = "curl/8",
          .status = 200,
          .bytes = 36000,
          .duration = std::chrono::microseconds(120)};
}

std::string line_of(const AccessEntry& entry, bool json, const Redaction& redaction = {}) {
  std::string out;
  append_access_line(out, entry, json, redaction);
  return out;
}

TEST_CASE("a request is one line, like all others") {
  CHECK(line_of(example(), true) ==
        R"({"time":"2026-11-21T08:00:00.250Z","level":"info","event":"request","message":"Answered",)"
        R"("client":"192.0.2.1","method":"GET","target":"/latest?project=ris","status":200,"bytes":36000,)"
        R"("micros":120,"agent":"curl/8"})"
        "\n");
  CHECK(line_of(example(), false) ==
        "2026-11-21T08:00:00.250Z info Answered client=192.0.2.1 method=GET target=\"/latest?project=ris\" "
        "status=200 bytes=36000 micros=120 agent=curl/8\n");
}

TEST_CASE("who does not want to be kept is not") {
  auto entry = example();
  entry.target = "/t/signup?plan=free";
  entry.kept = false;
  CHECK(line_of(entry, false) ==
        "2026-11-21T08:00:00.250Z info Answered client=\"\" method=GET target=/t/signup status=200 "
        "bytes=36000 micros=120 agent=\"\"\n");
}

TEST_CASE("what opens a door does not lie about in the log") {
  auto entry = example();
  entry.target = "/health?code=open&a=s3cret-value";
  entry.user_agent = "s3cret-value/1";
  entry.method = "s3cret-value";
  const Redaction redaction({"s3cret-value"});
  for (const bool json : {true, false}) {
    const auto line = line_of(entry, json, redaction);
    CAPTURE(line);
    CHECK(!line.contains("s3cret"));
    CHECK(!line.contains("open"));
    CHECK(line.contains("/health?code=***&a=***"));
  }
  // Not even a part of it, where the target is cut.
  const std::string long_target = "/x?a=" + std::string(1012, 'a') + "&b=s3cret-value";
  entry.target = long_target;
  CHECK(!line_of(entry, true, redaction).contains("s3"));
}

TEST_CASE("hostile input stays inside its line") {
  std::string out;
  const std::string target = "/\"\\\n\r\x1b[31m\xff\xc3\xa9" + std::string(100'000, 'a');
  append_access_line(
      out, {.time = {}, .client = "", .method = "A\nB", .target = target, .user_agent = "\xe2\x80"});
  CHECK(std::ranges::count(out, '\n') == 1);
  CHECK(out.size() < 2000);
  auto line = nlohmann::json::parse(out, nullptr, false);
  REQUIRE(line.is_object());
  CHECK(line["method"] == "A\nB");
  CHECK(line["target"].get<std::string>().starts_with("/\"\\\n\r\x1b[31m"));
  const auto text =
      line_of({.time = {}, .client = "", .method = "A\nB", .target = target, .user_agent = "\u202E"}, false);
  CHECK(std::ranges::count(text, '\n') == 1);
  CHECK(text.ends_with("agent=\"\\u202e\"\n"));
  for (const char c : text.substr(0, text.size() - 1)) CHECK(static_cast<unsigned char>(c) >= ' ');
}

}  // namespace
}  // namespace skerry::http
