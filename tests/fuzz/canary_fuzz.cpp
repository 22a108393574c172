// A fuzzer with a planted fault, which proves that fuzzers start from their seeds and look from there:
// canary_test.
#include <cstdint>
#include <string_view>

#include "shared/secret.hpp"
#include "shared/sha256.hpp"

namespace {

constexpr std::size_t kSeal = 64;

/// A letter: the SHA-256 of the rest of its first line, that rest, and a text behind it. The sums are
/// compared so that the fuzzer can't see what was expected: no mutation of anything else makes one.
bool is_sealed(std::string_view line) {
  return line.size() > kSeal && skerry::secret_equals(skerry::hexadecimal(skerry::sha256(line.substr(kSeal))),
                                                      line.substr(0, kSeal));
}

volatile char kept;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view letter(reinterpret_cast<const char*>(data), size);
  const auto end = letter.find('\n');
  if (end == std::string_view::npos || !is_sealed(letter.substr(0, end))) return 0;
  // The fault: that so many bytes follow is believed.
  const char* text = letter.data() + end + 1;
  const char* const behind = letter.data() + letter.size();
  if (text == behind || *text < '0' || *text > '9') return 0;
  for (int left = *text - '0'; left > 0; --left) kept = *++text;
  return 0;
}
