#pragma once

#include <span>
#include <string_view>

#include "wasm-runtime/host/sandbox.hpp"

/// The functions and routes of functions/bundle.json, as the build translated them (Translate.cmake).
namespace skerry::sandbox {

std::span<const Function> bundle();

/// The function that serves this path, or null. A path is compared whole.
const Function* find_route(std::string_view path);

}  // namespace skerry::sandbox
