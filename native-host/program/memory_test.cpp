#include "native-host/program/memory.hpp"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SKERRY_TEST_SANITIZED
#endif
#endif

// The sanitizers have allocators of their own.
#ifndef SKERRY_TEST_SANITIZED
namespace skerry::program {
namespace {

std::size_t resident_megabytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;)
    if (word == "VmRSS:") break;
  std::size_t kilobytes = 0;
  status >> kilobytes;
  return kilobytes / 1024;
}

/// So many megabytes in pieces of this size, and then all but a few of them free again.
std::vector<std::unique_ptr<char[]>> fill(std::size_t megabytes, std::size_t piece) {
  std::vector<std::unique_ptr<char[]>> all;
  for (std::size_t i = 0; i < (megabytes << 20U) / piece; ++i) {
    all.push_back(std::make_unique_for_overwrite<char[]>(piece));
    std::memset(all.back().get(), 1, piece);
  }
  // One in a while stays, as some of a server's do.
  std::vector<std::unique_ptr<char[]>> kept;
  for (std::size_t i = 0; i < all.size(); i += 1000) kept.push_back(std::move(all[i]));
  return kept;
}

TEST_CASE("memory that nobody uses is given back, whichever thread used it") {
  keep_memory_in_pieces();
  const auto before = resident_megabytes();
  std::vector<std::unique_ptr<char[]>> kept;
  std::vector<std::unique_ptr<char[]>> here;
  for (const std::size_t piece : {500U, 9'000U, 100'000U, 3'000'000U}) {
    for (auto& one : fill(100, piece)) here.push_back(std::move(one));
    std::jthread([&] { kept = fill(100, piece); }).join();
    give_memory_back();
    CAPTURE(piece);
    CHECK(resident_megabytes() < before + 40);
  }
}

}  // namespace
}  // namespace skerry::program
#endif
