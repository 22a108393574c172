#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "native-host/events/redis/move_note.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skerry::events;
  const auto note = parse_move_note({reinterpret_cast<const char*>(data), size});
  if (note && parse_move_note(encode_move_note(*note)) != note) std::abort();
  return 0;
}
