// Faults from any bytes: an error or a fault, never a crash.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tests/archive/fault.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  skerry::archive::Faults faults;
  if (faults.add(json)) {
    faults.strike("GET", "/data.ris.ripe.net/rrc00/", {});
    (void)faults.list();
  }
  return 0;
}
