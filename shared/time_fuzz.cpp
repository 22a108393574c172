#include <cstdint>
#include <cstdlib>

#include "shared/time.hpp"

using namespace skerry;

/// What a parser takes, the printer of its form writes so that it reads as the same moment.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto time = parse_rfc3339(text); time && parse_rfc3339(format_rfc3339(*time)) != time)
    std::abort();
  if (const auto time = parse_naive(text); time && parse_naive(format_naive(*time)) != time) std::abort();
  if (const auto time = parse_http_date(text); time && parse_http_date(format_http_date(*time)) != time)
    std::abort();
  return 0;
}
