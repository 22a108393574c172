#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "native-host/files/stages.hpp"

using namespace skerry;
using namespace skerry::files;

namespace {

constexpr std::uint64_t kCap = 1'000'000;

using Make = std::function<std::unique_ptr<Sink>(std::unique_ptr<Sink>)>;

Result<std::string> through(const Make& make, std::string_view input, std::size_t piece) {
  std::string output;
  const auto sink = make(into(output));
  for (; !input.empty(); input.remove_prefix(std::min(piece, input.size())))
    if (auto written = sink->write(input.substr(0, piece)); !written) return std::unexpected(written.error());
  if (auto ended = sink->end(); !ended) return std::unexpected(ended.error());
  return output;
}

/// Which of two errors that are both true is told may depend on how a stream is cut.
std::string told(const Result<std::string>& result) {
  if (result) return "= " + *result;
  return result.error().kind == ErrorKind::too_large ? "invalid" : result.error().code.substr(5);
}

void check(const Make& pack, const Make& unpack, std::string_view bytes, std::size_t piece) {
  const auto whole = through(unpack, bytes, bytes.size() + 1);
  if (told(through(unpack, bytes, piece)) != told(whole)) std::abort();
  if (whole && whole->size() > kCap) std::abort();
  const auto packed = through(pack, bytes, piece);
  if (!packed || through(unpack, *packed, piece) != bytes) std::abort();
  const auto cut = through(unpack, std::string_view(*packed).substr(0, packed->size() - 1), piece);
  if (cut || !cut.error().code.ends_with("_truncated")) std::abort();
  const auto more = through(unpack, *packed + "x", piece);
  if (more || !more.error().code.ends_with("_trailing")) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = data[0] % 32 + 1;
  const bool is_gzip = data[1] % 2 == 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  if (is_gzip) {
    check([](auto next) { return gzip(std::move(next)); },
          [](auto next) { return gunzip(std::move(next), kCap); }, bytes, piece);
  } else {
    check([](auto next) { return zstd(std::move(next)); },
          [](auto next) { return unzstd(std::move(next), {.cap = kCap, .window_log = 23}); }, bytes, piece);
  }
  return 0;
}
