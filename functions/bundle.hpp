#pragma once

#include <cstddef>

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

/// The functions of bundle.json behind one table of routes, for what holds all of them: the modules for
/// Fastly and wasi:http, and the native reference of the conformance suite.
namespace skerry::functions {

struct Function {
  Task<Response> (*respond)(const Request&, Platform&);
  std::size_t max_body;  ///< of a request, in bytes
};

/// The function that serves this request, or null; see shared/routes.hpp. The body is not looked at.
const Function* find_route(const Request& request, const Config& config);

/// The answer of the function that serves the request; 404 `not_found` where there is none.
Task<Response> serve(const Request& request, Platform& platform);

}  // namespace skerry::functions
