#include <cstdint>
#include <cstdlib>

#include "shared/client.hpp"

using namespace skerry;

/// Whatever a stranger writes left of what the last proxy appended changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(Proxies::parse(text, text));
  const auto proxies = Proxies::parse("10.0.0.0/8, unix", "Forwarded, X-Forwarded-For, X-Real-IP").value();
  for (const char* peer : {"10.1.1.1", "unix", "192.0.2.1"}) {
    for (const char* name : {"Forwarded", "X-Forwarded-For", "X-Real-IP"}) {
      Request request;
      request.client = peer;
      request.headers.add(name, text);
      static_cast<void>(client_of(request, proxies));
    }
  }
  Request request;
  request.client = "10.1.1.1";
  request.headers.add("X-Forwarded-For", text + ", 192.0.2.8");
  if (client_of(request, proxies) != Address::parse("192.0.2.8")) std::abort();
  return 0;
}
