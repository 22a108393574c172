#include <algorithm>
#include <cstdint>
#include <cstdlib>

#include "shared/query.hpp"

using namespace skerry;

/// Any bytes are a query; encoded with every byte as `%XX`, it reads the same.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const Query query = Query::parse(text);
  if (query.size() > static_cast<std::size_t>(std::ranges::count(text, '&')) + 1) std::abort();

  std::string encoded;
  const auto encode = [&](std::string_view bytes) {
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      encoded += '%';
      encoded += "0123456789abcdef"[byte >> 4];
      encoded += "0123456789ABCDEF"[byte & 15];
    }
  };
  constexpr int kLooked = 16;  // each looks through all
  int looked = 0;
  for (const Query::Parameter& parameter : query) {
    encode(parameter.name);
    encoded += '=';
    encode(parameter.value);
    encoded += '&';
    if (++looked > kLooked) continue;
    if (!query.last(parameter.name)) std::abort();
    if (last_parameter(text, parameter.name) != query.last(parameter.name)) std::abort();
  }
  if (!std::ranges::equal(query, Query::parse(encoded))) std::abort();
  if (percent_decode(text, false).size() != percent_decode(text, true).size()) std::abort();
  return 0;
}
