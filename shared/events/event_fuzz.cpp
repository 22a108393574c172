// Any bytes as a record and as a batch: what is read of a record is written and read again as it was, its
// name is the one that a glance finds, and a batch that is one has as many good records as it says.
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/events/event.hpp"

using namespace skerry::events;

namespace {

void check_record(std::string_view record) {
  const auto event = decode_event(record);
  if (!event) return;
  std::string batch;
  if (!append_event(batch, *event)) return;  // too long
  const auto again = BatchReader(batch).next();
  if (!again || again->size() > record.size() || decode_event(*again) != event) __builtin_trap();
  if (event_id(record) != event->id) __builtin_trap();
  if (event_name(record) != EventName{.id = event->id, .key = event->key}) __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check_record(input);
  std::uint32_t count = 0;
  for (BatchReader reader(input); const auto record = reader.next(); ++count) check_record(*record);
  if (const auto checked = check_batch(input); checked && *checked != count) __builtin_trap();
  return 0;
}
