#include "native-host/program/patient_sink.hpp"

#include <csignal>
#include <string>
#include <thread>
#include <utility>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skerry::program {
namespace {

/// Both ends of something that a reader may leave full.
struct Pair {
  int read = -1;
  int write = -1;

  explicit Pair(bool socket) {
    int ends[2] = {-1, -1};
    REQUIRE((socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) : pipe2(ends, O_CLOEXEC)) ==
            0);
    read = ends[0];
    write = ends[1];
  }
  ~Pair() {
    for (const int end : {read, write})
      if (end >= 0) close(end);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
};

TEST_CASE("all of it comes to who reads, however much it is") {
  for (const bool socket : {false, true}) {
    CAPTURE(socket);
    Pair pair(socket);
    std::string wanted;
    for (int i = 0; i < 100'000; ++i) wanted += std::to_string(i) + "\n";
    const Patience patience;
    bool all = false;
    std::jthread writer([&] {
      all = write_patiently(pair.write, wanted, patience);
      close(std::exchange(pair.write, -1));
    });
    std::string got;
    char piece[5000];
    for (ssize_t count = 0; (count = read(pair.read, piece, sizeof(piece))) > 0;)
      got.append(piece, static_cast<std::size_t>(count));
    writer.join();
    CHECK(all);
    CHECK(got == wanted);
  }
}

TEST_CASE("who doesn't read holds up nobody who wants to end") {
  for (const bool socket : {false, true}) {
    CAPTURE(socket);
    const Pair pair(socket);
    Patience patience;
    bool all = true;
    std::jthread writer([&] { all = write_patiently(pair.write, std::string(10 << 20, 'x'), patience); });
    patience.end_at(Patience::Clock::now());
    writer.join();  // or never
    CHECK(!all);
    CHECK(!write_patiently(pair.write, "more", patience));
  }
}

TEST_CASE("a reader that is gone ends it") {
  Pair pair(true);
  close(std::exchange(pair.read, -1));
  const Patience patience;
  std::signal(SIGPIPE, SIG_IGN);
  CHECK(!write_patiently(pair.write, "x", patience));
}

}  // namespace
}  // namespace skerry::program
