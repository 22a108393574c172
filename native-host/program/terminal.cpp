#include "native-host/program/terminal.hpp"

#include <cstdio>

#include <spdlog/fmt/fmt.h>

#include "shared/printable.hpp"

namespace skerry::program {

void say(std::string_view text) {
  fmt::print("{}", printable(text, Lines::kept));
}

void say_json(std::string_view json) {
  fmt::print("{}", printable_json(json));
}

void warn(std::string_view text) {
  fmt::print(stderr, "skerry: {}\n", printable(text, Lines::kept));
}

}  // namespace skerry::program
