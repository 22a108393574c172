#include "native-host/program/memory.hpp"

#include <cstddef>

#include <malloc.h>

namespace skerry::program {
namespace {

constexpr int kLarge = 256 * 1024;
constexpr std::size_t kWorthIt = std::size_t{8} << 20U;

}  // namespace

void keep_memory_in_pieces() {
  mallopt(M_MMAP_THRESHOLD, kLarge);
}

void give_memory_back() {
  if (mallinfo2().fordblks >= kWorthIt) malloc_trim(0);
}

}  // namespace skerry::program
