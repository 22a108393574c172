#include "native-host/http/access_log.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::http {
namespace {

TEST_CASE("a request is one line of JSON") {
  std::string out;
  append_access_line(out, {.time = *parse_rfc3339("2026-11-21T08:00:00.250Z"),
                           .client = "192.0.2.1",
                           .method = "GET",
                           .target = "/latest?project=ris",
                           .user_agent = "curl/8",
                           .status = 200,
                           .bytes = 36000,
                           .duration = std::chrono::microseconds(120)});
  CHECK(out == R"({"time":"2026-11-21T08:00:00.250Z","client":"192.0.2.1","method":"GET",)"
               R"("target":"/latest?project=ris","status":200,"bytes":36000,"micros":120,"agent":"curl/8"})"
               "\n");
}

TEST_CASE("what opens a door does not lie about in the log") {
  struct Case {
    std::string target;
    std::string logged;
  };
  const std::vector<Case> cases = {
      {"/health?code=open-sesame", "/health?code=***"},
      {"/metrics?a=b&CODE=open&c=d", "/metrics?a=b&CODE=***&c=d"},
      {"/t/w?writeKey=abc&token=x%26y&q=code", "/t/w?writeKey=***&token=***&q=code"},
      {"/health?c%6fde=open&k%45y=1&%zz=2", "/health?c%6fde=***&k%45y=***&%zz=2"},
      {"/cb?id_token=a&client_secret=b&state=c&Refresh-Token=d&jwt=e&pwd=f&auth=g&sig=h",
       "/cb?id_token=***&client_secret=***&state=c&Refresh-Token=***&jwt=***&pwd=***&auth=***&sig=***"},
      {"/b/k?X-Amz-Credential=a&X-Amz-Date=b&X-Amz-Signature=c&X-Amz-Security-Token=d",
       "/b/k?X-Amz-Credential=***&X-Amz-Date=b&X-Amz-Signature=***&X-Amz-Security-Token=***"},
      {"/x?a=1;code=2;b=3", "/x?a=1;code=***;b=3"},
      {"http://me:open@host/x?a=b", "http://***@host/x?a=b"},
      {"http://host/@x", "http://host/@x"},
      {"/to/http://me@host", "/to/http://me@host"},
      {"/x?design=1&author=2&monkey=3&passage=4", "/x?design=1&author=2&monkey=3&passage=4"},
      {"/x?code", "/x?code"},
      {"/x?&&=1&code=", "/x?&&=1&code=***"},
      {"/code=1", "/code=1"},
      {"/x?a=1?code=2", "/x?a=1?code=2"},
  };
  for (const auto& [target, logged] : cases) {
    CAPTURE(target);
    std::string out;
    append_access_line(out, {.time = {}, .client = "", .method = "GET", .target = target, .user_agent = ""});
    CHECK(nlohmann::json::parse(out)["target"] == logged);
  }
}

TEST_CASE("hostile input stays inside its line") {
  std::string out;
  std::string target = "/\"\\\n\r\x1b[31m\xff\xc3\xa9" + std::string(100'000, 'a');
  append_access_line(
      out, {.time = {}, .client = "", .method = "A\nB", .target = target, .user_agent = "\xe2\x80"});
  CHECK(std::ranges::count(out, '\n') == 1);
  CHECK(out.size() < 2000);
  auto line = nlohmann::json::parse(out, nullptr, false);
  REQUIRE(line.is_object());
  CHECK(line["method"] == "A\nB");
  CHECK(line["target"].get<std::string>().starts_with("/\"\\\n\r\x1b[31m"));
}

}  // namespace
}  // namespace skerry::http
