// The imports of a module: what wasm-runtime/abi allows of WASI preview 1. A module that imports anything
// else does not link.

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>

#include <sys/random.h>

#include "wasm-runtime/host/instance.hpp"

namespace skerry::sandbox {
namespace {

// https://github.com/WebAssembly/WASI/blob/main/legacy/preview1/docs.md#errno
enum Errno : std::uint32_t {
  kSuccess = 0,
  kBadDescriptor = 8,
  kFault = 21,
  kInvalid = 28,
  kIo = 29,
  kNoSystem = 52
};

constexpr std::uint32_t kStderr = 2;
constexpr std::uint32_t kMaxParts = 1024;
constexpr std::size_t kMaxText = 4096;
constexpr std::uint32_t kMaxRandom = 65536;

struct Part {
  std::uint32_t address;
  std::uint32_t size;
};

Errno write_log(Instance& instance, std::uint32_t parts, std::uint32_t count, std::uint32_t written) {
  if (count > kMaxParts) return kInvalid;
  const auto list = instance.view(parts, count * sizeof(Part));
  const auto result = instance.view(written, sizeof(std::uint32_t));
  if (!list || !result) return kFault;
  std::string text;
  std::uint32_t total = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    Part part;
    std::memcpy(&part, list->data() + i * sizeof(Part), sizeof(Part));
    const auto bytes = instance.view(part.address, part.size);
    if (!bytes) return kFault;
    text.append(bytes->data(), std::min(bytes->size(), kMaxText - text.size()));
    total += part.size;
  }
  instance.log(text);
  std::memcpy(result->data(), &total, sizeof(total));
  return kSuccess;
}

Errno fill_random(Instance& instance, std::uint32_t address, std::uint32_t size) {
  if (size > kMaxRandom) return kInvalid;
  const auto bytes = instance.view(address, size);
  if (!bytes) return kFault;
  std::size_t filled = 0;
  while (filled < bytes->size()) {
    const ssize_t got = getrandom(bytes->data() + filled, bytes->size() - filled, 0);
    if (got < 0 && errno != EINTR) return kIo;
    if (got > 0) filled += static_cast<std::size_t>(got);
  }
  return kSuccess;
}

}  // namespace
}  // namespace skerry::sandbox

using namespace skerry::sandbox;
using Wasi = SKERRY_WASI;

extern "C" {

std::uint32_t SKERRY_IMPORT(fd_write)(Wasi* wasi, std::uint32_t descriptor, std::uint32_t parts,
                                      std::uint32_t count, std::uint32_t written) {
  if (descriptor != kStderr) return kBadDescriptor;
  return wasi->instance.outside([&] { return write_log(wasi->instance, parts, count, written); });
}

std::uint32_t SKERRY_IMPORT(random_get)(Wasi* wasi, std::uint32_t address, std::uint32_t size) {
  return wasi->instance.outside([&] { return fill_random(wasi->instance, address, size); });
}

[[noreturn]] void SKERRY_IMPORT(proc_exit)(Wasi* wasi, std::uint32_t /*status*/) {
  wasi->instance.trap(Trap::exit);
}

std::uint32_t SKERRY_IMPORT(fd_close)(Wasi* /*wasi*/, std::uint32_t /*descriptor*/) {
  return kBadDescriptor;
}
std::uint32_t SKERRY_IMPORT(fd_fdstat_get)(Wasi* /*wasi*/, std::uint32_t /*descriptor*/,
                                           std::uint32_t /*result*/) {
  return kBadDescriptor;
}
std::uint32_t SKERRY_IMPORT(fd_seek)(Wasi* /*wasi*/, std::uint32_t /*descriptor*/, std::uint64_t /*offset*/,
                                     std::uint32_t /*whence*/, std::uint32_t /*result*/) {
  return kBadDescriptor;
}
std::uint32_t SKERRY_IMPORT(environ_get)(Wasi* /*wasi*/, std::uint32_t /*list*/, std::uint32_t /*bytes*/) {
  return kNoSystem;
}
std::uint32_t SKERRY_IMPORT(environ_sizes_get)(Wasi* /*wasi*/, std::uint32_t /*count*/,
                                               std::uint32_t /*size*/) {
  return kNoSystem;
}
std::uint32_t SKERRY_IMPORT(clock_time_get)(Wasi* /*wasi*/, std::uint32_t /*clock*/,
                                            std::uint64_t /*precision*/, std::uint32_t /*result*/) {
  return kNoSystem;
}
}  // extern "C"
