#pragma once

#include <span>

#include "shared/platform.hpp"
#include "wasm-runtime/host/sandbox.hpp"

/// The functions and routes of functions/bundle.json, as the build translated them (Translate.cmake).
namespace skerry::sandbox {

std::span<const Function> bundle();

/// The function that serves this request, or null; see shared/routes.hpp. `config` is asked for host
/// settings.
const Function* find_route(const Request& request, const Config& config);

}  // namespace skerry::sandbox
