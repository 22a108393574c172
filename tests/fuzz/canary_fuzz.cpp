// A fuzzer with a planted fault, which proves that fuzzers start from their corpus and look from there:
// canary_test.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/sha256.hpp"

namespace {

/// A letter with a seal: the SHA-256 of its first line, then that line. No mutation makes a seal that fits.
bool is_sealed(std::string_view line) {
  constexpr std::size_t kSeal = 64;
  return line.size() > kSeal &&
         skerry::hexadecimal(skerry::sha256(line.substr(kSeal))) == line.substr(0, kSeal);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view letter(reinterpret_cast<const char*>(data), size);
  const auto end = letter.find('\n');
  if (end == std::string_view::npos || !is_sealed(letter.substr(0, end))) return 0;
  const auto text = letter.substr(end + 1);
  // The fault: it can't read what the seed does not have.
  if (text.size() > 3 && text[0] == 'f' && text[1] == 'e' && text[2] == 'e') std::abort();
  return 0;
}
