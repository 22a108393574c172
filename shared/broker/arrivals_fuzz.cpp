#include <cstdint>
#include <cstdlib>

#include "shared/broker/arrivals.hpp"
#include "shared/json_text.hpp"

using namespace skerry;
using namespace skerry::broker;

/// What is read is within the limits and survives being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto history = parse_history(text);
  if (!history) return 0;
  for (const Series& series : history->series) {
    if (series.slots.size() > 4'000 || series.step < Seconds{60} || series.step > Seconds{86'400})
      std::abort();
    (void)SlotGrid::of(history->begin, history->last_updated_at, series.step);
  }
  if (is_utf8(text) && parse_history(render_history(*history)) != *history) std::abort();
  return 0;
}
