#pragma once

#include <string_view>

#include "shared/http.hpp"

namespace skerry {

/// Cross-origin access for public data without credentials (WHATWG Fetch, "CORS protocol"): any origin may
/// read.
struct CorsPolicy {
  std::string_view methods;                ///< `GET, HEAD, OPTIONS`
  std::string_view exposed_headers;        ///< what scripts may read besides the safelisted ones
  std::string_view request_headers = "*";  ///< what scripts may send; `*` does not cover `Authorization`
  int max_age = 86'400;                    ///< seconds for which a browser may keep the preflight's answer
};

/// The answer to any `OPTIONS`: 204 with `Allow`, and to a preflight with what it asks for.
Response options_response(const Request& request, const CorsPolicy& policy);

/// Lets every origin read this response.
void allow_any_origin(Response& response, const CorsPolicy& policy);

}  // namespace skerry
