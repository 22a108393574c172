#pragma once

#include <span>

#include "shared/routes.hpp"
#include "wasm-runtime/host/sandbox.hpp"

/// The functions and routes of functions/bundle.json, as the build translated them (Translate.cmake).
namespace skerry::sandbox {

std::span<const Function> bundle();

/// The routes, by the places of their functions in `bundle()`.
RouteTable bundle_routes();

}  // namespace skerry::sandbox
