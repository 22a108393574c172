#include "native-host/http/access_log.hpp"

#include <array>
#include <charconv>

#include "shared/json_text.hpp"

namespace skerry::http {
namespace {

constexpr std::size_t kMaxTarget = 1024;
constexpr std::size_t kMaxText = 256;

template <class Number>
void append_number(std::string& out, std::string_view name, Number number) {
  std::array<char, 24> digits;
  out.append(",\"").append(name).append("\":");
  out.append(digits.data(), std::to_chars(digits.begin(), digits.end(), number).ptr);
}

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

}  // namespace

void append_access_line(std::string& out, const AccessEntry& entry) {
  out.append("{\"time\":\"").append(format_rfc3339(entry.time)).append("\"");
  append_text(out, "client", entry.client);
  append_text(out, "method", entry.method.substr(0, kMaxText));
  append_text(out, "target", entry.target.substr(0, kMaxTarget));
  append_number(out, "status", entry.status);
  append_number(out, "bytes", entry.bytes);
  append_number(out, "micros", entry.duration.count());
  append_text(out, "agent", entry.user_agent.substr(0, kMaxText));
  out.append("}\n");
}

}  // namespace skerry::http
