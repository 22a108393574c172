#include "shared/cors.hpp"

namespace skerry {

Response options_response(const Request& request, const CorsPolicy& policy) {
  Response response;
  response.status = 204;
  response.headers.add("Allow", policy.methods);
  response.headers.add("Access-Control-Allow-Origin", "*");
  if (request.headers.has("Access-Control-Request-Method")) {
    response.headers.add("Access-Control-Allow-Methods", policy.methods);
    response.headers.add("Access-Control-Allow-Headers", policy.request_headers);
    response.headers.add("Access-Control-Max-Age", std::to_string(policy.max_age));
  }
  return response;
}

void allow_any_origin(Response& response, const CorsPolicy& policy) {
  response.headers.set("Access-Control-Allow-Origin", "*");
  if (!policy.exposed_headers.empty()) {
    response.headers.set("Access-Control-Expose-Headers", policy.exposed_headers);
  }
}

}  // namespace skerry
