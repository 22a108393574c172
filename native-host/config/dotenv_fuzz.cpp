#include <cstddef>
#include <cstdint>
#include <string_view>

#include "native-host/config/dotenv.hpp"

using namespace skerry;

/// Any text is lines, good ones and others.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const auto& read : {config::parse_dotenv(text), config::parse_environment_file(text)}) {
    for (const auto& [name, value] : read.variables)
      if (name.empty() || name.contains('=') || value.size() > size) __builtin_trap();
    for (const int line : read.malformed)
      if (line < 1) __builtin_trap();
  }
  return 0;
}
