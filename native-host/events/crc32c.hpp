#pragma once

#include <cstdint>
#include <string_view>

namespace skerry::events {

/// CRC-32C (Castagnoli; RFC 3720 §12.1, B.4) of `bytes` behind those whose sum is `before`. Uses the
/// processor's instruction where it has one (SSE4.2).
std::uint32_t crc32c(std::string_view bytes, std::uint32_t before = 0);

/// The same without that instruction.
std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before = 0);

}  // namespace skerry::events
