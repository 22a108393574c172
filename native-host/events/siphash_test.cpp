#include "native-host/events/siphash.hpp"

#include <string>

#include <doctest/doctest.h>

namespace skerry::events {

// The bytes 00, 01, … under the key 00…0f, as the reference implementation's vectors_sip128 and `openssl mac
// -macopt size:16 SIPHASH` have them.
TEST_CASE("SipHash-2-4-128") {
  constexpr Hash128 kKey{.low = 0x0706050403020100, .high = 0x0f0e0d0c0b0a0908};
  struct Case {
    std::size_t size;
    Hash128 hash;
  };
  for (const auto& [size, hash] : {
           Case{0, {0xe6a825ba047f81a3, 0x930255c71472f66d}},
           Case{1, {0x44af996bd8c187da, 0x45fc229b11597634}},
           Case{7, {0x53c1dbd8beebf1a1, 0x3982f01fa64ab8c0}},
           Case{8, {0x61f55862baa9623b, 0xb49714f364e2830f}},
           Case{15, {0x11a8b03399e99354, 0xd9c3cf970fec087e}},
           Case{16, {0xbb54b067caa4e26e, 0x77052385bf1533fd}},
           Case{63, {0x4a83502f77d15051, 0x7cbd3f979a063e50}},
       }) {
    CAPTURE(size);
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text += static_cast<char>(i);
    CHECK(siphash(kKey, text) == hash);
  }
  CHECK(siphash({}, "a") != siphash(kKey, "a"));
}

}  // namespace skerry::events
