#include "native-host/events/crc32c.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::events {
namespace {

TEST_CASE("CRC-32C of RFC 3720, B.4") {
  struct Case {
    std::string bytes;
    std::uint32_t sum;
  };
  std::string rising;
  for (char c = 0; c < 32; ++c) rising += c;
  for (const auto& [bytes, sum] : std::vector<Case>{
           {"", 0},
           {"123456789", 0xe3069283},
           {std::string(32, '\0'), 0x8a9136aa},
           {std::string(32, '\xff'), 0x62a8ab43},
           {rising, 0x46dd794e},
           {std::string(rising.rbegin(), rising.rend()), 0x113fdb5c},
       }) {
    CAPTURE(bytes);
    CHECK(crc32c(bytes) == sum);
    CHECK(crc32c_portable(bytes) == sum);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
      const auto view = std::string_view(bytes);
      CHECK(crc32c(view.substr(cut), crc32c(view.substr(0, cut))) == sum);
      CHECK(crc32c_portable(view.substr(cut), crc32c(view.substr(0, cut))) == sum);
    }
  }
}

}  // namespace
}  // namespace skerry::events
