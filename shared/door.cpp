#include "shared/door.hpp"

#include "shared/cors.hpp"
#include "shared/credentials.hpp"
#include "shared/query.hpp"
#include "shared/secret.hpp"

namespace skerry {
namespace {

constexpr CorsPolicy kCors{
    .methods = "GET, HEAD, OPTIONS", .exposed_headers = "", .request_headers = "*, Authorization"};

}  // namespace

bool has_code(const Request& request, std::optional<std::string_view> secret) {
  return secret_equals(secret.value_or(""), Query::parse(request.query()).last("code").value_or(""));
}

bool shows_secret(const Request& request, std::optional<std::string_view> secret) {
  if (has_code(request, secret)) return true;
  const auto shown = Credentials::of(request);
  return shown && shown->scheme == Credentials::Scheme::bearer &&
         secret_equals(secret.value_or(""), shown->secret);
}

Response access_denied() {
  Response response;
  response.status = 403;
  response.headers.add("Content-Type", "application/json");
  response.headers.add("Cache-Control", "no-store");
  response.headers.add("Access-Control-Allow-Origin", "*");
  response.body =
      R"({"error":"Access denied for given route or resource","code":403,"type":"app.fatal-error"})";
  return response;
}

std::optional<Response> answer_other_method(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  if (request.method == "OPTIONS") return options_response(request, kCors);
  Response refused = error_response(405, "method_not_allowed", "use GET, HEAD or OPTIONS");
  refused.headers.add("Allow", kCors.methods);
  return refused;
}

}  // namespace skerry
