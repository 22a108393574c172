#pragma once

#include <string_view>

#include "shared/http.hpp"

namespace skerry::program {

/// Answers an orchestrator's probes: `/livez`, 200 while the program serves; `/readyz`, 200 while it can do
/// its work, else 503 with Retry-After and `trouble`, which says why not. GET and HEAD; others get 405, other
/// paths 404.
Response probe(const Request& request, std::string_view trouble);

}  // namespace skerry::program
