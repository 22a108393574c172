#include <cstdint>
#include <cstdlib>

#include "shared/gzip.hpp"

using namespace skerry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  constexpr std::size_t kCap = 100'000;
  if (const auto plain = gunzip(bytes, kCap)) {
    if (gunzip(bytes, plain->size()) != plain) std::abort();
    if (!plain->empty() && gunzip(bytes, plain->size() - 1).error().code != "gzip_too_large") std::abort();
  }
  const std::string packed = gzip(bytes, size % 9 + 1);
  if (gunzip(packed, size) != bytes) std::abort();
  if (size > 0 && gunzip(packed, size - 1).error().code != "gzip_too_large") std::abort();
  if (gunzip(std::string_view(packed).substr(0, packed.size() - 1), size)) std::abort();
  return 0;
}
