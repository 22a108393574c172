#include <cstdint>
#include <cstdlib>

#include "shared/address.hpp"

using namespace skerry;

/// What is read prints as what reads the same; every address lies in its own prefix, of any length.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto address = Address::parse(text);
  const auto hop = Address::parse_hop(text);
  if (address && hop != address) std::abort();
  if (hop) {
    const std::string printed = hop->text();
    if (Address::parse(printed) != hop) std::abort();
    for (const char* length : {"/0", "/7", "/24", "/32"}) {
      const auto prefix = Prefix::parse(printed + length);
      if (!prefix || !prefix->contains(*hop)) std::abort();
    }
    if (hop->anonymised().anonymised() != hop->anonymised()) std::abort();
  }
  if (const auto prefix = Prefix::parse(text); prefix && size > 0) {
    if (!prefix->contains(*Address::parse(text.substr(0, text.find('/'))))) std::abort();
  }
  parse_prefixes(text);
  return 0;
}
