#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "native-host/events/redis/redis_url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using skerry::events::parse_redis_url;
  auto url = parse_redis_url({reinterpret_cast<const char*>(data), size});
  if (!url || url->path.find_first_of("%?") != std::string::npos || url->host.contains('%') ||
      url->host.find_first_of("@/[]:") != std::string::npos)
    return 0;
  url->user.clear();
  url->password.clear();
  if (parse_redis_url(url->text()) != url) std::abort();
  return 0;
}
