#include <cstddef>
#include <cstdint>
#include <string>

#include "native-host/config/config.hpp"

using namespace skerry;

/// Any file is settings within their limits, or an error that names the file's line.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  config::Sources sources;
  sources.file_name = "f";
  sources.file = std::string(reinterpret_cast<const char*>(data), size);
  sources.environment = {{"DATABASE_URL", *sources.file}};
  auto loaded = config::load(sources);
  if (!loaded && !loaded.error().message.starts_with("f:")) __builtin_trap();
  if (!loaded) return 0;
  config::Settings again;
  for (const auto& setting : config::all_settings())
    if (!config::assign_text(setting, again, config::to_text(setting, loaded->settings))) __builtin_trap();
  config::describe(*loaded);
  return 0;
}
