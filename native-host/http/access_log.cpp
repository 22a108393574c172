#include "native-host/http/access_log.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "shared/http.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"

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

/// Names of parameters whose values open doors: ours, and those that trackers and archives are given.
constexpr std::string_view kSecrets[] = {"code",    "key",      "token",    "access_token",
                                         "secret",  "password", "api_key",  "writekey",
                                         "api-key", "apikey",   "signature"};

bool is_secret(std::string_view name) {
  return std::ranges::any_of(kSecrets,
                             [&](std::string_view known) { return equal_ignoring_case(name, known); });
}

/// The target with *** in place of what must not lie about in logs.
std::string without_secrets(std::string_view target) {
  auto begin = std::min(target.find('?'), target.size());
  std::string out(target.substr(0, begin));
  while (begin < target.size()) {
    const auto end = std::min(target.find('&', begin + 1), target.size());
    const auto parameter = target.substr(begin, end - begin);  // with the ? or & before it
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos && is_secret(percent_decode(parameter.substr(1, equals - 1), true)))
      out.append(parameter.substr(0, equals + 1)).append("***");
    else
      out.append(parameter);
    begin = end;
  }
  return out;
}

}  // namespace

void append_access_line(std::string& out, const AccessEntry& entry) {
  out.append("{\"time\":\"").append(format_rfc3339(entry.time)).append("\"");
  append_text(out, "client", entry.client);
  append_text(out, "method", entry.method.substr(0, kMaxText));
  const auto target = entry.target.substr(0, kMaxTarget);
  if (target.contains('?'))
    append_text(out, "target", without_secrets(target));
  else
    append_text(out, "target", target);
  append_number(out, "status", entry.status);
  append_number(out, "bytes", entry.bytes);
  append_number(out, "micros", entry.duration.count());
  append_text(out, "agent", entry.user_agent.substr(0, kMaxText));
  out.append("}\n");
}

}  // namespace skerry::http
