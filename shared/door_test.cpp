#include "shared/door.hpp"

#include <optional>
#include <string>

#include <doctest/doctest.h>

namespace skerry {
namespace {

Request ask(std::string target, std::string method = "GET") {
  Request request;
  request.method = std::move(method);
  request.target = std::move(target);
  return request;
}

TEST_CASE("the code opens, and nothing else does") {
  struct Case {
    std::optional<std::string_view> secret;
    std::string target;
    bool opens;
  };
  const Case cases[] = {
      {"s3cret", "/health?code=s3cret", true},
      {"s3cret", "/health?a=1&code=s3cret&b=2", true},
      {"s3cret", "/health?code=wrong&code=s3cret", true},
      {"s3cret", "/health?code=%733cret", true},
      {"two words+", "/health?code=two+words%2B", true},
      {"s3cret", "/health", false},
      {"s3cret", "/health?", false},
      {"s3cret", "/health?code", false},
      {"s3cret", "/health?code=", false},
      {"s3cret", "/health?code=s3cret&code=wrong", false},
      {"s3cret", "/health?code=S3CRET", false},
      {"s3cret", "/health?code=s3cre", false},
      {"s3cret", "/health?code=s3crets3cret", false},
      {"s3cret", "/health?code=s3cret%00", false},
      {"s3cret", "/health?Code=s3cret", false},
      {"s3cret", "/health?code[]=s3cret", false},
      {"s3cret", "/health#?code=s3cret", false},
      {"s3cret", "/health?code=" + std::string(1 << 20, 's'), false},
      {"", "/health", false},
      {"", "/health?code=", false},
      {std::nullopt, "/health?code=", false},
      {std::nullopt, "/health?code=s3cret", false},
  };
  for (const auto& [secret, target, opens] : cases) {
    CAPTURE(target.substr(0, 60));
    CHECK(has_code(ask(target), secret) == opens);
  }
}

TEST_CASE("a bearer token opens as the code does") {
  struct Case {
    std::optional<std::string_view> secret;
    std::string target;
    std::string authorization;
    bool opens;
  };
  const Case cases[] = {
      {"s3cret", "/health", "Bearer s3cret", true},
      {"s3cret", "/health", "bearer s3cret", true},
      {"s3cret", "/health", "BEARER\ts3cret", true},
      {"two words+", "/health", "Bearer two words+", true},
      {"s3cret", "/health?code=s3cret", "Bearer wrong", true},
      {"s3cret", "/health?code=wrong", "Bearer s3cret", true},
      {"s3cret", "/health", "Bearer wrong", false},
      {"s3cret", "/health", "Bearer s3cret, Bearer x", false},
      {"s3cret", "/health", "Basic czNjcmV0", false},
      {"s3cret", "/health", "Bearers3cret", false},
      {"s3cret", "/health", "s3cret", false},
      {"", "/health", "Bearer ", false},
      {"", "/health", "Bearer", false},
      {std::nullopt, "/health", "Bearer s3cret", false},
  };
  for (const auto& [secret, target, authorization, opens] : cases) {
    CAPTURE(target);
    CAPTURE(authorization);
    auto request = ask(target);
    request.headers.add("Authorization", authorization);
    CHECK(shows_secret(request, secret) == opens);
  }
}

TEST_CASE("the refusal is the original's, byte for byte") {
  const Response refused = access_denied();
  CHECK(refused.status == 403);
  CHECK(refused.body.view() ==
        R"({"error":"Access denied for given route or resource","code":403,"type":"app.fatal-error"})");
  CHECK(refused.headers.get("cache-control") == "no-store");
}

TEST_CASE("methods") {
  CHECK_FALSE(answer_other_method(ask("/", "GET")));
  CHECK_FALSE(answer_other_method(ask("/", "HEAD")));
  CHECK(answer_other_method(ask("/", "OPTIONS"))->status == 204);
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "get", "TRACE", ""}) {
    const auto refused = answer_other_method(ask("/", method));
    REQUIRE(refused);
    CHECK(refused->status == 405);
    CHECK(refused->headers.get("allow") == "GET, HEAD, OPTIONS");
  }
}

}  // namespace
}  // namespace skerry
