#include "native-host/http/memory.hpp"

#include <initializer_list>
#include <memory>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

constexpr std::uint64_t kKiB = 1024;

TEST_CASE("a client has its share, whatever is left for the others") {
  Memory memory(1000 * kKiB);
  const auto share = std::make_shared<Share>(250 * kKiB);
  Holding first(memory, share);
  Holding second(memory, share);
  Holding other(memory);
  Claim of_first(first);
  Claim of_second(second);
  Claim more_of_second(second);
  CHECK(of_first.grow_to(200 * kKiB));
  CHECK(of_second.grow_to(50 * kKiB));
  CHECK(!more_of_second.grow_to(9 * kKiB));
  CHECK(second.share_is_full());
  CHECK(more_of_second.grow_to(Claim::kSmall));
  {
    Claim of_other(other);
    CHECK(of_other.grow_to(750 * kKiB));
    CHECK(!of_other.grow_to(751 * kKiB));
    CHECK(!other.share_is_full());
    of_first.reset();
    // There is room in the share, and none in the memory.
    CHECK(!of_second.grow_to(251 * kKiB));
    CHECK(share->taken() == 50 * kKiB);
  }
  CHECK(of_second.grow_to(250 * kKiB));
  of_second.reset();
  CHECK(memory.taken() == 0);
  CHECK(share->taken() == 0);
}

TEST_CASE("a single connection may have more than the share, as long as there is no other") {
  Memory memory(1000 * kKiB);
  const auto share = std::make_shared<Share>(100 * kKiB);
  Holding first(memory, share);
  Holding second(memory, share);
  Claim body(first);
  Claim input(first);
  Claim of_second(second);
  CHECK(body.grow_to(300 * kKiB));
  CHECK(input.grow_to(64 * kKiB));
  CHECK(body.grow_to(400 * kKiB));
  CHECK(!of_second.grow_to(9 * kKiB));
  CHECK(!body.grow_to(1000 * kKiB));
  CHECK(!first.share_is_full());
  body.reset();
  CHECK(of_second.grow_to(9 * kKiB));
  CHECK(!body.grow_to(100 * kKiB));
  CHECK(first.share_is_full());
}

TEST_CASE("what is held moves to whom a proxy names, and back") {
  Memory memory(1000 * kKiB);
  const auto named = std::make_shared<Share>(100 * kKiB);
  Holding first(memory);
  Holding second(memory);
  Claim of_first(first);
  Claim of_second(second);
  REQUIRE(of_first.grow_to(64 * kKiB));
  REQUIRE(of_second.grow_to(64 * kKiB));
  CHECK(first.move_to(named));
  CHECK(named->taken() == 64 * kKiB);
  CHECK(!second.move_to(named));
  CHECK(second.share_is_full());
  CHECK(named->taken() == 64 * kKiB);
  of_second.reset();
  CHECK(second.move_to(named));
  CHECK(!of_second.grow_to(64 * kKiB));
  CHECK(first.move_to(nullptr));
  CHECK(named->taken() == 0);
  CHECK(memory.taken() == 64 * kKiB);
  CHECK(of_second.grow_to(64 * kKiB));
}

}  // namespace
}  // namespace skerry::http
