#include "native-host/program/exit.hpp"

#include <cstdio>

#include <spdlog/fmt/fmt.h>

namespace skerry::program {

Exit complain(const Error& error) {
  fmt::print(stderr, "skerry: {} ({})\n", error.message, error.code);
  return exit_for(error);
}

}  // namespace skerry::program
