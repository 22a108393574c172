#pragma once

#include <string_view>

#include "shared/http.hpp"

namespace skerry::program {

/// Answers an orchestrator's probes: `/livez`, 200 while the program serves; `/readyz`, 200 while it can do
/// its work, else 503 with Retry-After. Why not, `trouble`, may name paths and neighbours: it is for who
/// shows `code` (shared/door.hpp), others read `not ready`. GET and HEAD; others get 405, other paths 404.
Response probe(const Request& request, std::string_view trouble, std::string_view code = {});

}  // namespace skerry::program
