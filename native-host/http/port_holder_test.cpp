#include "native-host/http/port_holder.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>
#include <unistd.h>

namespace skerry::http {
namespace {

constexpr std::string_view kTcp =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n"
    "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 "
    "100\n"
    "   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0 100\n"
    "   2: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000    33        0 99 1 0 100\n"
    "garbage\n   3: x:1F90 y 0A\n";
constexpr std::string_view kTcp6 =
    "   0: 00000000000000000000000001000000:1F90 00000000000000000000000000000000:0000 0A "
    "00000000:00000000 00:00000000 00000000 0 0 4242 1 0\n";
constexpr std::string_view kUnix =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 555 /run/a.sock\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 556 /run/a.sock\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 557\n";

TEST_CASE("listening sockets are found in the kernel's tables") {
  CHECK(listening_inodes(kTcp, 8080) == std::vector<std::uint64_t>{12345});
  CHECK(listening_inodes(kTcp, 80) == std::vector<std::uint64_t>{99});
  CHECK(listening_inodes(kTcp, 81).empty());
  CHECK(listening_inodes(kTcp6, 8080) == std::vector<std::uint64_t>{4242});
  CHECK(listening_inodes("", 8080).empty());
  CHECK(listening_inodes(kUnix, "/run/a.sock") == std::vector<std::uint64_t>{555});
  CHECK(listening_inodes(kUnix, "/run/b.sock").empty());
}

TEST_CASE("a process reads as its name and number") {
  CHECK(Process{7, "nginx"}.text() == "nginx (pid 7)");
}

TEST_CASE("whose a process is: by the files that it has open, and who started it") {
  const auto folder =
      std::filesystem::temp_directory_path() / ("port_holder_test-" + std::to_string(getpid()));
  std::filesystem::create_directory(folder);
  CHECK_FALSE(works_in(getpid(), folder));
  {
    const std::ofstream file(folder / "a");
    CHECK(works_in(getpid(), folder));
    CHECK_FALSE(works_in(getpid(), folder.string() + "-other"));
    std::filesystem::create_directory(folder.string() + "-more");
    CHECK_FALSE(works_in(getpid(), folder / "b"));
  }
  CHECK_FALSE(works_in(getpid(), folder));
  std::filesystem::remove_all(folder);
  std::filesystem::remove_all(folder.string() + "-more");
  REQUIRE(parent_of(getpid()));
  CHECK(parent_of(getpid())->pid == getppid());
  CHECK_FALSE(parent_of(-1));
}

}  // namespace
}  // namespace skerry::http
