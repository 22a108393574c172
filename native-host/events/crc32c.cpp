#include "native-host/events/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace skerry::events {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reversed
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

/// Slicing by 8: table k is for a byte with k more behind it.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t sum = byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1U) ^ ((sum & 1U) != 0 ? kPolynomial : 0);
    tables[0][byte] = sum;
  }
  for (std::size_t k = 1; k < tables.size(); ++k)
    for (std::uint32_t byte = 0; byte < 256; ++byte)
      tables[k][byte] = (tables[k - 1][byte] >> 8U) ^ tables[0][tables[k - 1][byte] & 0xffU];
  return tables;
}
constexpr Tables kTables = make_tables();

template <class Number>
Number take(std::string_view& bytes) {
  Number value = 0;
  // NOLINTNEXTLINE(bugprone-suspicious-stringview-data-usage): there are enough, the callers looked
  std::memcpy(&value, bytes.data(), sizeof value);
  bytes.remove_prefix(sizeof value);
  return value;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t crc32c_sse(std::string_view bytes, std::uint32_t before) {
  std::uint64_t sum = ~before;
  while (bytes.size() >= sizeof(std::uint64_t)) sum = _mm_crc32_u64(sum, take<std::uint64_t>(bytes));
  auto rest = static_cast<std::uint32_t>(sum);
  while (!bytes.empty()) rest = _mm_crc32_u8(rest, take<std::uint8_t>(bytes));
  return ~rest;
}
#endif

}  // namespace

std::uint32_t crc32c_portable(std::string_view bytes, std::uint32_t before) {
  std::uint32_t sum = ~before;
  while (bytes.size() >= sizeof(std::uint64_t)) {
    const auto word = take<std::uint64_t>(bytes) ^ sum;
    sum = 0;
    for (std::size_t i = 0; i < sizeof word; ++i) sum ^= kTables[7 - i][(word >> (8 * i)) & 0xffU];
  }
  while (!bytes.empty()) sum = (sum >> 8U) ^ kTables[0][(sum ^ take<std::uint8_t>(bytes)) & 0xffU];
  return ~sum;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) return crc32c_sse(bytes, before);
#endif
  return crc32c_portable(bytes, before);
}

}  // namespace skerry::events
