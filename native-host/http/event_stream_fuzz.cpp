#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "native-host/http/event_stream.hpp"

namespace {

/// The stream as a client reads it (WHATWG HTML, §9.2.6), one event.
skerry::http::Message read_event(std::string_view text) {
  skerry::http::Message message;
  bool has_data = false;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) __builtin_trap();
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    if (line.empty()) {
      if (!text.empty()) __builtin_trap();  // it ended before its time
      return message;
    }
    const auto colon = line.find(": ");
    if (colon == std::string_view::npos || line.find('\r') != std::string_view::npos) __builtin_trap();
    const auto name = line.substr(0, colon);
    const auto value = line.substr(colon + 2);
    if (name == "data") {
      message.data.append(has_data ? "\n" : "").append(value);
      has_data = true;
    } else if (name == "event") {
      message.event = value;
    } else if (name == "id") {
      if (value.find('\0') != std::string_view::npos) __builtin_trap();
      message.id = value;
    } else {
      __builtin_trap();
    }
  }
}

std::string without(std::string_view text, std::string_view bytes) {
  std::string out;
  for (const char c : text)
    if (bytes.find(c) == std::string_view::npos) out += c;
  return out;
}

}  // namespace

/// Whatever the fields are, a client reads one event, with all of its data.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view all(reinterpret_cast<const char*>(data), size);
  const auto third = size / 3;
  const skerry::http::Message message{.data = std::string(all.substr(2 * third)),
                                      .event = std::string(all.substr(0, third)),
                                      .id = std::string(all.substr(third, third))};
  std::string text;
  skerry::http::append_event(text, message);
  const auto read = read_event(text);
  constexpr std::string_view kEnds("\r\n\0", 3);
  if (read.event != without(message.event, kEnds) || read.id != without(message.id, kEnds)) __builtin_trap();
  if (without(read.data, "\n") != without(message.data, "\r\n")) __builtin_trap();
  return 0;
}
