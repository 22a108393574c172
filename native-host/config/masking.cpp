#include "native-host/config/masking.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "shared/http.hpp"
#include "shared/query.hpp"
#include "shared/url.hpp"

namespace skerry::config {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kBehindScheme = "://";

bool is_secret_name(std::string_view name) {
  const auto lower = to_lower(name);
  constexpr std::array<std::string_view, 6> kParts{"passw",     "secret", "token",
                                                   "signature", "apikey", "api_key"};
  return lower == "code" || lower == "key" ||
         std::ranges::any_of(kParts, [&](auto part) { return lower.contains(part); });
}

void hide(Masked& masked, std::string_view secret) {
  masked.shown += kHidden;
  if (!secret.empty()) masked.secrets.emplace_back(secret);
}

bool is_web(std::string_view scheme) {
  return scheme == "http" || scheme == "https";
}

/// `?a=1&password=x` with what stands before and behind each value.
void append_parameters(Masked& masked, std::string_view query) {
  while (!query.empty()) {
    const auto end = std::min(query.find_first_of("&#", 1), query.size());
    const auto parameter = query.substr(0, end);  // with the mark before it
    query.remove_prefix(end);
    const auto equals = parameter.find('=');
    const bool secret = equals != std::string_view::npos && equals + 1 < parameter.size() &&
                        is_secret_name(percent_decode(parameter.substr(1, equals - 1), true));
    masked.shown += secret ? parameter.substr(0, equals + 1) : parameter;
    if (secret) hide(masked, percent_decode(parameter.substr(equals + 1), false));
  }
}

/// A password with an @ that should have been encoded: who looks for the host finds a part of it, and says
/// so.
void hide_odd(Masked& masked, std::string_view password) {
  hide(masked, percent_decode(password, false));
  constexpr std::string_view kMarks = "@/?#:";
  constexpr std::size_t kShortest = 3;
  if (!password.contains('@')) return;
  while (!password.empty()) {
    const auto end = std::min(password.find_first_of(kMarks), password.size());
    if (end >= kShortest) masked.secrets.push_back(percent_decode(password.substr(0, end), false));
    password.remove_prefix(std::min(end + 1, password.size()));
  }
}

/// Where the value ends that has `at` in it, if that is a parameter's with a secret name; else `at`.
std::size_t end_of_secret(std::string_view text, std::size_t at) {
  const auto mark = text.find_last_of("?&", at);
  if (mark == std::string_view::npos) return at;
  const auto equals = text.find('=', mark);
  if (equals > at || !is_secret_name(percent_decode(text.substr(mark + 1, equals - mark - 1), true)))
    return at;
  return std::min(text.find_first_of("&#", at), text.size());
}

/// A URL that is none to the strict parser, or may be meant in two ways: `postgres://u:p@one:1,two:2/d` is
/// right, `http://u:p/q@host` and `http://u:p@q/r@host` are odd, and so is `postgres://u:p@h/d?options=a@b`.
/// What is a secret in either way is hidden: all up to the last @, the parameter in which that is, and those
/// behind it.
Masked mask_odd_url(std::string_view text) {
  Masked masked;
  const auto behind = text.find(kBehindScheme) + kBehindScheme.size();
  const bool web = is_web(to_lower(text.substr(0, behind - kBehindScheme.size())));
  const auto at = text.rfind('@');
  const bool has_user = at != std::string_view::npos && at >= behind;
  const auto colon = text.find(':', behind);
  masked.shown = text.substr(0, behind);
  auto rest = behind;
  if (has_user && (web || colon < at)) {
    const auto begin = colon < at ? colon + 1 : behind;
    if (!web) masked.shown += text.substr(behind, begin - behind);
    rest = end_of_secret(text, at);
    hide_odd(masked, text.substr(begin, rest - begin));
    // Those of the parameters, where they are some.
    Masked parameters;
    const auto query = std::min(text.find('?', behind), rest);
    append_parameters(parameters, text.substr(query, rest - query));
    std::ranges::move(parameters.secrets, std::back_inserter(masked.secrets));
  }
  const auto parameters = std::min(text.find_first_of("?&", rest), text.size());
  masked.shown += text.substr(rest, parameters - rest);
  append_parameters(masked, text.substr(parameters));
  return masked;
}

Masked mask_url(std::string_view text) {
  const auto url = Url::parse(text);
  if (!url) return mask_odd_url(text);
  const bool has_secret = url->password() || (url->user() && is_web(url->scheme()));
  if (has_secret && url->without_user_info().text().contains('@')) return mask_odd_url(text);
  Masked masked;
  masked.shown = url->scheme() + std::string(kBehindScheme);
  if (url->user() && is_web(url->scheme())) {
    // With a password the user is none.
    hide(masked, percent_decode(url->password().value_or(*url->user()), false));
    masked.shown += '@';
  } else if (url->user()) {
    masked.shown += *url->user();
    if (url->password()) {
      masked.shown += ':';
      hide(masked, percent_decode(*url->password(), false));
    }
    masked.shown += '@';
  }
  // As it was written behind the user information.
  const auto plain = url->without_user_info().text().substr(url->scheme().size() + kBehindScheme.size());
  const auto query = std::min(plain.find('?'), plain.size());
  masked.shown += plain.substr(0, query);
  append_parameters(masked, std::string_view(plain).substr(query));
  return masked;
}

constexpr std::string_view kSpace = " \t\n\r\f\v";

/// `host=h password='a b'`, as libpq reads it. Nothing where it could not.
std::optional<Masked> mask_keywords(std::string_view text) {
  Masked masked;
  std::size_t at = 0;
  const auto skip_space = [&] {
    const auto end = std::min(text.find_first_not_of(kSpace, at), text.size());
    masked.shown += text.substr(at, end - at);
    at = end;
  };
  for (skip_space(); at < text.size(); skip_space()) {
    const auto end = std::min(text.find_first_of(" \t\n\r\f\v=", at), text.size());
    const auto keyword = text.substr(at, end - at);
    masked.shown += keyword;
    at = end;
    skip_space();
    if (at == text.size() || text[at] != '=') return std::nullopt;
    masked.shown += text[at++];
    skip_space();
    const auto begin = at;
    std::string value;
    const bool quoted = at < text.size() && text[at] == '\'';
    if (quoted) ++at;
    for (;; ++at) {
      if (at == text.size()) {
        if (quoted) return std::nullopt;
        break;
      }
      if (quoted ? text[at] == '\'' : kSpace.contains(text[at])) break;
      if (text[at] == '\\') ++at;
      if (at == text.size()) {
        if (quoted) return std::nullopt;
        break;
      }
      value += text[at];
    }
    at = std::min(at + (quoted ? 1 : 0), text.size());
    if (is_secret_name(keyword) && at > begin)
      hide(masked, value);
    else
      masked.shown += text.substr(begin, at - begin);
  }
  return masked;
}

}  // namespace

