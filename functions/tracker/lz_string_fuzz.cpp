#include <cstdint>
#include <cstdlib>

#include "functions/tracker/lz_string.hpp"
#include "shared/json_text.hpp"

using namespace skerry;
using namespace skerry::functions;

/// Any bytes: an error, or text within the cap.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kCap = 100'000, kBytesOfAUnit = 3;
  const auto text = lz_string_decode({reinterpret_cast<const char*>(data), size}, kCap);
  if (!text && text.error().code != "lz64_invalid" && text.error().code != "lz64_too_large") std::abort();
  if (text && (text->size() > kCap * kBytesOfAUnit || !is_utf8(*text))) std::abort();
  return 0;
}
