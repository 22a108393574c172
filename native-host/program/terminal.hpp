#pragma once

#include <string_view>

/// How commands write: all text of others that a terminal shows goes through here, or, where a line has
/// colours, through `printable` (shared/printable.hpp) piece by piece.
namespace skerry::program {

/// On standard output, as `printable` has it; its line feeds are kept.
void say(std::string_view text);
/// A JSON text on standard output, which stays the same to whoever reads it.
void say_json(std::string_view json);
/// `skerry: …` and a line feed on standard error.
void warn(std::string_view text);

}  // namespace skerry::program
