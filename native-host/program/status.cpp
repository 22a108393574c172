#include "native-host/program/status.hpp"

#include <spdlog/fmt/fmt.h>

namespace skerry::program {

void Status::line(const std::string& name, const std::string& words) {
  lines += fmt::format("{:<10}{}\n", name + ':', words);
}

}  // namespace skerry::program
