#include "shared/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "shared/address.hpp"
#include "shared/http.hpp"

namespace skerry {
namespace {

constexpr std::string_view kBehindScheme = "://";
constexpr std::string_view kHidden = "***";

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}
constexpr bool is_unreserved(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}
constexpr bool is_sub_delimiter(char c) {
  return std::string_view("!$&'()*+,;=").contains(c);
}
/// What none of the parts holds: most of it is no part of RFC 3986's grammar, and all of it confuses
/// somebody.
constexpr bool is_strange(char c) {
  return c <= ' ' || c >= '\x7f' || std::string_view("\"<>\\^`{|}").contains(c);
}

bool is_encoded(std::string_view text, std::string_view more) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (is_unreserved(text[i]) || is_sub_delimiter(text[i]) || more.contains(text[i])) continue;
    if (text[i] != '%' || i + 2 >= text.size() || hex_value(text[i + 1]) < 0 || hex_value(text[i + 2]) < 0)
      return false;
    i += 2;
  }
  return true;
}

bool is_web(std::string_view scheme) {
  return scheme == "http" || scheme == "https" || scheme == "ws" || scheme == "wss";
}

/// A name, or an address without any of the shorter ways in which some programs read one.
bool is_web_host(std::string_view host) {
  const auto is_allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  };
  if (host.empty() || host == "." || !std::ranges::all_of(host, is_allowed)) return false;
  auto label = host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
  label = label.substr(label.rfind('.') + 1);
  const bool is_hex = label.starts_with("0x") || label.starts_with("0X");
  const bool is_number = !label.empty() && (is_hex || std::ranges::all_of(label, is_digit));
  return !is_number || Address::parse(host).has_value();
}

struct UsualPort {
  std::string_view scheme;
  std::uint16_t port;
};
constexpr std::array<UsualPort, 8> kUsualPorts{{{"http", 80},
                                                {"https", 443},
                                                {"ws", 80},
                                                {"wss", 443},
                                                {"redis", 6379},
                                                {"rediss", 6379},
                                                {"postgres", 5432},
                                                {"postgresql", 5432}}};

std::optional<std::uint16_t> usual_port(std::string_view scheme) {
  for (const auto& [known, port] : kUsualPorts)
    if (known == scheme) return port;
  return std::nullopt;
}

std::optional<std::string> parse_scheme(std::string_view text) {
  const auto end = text.find(kBehindScheme);
  if (end == std::string_view::npos || end == 0 || !is_letter(text[0])) return std::nullopt;
  const auto scheme = text.substr(0, end);
  const auto is_allowed = [](char c) {
    return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (!std::ranges::all_of(scheme, is_allowed)) return std::nullopt;
  return to_lower(scheme);
}

std::unexpected<Error> bad_url(std::string_view what) {
  return fail(ErrorKind::usage, "bad_url",
              "The URL " + std::string(what) + "; write it like https://host:8080/path.");
}

}  // namespace

/// What is wrong with the authority.
std::optional<std::string_view> Url::fault_in_authority(std::string_view text, Url& url) {
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    const auto info = text.substr(0, at);
    text.remove_prefix(at + 1);
    if (text.contains('@')) return "has more than one @: one in a password is %40";
    if (!is_encoded(info, ":")) return "has a user or a password that must be percent-encoded";
    const auto colon = info.find(':');
    url.user_ = info.substr(0, colon);
    if (colon != std::string_view::npos) url.password_ = info.substr(colon + 1);
  }
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return "has a [ without ]";
    url.host_ = text.substr(1, close - 1);
    const auto address = Address::parse(url.host_);
    if (!address || !url.host_.contains(':')) return "has no IPv6 address between [ and ]";
    text.remove_prefix(close + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    url.host_ = text.substr(0, colon);
    text.remove_prefix(colon);
    if (is_web(url.scheme_) ? !is_web_host(url.host_) : !is_encoded(url.host_, "")) return "names no host";
  }
  if (text.empty()) return std::nullopt;
  std::uint32_t port = 0;
  const auto* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data() + 1, end, port);
  if (text[0] != ':' || text.size() > 6 || parsed.ptr != end || parsed.ec != std::errc() || port == 0 ||
      port > 65'535) {
    return "has a port that is none";
  }
  if (url.host_.empty()) return "has a port and no host";
  url.port_ = static_cast<std::uint16_t>(port);
  return std::nullopt;
}

