#include "native-host/program/descriptors.hpp"

#include <numeric>

#include <doctest/doctest.h>
#include <sys/resource.h>

namespace skerry::program {
namespace {

TEST_CASE("connections are shared so that descriptors are left for the program's own files") {
  struct Case {
    std::uint64_t descriptors;
    std::int64_t wanted;
    std::size_t servers;
    unsigned first;
  };
  for (const Case& c : std::initializer_list<Case>{
           {65'536, 10'000, 1, 10'000},
           {65'536, 10'000, 2, 10'000},
           {1024, 10'000, 1, 1024 - 256 - 80},
           {1024, 10'000, 2, (1024 - 256 - 160) - (1024 - 256 - 160) / 16},
           {1024, 100, 2, 100},
           {1 << 20, 1'000'000, 1, 1'000'000},
           {300, 10'000, 1, 1},
           {10, 10'000, 3, 1},
       }) {
    CAPTURE(c.descriptors);
    CAPTURE(c.servers);
    const auto shares = share_connections(c.descriptors, kOwnFiles, c.wanted, c.servers);
    REQUIRE(shares.size() == c.servers);
    CHECK(shares.front() == c.first);
    for (const auto share : shares) {
      CHECK(share >= 1);
      CHECK(share <= c.wanted);
    }
    const auto all = std::accumulate(shares.begin(), shares.end(), std::uint64_t{0});
    if (c.descriptors > 1000) CHECK(all + kOwnFiles <= c.descriptors);
  }
}

TEST_CASE("the soft limit is raised to the hard one") {
  rlimit before{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &before) == 0);
  rlimit low = before;
  low.rlim_cur = 100;
  REQUIRE(setrlimit(RLIMIT_NOFILE, &low) == 0);
  const auto most = raise_descriptor_limit();
  rlimit after{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &after) == 0);
  CHECK(after.rlim_cur == most);
  CHECK(most == most_descriptors());
  REQUIRE(setrlimit(RLIMIT_NOFILE, &before) == 0);
}

}  // namespace
}  // namespace skerry::program
