// Any files in the folder of a log: it opens or says why not, takes an append, and gives that back.
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <future>
#include <string>
#include <string_view>

#include <unistd.h>

#include "native-host/events/disk_log.hpp"
#include "shared/events/event.hpp"

using namespace skerry;
using namespace skerry::events;
namespace fs = std::filesystem;

namespace {

class Scratch {
 public:
  Scratch() { fs::create_directories(path / "readers"); }
  ~Scratch() { fs::remove_all(path); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const fs::path path = fs::temp_directory_path() / ("skerry-log-fuzz-" + std::to_string(::getpid()));
};

void write_file(const fs::path& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

}  // namespace

/// The first byte says how long the header's changes are, the second how long a reader's file is, the third
/// how long that of the numbers is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t in_header = static_cast<unsigned char>(input[0]) % 64;
  const std::size_t in_reader = static_cast<unsigned char>(input[1]) % 64;
  const std::size_t in_numbers = static_cast<unsigned char>(input[2]) % 64;
  input.remove_prefix(3);
  const Scratch scratch;
  auto header =
      encode_header({.salt = 7, .number = 1, .first = 1, .created = {}, .previous = 0, .previous_end = 0});
  const auto changes = input.substr(0, in_header);
  for (std::size_t i = 0; i < changes.size(); ++i)
    header[4096 + i] = header[i] = static_cast<char>(header[i] ^ changes[i]);
  input.remove_prefix(changes.size());
  write_file(scratch.path / "readers" / "r", input.substr(0, in_reader));
  input.remove_prefix(std::min(in_reader, input.size()));
  if (in_numbers > 0) write_file(numbers_path(scratch.path), input.substr(0, in_numbers));
  input.remove_prefix(std::min(in_numbers, input.size()));
  write_file(segment_path(scratch.path, 1), header.append(input));

  auto log = DiskLog::open({.folder = scratch.path, .segment_bytes = 64 << 10});
  if (!log) return 0;
  std::string batch;
  Event event;
  event.id = "new";
  if (!append_event(batch, event)) __builtin_trap();
  std::promise<bool> told;
  (*log)->append(batch, 1, [&](const Result<void>& done) { told.set_value(done.has_value()); });
  if (!told.get_future().get()) __builtin_trap();
  const auto reader = (*log)->reader("r").value();
  std::string last;
  for (;;) {
    const auto chunk = reader->read(kMaxRecords, std::chrono::milliseconds(0)).value();
    if (chunk.count == 0 && chunk.damage.empty()) break;
    if (chunk.count > 0) last = chunk.batch;
  }
  if (!last.ends_with(batch)) __builtin_trap();
  return 0;
}
