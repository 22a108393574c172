#include "shared/uuid.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "shared/hex.hpp"

using namespace skerry;

namespace {

class Filled final : public Random {
 public:
  explicit Filled(std::byte with) : with_(with) {}
  void fill(std::span<std::byte> bytes) override { std::ranges::fill(bytes, with_); }

 private:
  std::byte with_;
};

}  // namespace

TEST_CASE("the example of RFC 9562, appendix A.6, but for what is random") {
  const Time moment{std::chrono::milliseconds{0x017F22E279B0}};
  Filled zeros{std::byte{0}}, ones{std::byte{0xFF}};
  CHECK(UuidV7(moment, zeros).next() == "017f22e2-79b0-7000-8000-000000000000");
  CHECK(UuidV7(moment, ones).next() == "017f22e2-79b0-7fff-9fff-ffffffffffff");
}

TEST_CASE("ids of one moment, and of the next one, ascend") {
  const Time moment = *parse_rfc3339("2026-11-21T08:00:00Z");
  Filled ones{std::byte{0xFF}}, zeros{std::byte{0}};
  UuidV7 ids(moment, ones);
  std::string last;
  for (int i = 0; i < 1'000; ++i) {
    const std::string id = ids.next();
    REQUIRE(is_uuid(id));
    REQUIRE(id[14] == '7');
    REQUIRE(std::string_view("89ab").contains(id[19]));
    REQUIRE(id > last);
    last = id;
  }
  CHECK(UuidV7(moment + std::chrono::milliseconds{1}, zeros).next() > last);
}

TEST_CASE("what a UUID looks like") {
  CHECK(is_uuid("0193e5a0-0000-7000-8000-000000000001"));
  CHECK(is_uuid("0193E5A0-0000-4000-8000-00000000000F"));
  for (const std::string_view bad :
       {"", "0193e5a0-0000-7000-8000-00000000000", "0193e5a0-0000-7000-8000-0000000000011",
        "0193e5a0000070008000000000000001", "0193e5a0-0000-7000-8000-00000000000g",
        "0193e5a0-0000-7000-80000-00000000001", "{193e5a0-0000-7000-8000-00000000001}"}) {
    CAPTURE(std::string(bad));
    CHECK_FALSE(is_uuid(bad));
  }
}

TEST_CASE("all sixteen digits") {
  CHECK(sixteen_hexadecimal(0) == "0000000000000000");
  CHECK(sixteen_hexadecimal(0x0123'4567'89ab'cdef) == "0123456789abcdef");
  CHECK(sixteen_hexadecimal(~std::uint64_t{0}) == "ffffffffffffffff");
}