Masked mask_address(std::string_view text) {
  const auto scheme = text.find(kBehindScheme);
  // A connection string may have a URL in one of its values.
  if (scheme != std::string_view::npos && !text.substr(0, scheme).contains('=')) return mask_url(text);
  if (auto masked = mask_keywords(text)) return *std::move(masked);
  const auto equals = text.find('=');
  return {.shown = std::string(text.substr(0, equals == std::string_view::npos ? 0 : equals + 1)) +
                   std::string(kHidden),
          .secrets = {}};
}

Masked mask_urls(std::string_view text) {
  Masked all;
  // A list has several.
  while (text.contains(kBehindScheme)) {
    const auto next = text.find(kBehindScheme, text.find(kBehindScheme) + kBehindScheme.size());
    const auto comma = next == std::string_view::npos ? text.size() : text.rfind(',', next) + 1;
    const auto piece = text.substr(0, comma == 0 ? text.size() : comma);
    const auto begin = std::min(piece.find_first_not_of(", "), piece.size());
    all.shown += piece.substr(0, begin);
    const auto end = piece.find_last_not_of(", ") + 1;
    auto masked = mask_url(piece.substr(begin, end - begin));
    all.shown += masked.shown;
    all.shown += piece.substr(end);
    std::ranges::move(masked.secrets, std::back_inserter(all.secrets));
    text.remove_prefix(piece.size());
  }
  all.shown += text;
  return all;
}

}  // namespace skerry::config
