#include "native-host/program/exit.hpp"

#include <cstdio>

#include <spdlog/fmt/fmt.h>

#include "shared/json_text.hpp"

namespace skerry::program {

std::string error_json(const Error& error) {
  std::string out = R"({"error":{"code":)";
  append_json_string(out, error.code);
  out += R"(,"message":)";
  append_json_string(out, error.message);
  return out + "}}\n";
}

Exit complain(const Error& error, bool json) {
  if (json) {
    fmt::print("{}", error_json(error));
    std::fflush(stdout);
  }
  fmt::print(stderr, "skerry: {} ({})\n", error.message, error.code);
  return exit_for(error);
}

}  // namespace skerry::program
