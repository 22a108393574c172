#include <algorithm>
#include <cstdio>

#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/cli/commands.hpp"

namespace skerry::cli {

Exit run_config(const config::Loaded& loaded, bool json) {
  const auto shown = config::describe(loaded);
  if (json) {
    auto out = nlohmann::ordered_json::object();
    for (const auto& setting : shown)
      out[setting.name] = {{"value", setting.value}, {"origin", setting.origin}};
    fmt::print("{}\n", out.dump(2));
    return Exit::ok;
  }
  std::size_t name_width = 0;
  std::size_t value_width = 0;
  for (const auto& setting : shown) {
    name_width = std::max(name_width, setting.name.size());
    value_width = std::max(value_width, std::min<std::size_t>(setting.value.size(), 40));
  }
  for (const auto& setting : shown) {
    fmt::print("{:<{}}  {:<{}}  {}\n", setting.name, name_width, setting.value, value_width, setting.origin);
  }
  return Exit::ok;
}

}  // namespace skerry::cli
