#include "native-host/events/siphash.hpp"

#include <bit>
#include <cstring>

namespace skerry::events {
namespace {

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void take(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  std::uint64_t finish() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

Hash128 siphash(const Hash128& key, std::string_view text) {
  State state{.v0 = 0x736f6d6570736575 ^ key.low,
              .v1 = 0x646f72616e646f6d ^ key.high ^ 0xee,
              .v2 = 0x6c7967656e657261 ^ key.low,
              .v3 = 0x7465646279746573 ^ key.high};
  const auto size = text.size();
  std::uint64_t word = 0;
  for (; text.size() >= sizeof word; text.remove_prefix(sizeof word)) {
    std::memcpy(&word, text.data(), sizeof word);
    state.take(word);
  }
  word = 0;
  std::memcpy(&word, text.data(), text.size());
  state.take(word | std::uint64_t{size} << 56U);
  state.v2 ^= 0xee;
  const auto low = state.finish();
  state.v1 ^= 0xdd;
  return {.low = low, .high = state.finish()};
}

}  // namespace skerry::events
