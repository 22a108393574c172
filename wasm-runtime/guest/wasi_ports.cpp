#include "wasm-runtime/guest/wasi_ports.hpp"

#include <algorithm>

#include <time.h>
#include <unistd.h>

namespace skerry::guest {

void WasiRandom::fill(std::span<std::byte> bytes) {
  constexpr std::size_t kMost = 256;  // of getentropy
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min(bytes.size(), kMost));
    if (getentropy(part.data(), part.size()) != 0) __builtin_trap();
    bytes = bytes.subspan(part.size());
  }
}

void StderrLog::write(Level level, std::string_view line) {
  std::string out = level == Level::error ? "error " : level == Level::warning ? "warning " : "info ";
  out += line;
  std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  out += '\n';
  std::string_view rest = out;
  while (!rest.empty()) {
    const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
    if (written <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
}

Time WasiClock::now() const {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return Time(
      std::chrono::milliseconds(static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000));
}

}  // namespace skerry::guest

// The last words of libc++ (a documented point of replacement) and of libc++abi. Their own drag all of printf
// into every module.
namespace {
[[noreturn]] void last_words(const char* format) {
  skerry::guest::StderrLog().write(skerry::Log::Level::error, format);
  __builtin_trap();
}
}  // namespace

void std::__libcpp_verbose_abort(const char* format, ...) {
  last_words(format);
}

extern "C" [[noreturn]] void abort_message(const char* format, ...) {
  last_words(format);
}
