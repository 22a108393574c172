#include "shared/cors.hpp"

#include <doctest/doctest.h>

namespace skerry {
namespace {

constexpr CorsPolicy kPolicy{.methods = "GET, HEAD, OPTIONS", .exposed_headers = "Age, ETag"};

Request options(Headers headers) {
  Request request;
  request.method = "OPTIONS";
  request.headers = std::move(headers);
  return request;
}

TEST_CASE("a preflight gets what it asks for, for a day") {
  const Response response = options_response(
      options({{"Origin", "https://example.org"}, {"access-control-request-method", "GET"}}), kPolicy);
  CHECK(response.status == 204);
  CHECK(response.body.empty());
  CHECK(response.headers == Headers{{"Allow", "GET, HEAD, OPTIONS"},
                                    {"Access-Control-Allow-Origin", "*"},
                                    {"Access-Control-Allow-Methods", "GET, HEAD, OPTIONS"},
                                    {"Access-Control-Allow-Headers", "*"},
                                    {"Access-Control-Max-Age", "86400"}});
}

TEST_CASE("any other OPTIONS says what is allowed") {
  for (const Headers& headers : {Headers{}, Headers{{"Origin", "null"}}, Headers{{"Origin", "\xff\xfe"}}}) {
    const Response response = options_response(options(headers), kPolicy);
    CHECK(response.status == 204);
    CHECK(response.headers == Headers{{"Allow", "GET, HEAD, OPTIONS"}, {"Access-Control-Allow-Origin", "*"}});
  }
}

TEST_CASE("nothing that the request says comes back in the headers") {
  const Response response = options_response(options({{"Origin", "evil"},
                                                      {"Access-Control-Request-Method", "evil"},
                                                      {"Access-Control-Request-Headers", "evil"}}),
                                             kPolicy);
  for (const Headers::Field& field : response.headers) CHECK(field.value.find("evil") == std::string::npos);
}

TEST_CASE("allow_any_origin") {
  Response response;
  response.headers = {{"access-control-allow-origin", "https://example.org"}, {"ETag", "\"a\""}};
  allow_any_origin(response, kPolicy);
  CHECK(response.headers == Headers{{"access-control-allow-origin", "*"},
                                    {"ETag", "\"a\""},
                                    {"Access-Control-Expose-Headers", "Age, ETag"}});

  Response bare;
  allow_any_origin(bare, {.methods = "GET", .exposed_headers = ""});
  CHECK(bare.headers == Headers{{"Access-Control-Allow-Origin", "*"}});
}

}  // namespace
}  // namespace skerry
