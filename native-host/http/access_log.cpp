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

/// Parameters whose values open doors: ours, and those of trackers, archives, stores and sign-ons. A name
/// that has one of the second kind in it anywhere (`id_token`, `X-Amz-Signature`) is one, too.
constexpr std::string_view kSecrets[] = {"code", "key", "apikey", "writekey", "auth", "jwt",
                                         "pass", "pwd", "sig",    "session",  "sid"};
constexpr std::string_view kSecretParts[] = {"token",      "secret",    "password",      "passwd",
                                             "credential", "signature", "authorization", "api_key",
                                             "api-key",    "write_key", "access_key",    "access-key"};

bool is_secret(std::string_view name) {
  const auto lower = to_lower(name);
  return std::ranges::find(kSecrets, lower) != std::end(kSecrets) ||
         std::ranges::any_of(kSecretParts, [&](std::string_view part) { return lower.contains(part); });
}

/// The target with *** in place of what must not lie about in logs. The absolute form (RFC 9112, 3.2.2) may
/// have user information, and some separate parameters by a semicolon.
std::string without_secrets(std::string_view target) {
  auto begin = std::min(target.find('?'), target.size());
  std::string out(target.substr(0, begin));
  if (const auto authority = out.find("://"); !out.starts_with('/') && authority != std::string::npos) {
    const auto first = authority + 3;
    const auto at = out.rfind('@', std::min(out.find('/', first), out.size()));
    if (at != std::string::npos && at > first) out.replace(first, at - first, "***");
  }
  while (begin < target.size()) {
    const auto end = std::min(target.find_first_of("&;", begin + 1), target.size());
    const auto parameter = target.substr(begin, end - begin);  // with the mark before it
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
  append_text(out, "target", without_secrets(target));
  append_number(out, "status", entry.status);
  append_number(out, "bytes", entry.bytes);
  append_number(out, "micros", entry.duration.count());
  append_text(out, "agent", entry.user_agent.substr(0, kMaxText));
  out.append("}\n");
}

}  // namespace skerry::http
