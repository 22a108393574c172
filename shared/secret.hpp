#pragma once

#include <string_view>

namespace skerry {

/// Compares without telling by its duration where two secrets differ. Only the length of `given` shows.
/// An empty `expected` equals nothing: an empty configured secret closes its door.
bool secret_equals(std::string_view expected, std::string_view given);

}  // namespace skerry