Result<Url> Url::parse(std::string_view text) {
  if (std::ranges::any_of(text, is_strange))
    return bad_url("holds a space or another character that must be percent-encoded");
  Url url;
  auto scheme = parse_scheme(text);
  if (!scheme) return bad_url("has no scheme");
  url.scheme_ = *std::move(scheme);
  text.remove_prefix(url.scheme_.size() + kBehindScheme.size());

  const auto end = std::min(text.find_first_of("/?#"), text.size());
  if (const auto fault = fault_in_authority(text.substr(0, end), url)) return bad_url(*fault);
  text.remove_prefix(end);

  if (const auto hash = text.find('#'); hash != std::string_view::npos) {
    url.fragment_ = text.substr(hash + 1);
    text = text.substr(0, hash);
  }
  if (const auto question = text.find('?'); question != std::string_view::npos) {
    url.query_ = text.substr(question + 1);
    text = text.substr(0, question);
  }
  url.path_ = text;
  return url;
}

Result<Url> Url::parse(std::string_view text, std::string_view scheme) {
  if (parse_scheme(text)) return parse(text);
  return parse(std::string(scheme).append(kBehindScheme).append(text));
}

std::optional<std::uint16_t> Url::port_or_usual() const {
  return port_ ? port_ : usual_port(scheme_);
}

std::string Url::host_and_port() const {
  auto text = host_.contains(':') ? "[" + host_ + "]" : host_;
  if (port_) text += ":" + std::to_string(*port_);
  return text;
}

std::string Url::text() const {
  std::string text = scheme_;
  text += kBehindScheme;
  if (user_) text += *user_;
  if (password_) text += ":" + *password_;
  if (user_) text += '@';
  return text + host_and_port() + rest();
}

std::string Url::shown() const {
  if (!password_) return text();
  auto shown = *this;
  shown.password_ = kHidden;
  return shown.text();
}

std::string Url::authority() const {
  auto plain = *this;
  plain.host_ = to_lower(host_);
  if (port_ == usual_port(scheme_)) plain.port_.reset();
  return plain.host_and_port();
}

std::string Url::origin() const {
  return scheme_ + std::string(kBehindScheme) + authority();
}

std::string Url::target() const {
  auto target = path_.empty() ? "/" : path_;
  if (query_) target += "?" + *query_;
  return target;
}

std::string Url::rest() const {
  auto rest = path_;
  if (query_) rest += "?" + *query_;
  if (fragment_) rest += "#" + *fragment_;
  return rest;
}

bool Url::is_loopback() const {
  const auto address = Address::parse(host_);
  if (!address) return equal_ignoring_case(host_, "localhost");
  return address->is_v4() ? address->text().starts_with("127.") : address == Address::parse("::1");
}

Url Url::with_path(std::string_view path) const {
  auto url = *this;
  url.path_ = path;
  url.query_.reset();
  url.fragment_.reset();
  return url;
}

Url Url::without_user_info() const {
  auto url = *this;
  url.user_.reset();
  url.password_.reset();
  return url;
}

CutUrl cut_url(std::string_view text) {
  const auto scheme = text.find(kBehindScheme);
  if (text.substr(0, scheme).find_first_of("/?#") != std::string_view::npos ||
      scheme == std::string_view::npos)
    return {.origin = {}, .rest = text};
  const auto end = std::min(text.find_first_of("/?#", scheme + kBehindScheme.size()), text.size());
  return {.origin = text.substr(0, end), .rest = text.substr(end)};
}

std::string hide_url_password(std::string_view text) {
  std::string shown(text);
  const auto scheme = shown.find(kBehindScheme);
  if (scheme == std::string::npos) return shown;
  // The user information of what is odd ends at the last @.
  const auto at = shown.rfind('@');
  const auto colon = shown.find(':', scheme + kBehindScheme.size());
  if (at != std::string::npos && colon < at) shown.replace(colon + 1, at - colon - 1, kHidden);
  return shown;
}

std::string encode_segment(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out.append({'%', kHex[byte >> 4U], kHex[byte & 15U]});
  }
  return out;
}

std::optional<std::string> decode_segment(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return out;
}

}  // namespace skerry
