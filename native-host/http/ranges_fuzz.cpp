#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "native-host/http/ranges.hpp"

/// Whatever a Range field says: few parts, none of which overlap, each inside the representation.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::uint64_t length = 0;
  if (size < sizeof(length)) return 0;
  std::memcpy(&length, data, sizeof(length));
  const std::string_view field(reinterpret_cast<const char*>(data) + sizeof(length), size - sizeof(length));
  const auto selection = skerry::http::select_ranges(field, length);
  const auto is_parts = selection.kind == skerry::http::Selection::Kind::parts;
  if (is_parts == selection.parts.empty() || selection.parts.size() > 16) __builtin_trap();
  for (const auto& part : selection.parts) {
    if (part.length == 0 || part.offset >= length || part.length > length - part.offset) __builtin_trap();
    for (const auto& other : selection.parts)
      if (&other != &part && other.offset >= part.offset && other.offset < part.offset + part.length)
        __builtin_trap();
  }
  return 0;
}
