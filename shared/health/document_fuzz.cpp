#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "shared/health/document.hpp"

// What was read can be written and read again; what is written can be read, whatever stood there before.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  namespace health = skerry::health;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto read = health::parse(text);
  if (!health::parse(health::render({}, {{.name = std::string(text), .message = std::string(text)}}, text)))
    std::abort();
  if (!read) return 0;
  const auto again = health::parse(health::render(read->checked_at, read->checks, text));
  if (!again || again->checked_at != read->checked_at || again->checks.size() != read->checks.size())
    std::abort();
  return 0;
}
