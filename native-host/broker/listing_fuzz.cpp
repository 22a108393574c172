#include <cstddef>
#include <cstdint>
#include <string_view>

#include "native-host/broker/listing.hpp"

/// Whatever a page holds, what comes out of it can be appended to a URL and stored.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skerry;
  const std::string_view html(reinterpret_cast<const char*>(data), size);
  const auto not_after = civil_time(2026, 11, 21, 0, 0, 0).value();
  if (const auto listing = broker::parse_listing(html, not_after)) {
    for (const auto& file : listing->files) {
      const bool leads_out = file.name.find_first_of("/\\:%?#&<>\"' ") != std::string_view::npos;
      if (leads_out || file.name.size() < 15 || file.rough_size < 0 || file.time > not_after)
        __builtin_trap();
    }
  }
  const auto months =
      broker::parse_months(html, broker::Month(std::chrono::year(2026), std::chrono::month(11)));
  for (std::size_t i = 1; months && i < months->size(); ++i) {
    if ((*months)[i] <= (*months)[i - 1]) __builtin_trap();
  }
  return 0;
}
