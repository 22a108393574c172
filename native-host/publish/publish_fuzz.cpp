#include <cstddef>
#include <cstdint>
#include <string>

#include "native-host/publish/answer.hpp"
#include "native-host/publish/document.hpp"
#include "native-host/publish/state.hpp"

using namespace skerry;

/// Whatever a store, a file or a platform holds is read without harm, and what is kept of it is read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (const auto document = publish::make_document("k", text); document && document->value != text)
    __builtin_trap();

  const auto state = publish::parse_state(text);
  if (publish::parse_state(publish::render_state(state)).keys.size() != state.keys.size()) __builtin_trap();

  const std::vector<std::string> keys{"latest", "health"};
  for (const int status : {200, 429}) {
    const auto result =
        publish::read_cloudflare_answer({.status = status, .headers = {}, .body = text}, keys, Time());
    if (result.stored.size() < keys.size() && !result.failure) __builtin_trap();
    if (result.failure && result.failure->error.message.size() > 400) __builtin_trap();
  }
  publish::retry_after(Headers{{"Retry-After", text}}, Time());
  return 0;
}
