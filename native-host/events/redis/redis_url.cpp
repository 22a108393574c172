#include "native-host/events/redis/redis_url.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

#include "shared/query.hpp"

namespace skerry::events {
namespace {

constexpr std::size_t kMaxSocketPath = 107;  // sun_path with its end
constexpr std::string_view kNoPassword = "names a user without a password";

std::unexpected<Error> invalid(std::string_view what) {
  return fail(ErrorKind::usage, "redis_settings",
              "events.redis_url " + std::string(what) +
                  "; it is redis://user:password@host:port/db or unix:/path?db=N.");
}

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

/// Takes `user:password@` from the left of what may stand before `end`; false for a user without a password.
bool take_credentials(std::string_view& rest, std::size_t end, RedisUrl& url) {
  const auto at = rest.substr(0, end).rfind('@');
  if (at == std::string_view::npos) return true;
  const auto credentials = rest.substr(0, at);
  const auto colon = credentials.find(':');
  url.user = percent_decode(credentials.substr(0, colon), false);
  if (colon != std::string_view::npos) url.password = percent_decode(credentials.substr(colon + 1), false);
  rest.remove_prefix(at + 1);
  return !url.password.empty();
}

Result<RedisUrl> parse_unix(std::string_view rest) {
  RedisUrl url;
  if (take_prefix(rest, "//") && !take_credentials(rest, rest.find('/'), url)) return invalid(kNoPassword);
  const auto question = std::min(rest.find('?'), rest.size());
  url.path = percent_decode(rest.substr(0, question), false);
  if (!url.path.starts_with('/')) return invalid("names no absolute path of a socket");
  if (url.path.size() > kMaxSocketPath || url.path.contains('\0')) {
    return invalid("has a path that no socket can have");
  }
  if (question < rest.size()) {
    auto query = rest.substr(question + 1);
    const auto database = take_prefix(query, "db=") ? parse_number<std::uint32_t>(query) : std::nullopt;
    if (!database) return invalid("has a query other than db=N");
    url.database = *database;
  }
  return url;
}

Result<RedisUrl> parse_tcp(std::string_view rest) {
  RedisUrl url;
  if (!take_credentials(rest, rest.find('/'), url)) return invalid(kNoPassword);
  const auto slash = std::min(rest.find('/'), rest.size());
  auto authority = rest.substr(0, slash);
  const auto path = rest.substr(slash);
  if (path.size() > 1) {
    const auto database = parse_number<std::uint32_t>(path.substr(1));
    if (!database) return invalid("has a database that is no number");
    url.database = *database;
  }
  if (take_prefix(authority, "[")) {
    const auto close = authority.find(']');
    if (close == std::string_view::npos) return invalid("has a [ without ]");
    url.host = authority.substr(0, close);
    authority.remove_prefix(close + 1);
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = percent_decode(authority.substr(0, colon), false);
    authority.remove_prefix(colon);
  }
  const auto is_odd = [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == 127 || std::string_view("?#/@[]").contains(c);
  };
  if (url.host.empty() || std::ranges::any_of(url.host, is_odd)) return invalid("names no host");
  if (authority.empty()) return url;
  const auto port = take_prefix(authority, ":") ? parse_number<std::uint16_t>(authority) : std::nullopt;
  if (!port || *port == 0) return invalid("has a port that is none");
  url.port = *port;
  return url;
}

}  // namespace

std::string RedisUrl::text() const {
  std::string text;
  if (is_unix()) {
    text = (path.starts_with("//") ? "unix://" : "unix:") + path;
    if (database != 0) text += "?db=" + std::to_string(database);
    return text;
  }
  text = "redis://" + (host.contains(':') ? "[" + host + "]" : host) + ":" + std::to_string(port);
  if (database != 0) text += "/" + std::to_string(database);
  return text;
}

Result<RedisUrl> parse_redis_url(std::string_view text) {
  if (take_prefix(text, "redis://")) return parse_tcp(text);
  if (take_prefix(text, "unix:")) return parse_unix(text);
  if (text.starts_with("rediss://")) {
    return fail(ErrorKind::usage, "redis_settings",
                "events.redis_url asks for TLS, which hiredis of this system does not have; put a TLS tunnel "
                "(stunnel) on this machine and name its address or socket.");
  }
  return invalid("has another scheme");
}

}  // namespace skerry::events
