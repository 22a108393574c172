#include "native-host/program/descriptors.hpp"

#include <algorithm>

#include <sys/resource.h>

namespace skerry::program {
namespace {

// Where there is no limit, the kernel's own (fs.nr_open) is about that.
constexpr std::uint64_t kMany = std::uint64_t{1} << 20U;
// Of a server besides its connections: what listens and waits, and those that are told that there are too
// many.
constexpr std::uint64_t kOfServer = 80;
constexpr std::uint64_t kPartOfOthers = 16;

}  // namespace

std::uint64_t raise_descriptor_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  if (files.rlim_cur < files.rlim_max) {
    auto most = files;
    most.rlim_cur =
        files.rlim_max == RLIM_INFINITY ? std::max<rlim_t>(kMany, files.rlim_cur) : files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &most) == 0) files = most;
  }
  return files.rlim_cur == RLIM_INFINITY ? kMany : files.rlim_cur;
}

std::uint64_t most_descriptors() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return 1024;
  return files.rlim_max == RLIM_INFINITY ? kMany : files.rlim_max;
}

std::vector<unsigned> share_connections(std::uint64_t descriptors, std::uint64_t own, std::int64_t wanted,
                                        std::size_t servers) {
  const auto needed = own + servers * kOfServer;
  const auto possible = descriptors > needed ? descriptors - needed : 0;
  const auto most = static_cast<std::uint64_t>(std::max<std::int64_t>(wanted, 1));
  const auto others = std::clamp<std::uint64_t>(possible / kPartOfOthers, 1, most);
  const auto left = possible > others * (servers - 1) ? possible - others * (servers - 1) : 1;
  std::vector<unsigned> shares(servers, static_cast<unsigned>(others));
  if (servers > 0) shares.front() = static_cast<unsigned>(std::clamp<std::uint64_t>(left, 1, most));
  return shares;
}

}  // namespace skerry::program
