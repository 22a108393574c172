#include "native-host/publish/answer.hpp"

#include <doctest/doctest.h>

namespace skerry::publish {
namespace {

using namespace std::chrono_literals;

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

TEST_CASE("how long a platform asks to wait") {
  struct Case {
    const char* value;
    Seconds wait;
  };
  for (const auto& [value, wait] : std::vector<Case>{
           {"7", 7s},
           {"0", 0s},
           {"-5", 0s},
           {"86400", 1h},
           {"99999999999999999999", 1h},
           {"Sat, 21 Nov 2026 08:00:30 GMT", 30s},
           {"Sat, 21 Nov 2026 07:00:30 GMT", 0s},
           {"soon", 0s},
           {"", 0s},
       }) {
    CAPTURE(value);
    CHECK(retry_after(Headers{{"Retry-After", value}}, kNow) == wait);
  }
  CHECK(retry_after({}, kNow) == 0s);
}

TEST_CASE("the platforms' words") {
  struct Case {
    const char* body;
    const char* words;
  };
  for (const auto& [body, words] : std::vector<Case>{
           {R"({"success":false,"errors":[{"code":10000,"message":"Authentication error"}]})",
            "Authentication error (10000)"},
           {R"({"msg":"Provided credentials are missing or invalid"})",
            "Provided credentials are missing or invalid"},
           {R"({"title":"Not Found","detail":"no such store","status":404})", "no such store"},
           {R"({"title":"Not Found"})", "Not Found"},
           {R"({"errors":[{"title":"x","reason":"rate limit"}]})", "rate limit"},
           {R"({"errors":["text"],"message":"a\nb"})", "a b"},
           {"<html>Bad gateway</html>", ""},
           {"", ""},
           {"[]", ""},
           {R"({"errors":5,"msg":7})", ""},
       }) {
    CAPTURE(body);
    CHECK(words_of(body) == words);
  }
  CHECK(words_of(R"({"msg":")" + std::string(5000, 'x') + "\"}").size() < 300);
}

TEST_CASE("statuses") {
  struct Case {
    int status;
    const char* code;
    bool permanent;
  };
  for (const auto& [status, code, permanent] : std::vector<Case>{
           {400, "publish_rejected", true},
           {401, "publish_denied", true},
           {403, "publish_denied", true},
           {404, "publish_unknown_store", true},
           {408, "publish_unavailable", false},
           {413, "publish_too_large", true},
           {429, "publish_limited", false},
           {500, "publish_unavailable", false},
           {503, "publish_unavailable", false},
           {302, "publish_rejected", true},
       }) {
    CAPTURE(status);
    const auto failure = failure_of({.status = status, .headers = {{"Retry-After", "9"}}, .body = "x"}, kNow);
    CHECK(failure.error.code == code);
    CHECK(failure.permanent == permanent);
    CHECK(failure.retry_after == 9s);
  }
}

TEST_CASE("Cloudflare's answers to a bulk write") {
  struct Case {
    int status;
    const char* body;
    std::vector<std::string> stored;
    const char* code;  ///< null: no failure
  };
  const std::vector<std::string> keys = {"latest", "health"};
  for (const auto& [status, body, stored, code] : std::vector<Case>{
           {200, R"({"success":true,"errors":[],"result":{"successful_key_count":2,"unsuccessful_keys":[]}})",
            keys, nullptr},
           {200, R"({"success":true,"errors":[],"messages":[],"result":null})", keys, nullptr},
           {200,
            R"({"success":true,"result":{"unsuccessful_keys":["latest"]}})",
            {"health"},
            "publish_unavailable"},
           {200,
            R"({"success":false,"errors":[{"code":10001,"message":"no"}],"result":null})",
            {},
            "publish_rejected"},
           {200, R"({"success":"true"})", {}, "publish_garbled"},
           {200, "ok", {}, "publish_garbled"},
           {200, "", {}, "publish_garbled"},
           {401,
            R"({"success":false,"errors":[{"code":10000,"message":"Authentication error"}]})",
            {},
            "publish_denied"},
           {502, "<html>", {}, "publish_unavailable"},
       }) {
    CAPTURE(body);
    const auto result = read_cloudflare_answer({.status = status, .headers = {}, .body = body}, keys, kNow);
    CHECK(result.stored == stored);
    REQUIRE(result.failure.has_value() == (code != nullptr));
    if (code != nullptr) CHECK(result.failure->error.code == code);
  }
}

}  // namespace
}  // namespace skerry::publish
