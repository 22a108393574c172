#include "native-host/http/redaction.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <utility>

#include "shared/hex.hpp"
#include "shared/http.hpp"

namespace skerry::http {
namespace {

constexpr std::string_view kHidden = "***";
constexpr int kLevels = 3;
constexpr std::size_t kShortest = 6;  // that is looked for within words

/// Words of a name that say so by themselves, and those that do where they stand in it anywhere.
constexpr std::string_view kWords[] = {"code", "key", "keys", "auth", "jwt", "pass", "pwd",
                                       "sig",  "sid", "otp",  "pin",  "psk", "hmac", "session"};
constexpr std::string_view kParts[] = {"token",      "secret",     "password",   "passwd",    "passphrase",
                                       "credential", "signature",  "authorizat", "apikey",    "writekey",
                                       "accesskey",  "privatekey", "sharedkey",  "sessionid", "bearer"};

bool is_upper(char c) {
  return c >= 'A' && c <= 'Z';
}

bool is_letter_or_digit(char c) {
  return is_upper(c) || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/// Text, and where in the raw one each of its bytes began; the end has a place, too.
struct Placed {
  std::string text;
  std::vector<std::size_t> places;

  static Placed of(std::string_view raw) {
    Placed placed{std::string(raw), std::vector<std::size_t>(raw.size() + 1)};
    for (std::size_t i = 0; i <= raw.size(); ++i) placed.places[i] = i;
    return placed;
  }

  /// Decodes each `%XX` once. False where there is none.
  bool decode() {
    if (!text.contains('%')) return false;
    std::size_t size = 0;
    for (std::size_t i = 0; i < text.size(); ++size) {
      const bool encoded =
          text[i] == '%' && i + 2 < text.size() && is_hex_digit(text[i + 1]) && is_hex_digit(text[i + 2]);
      places[size] = places[i];
      text[size] = encoded ? static_cast<char>(std::stoi(text.substr(i + 1, 2), nullptr, 16)) : text[i];
      i += encoded ? 3 : 1;
    }
    const bool changed = size < text.size();
    places[size] = places[text.size()];
    text.resize(size);
    places.resize(size + 1);
    return changed;
  }
};

std::string decoded(std::string_view text) {
  auto placed = Placed::of(text);
  for (int level = 0; level < kLevels && placed.decode(); ++level) continue;
  return placed.text;
}

bool is_secret_name(std::string_view name) {
  const auto plain = decoded(name);
  std::string joined, word;
  const auto is_word = [&] { return std::ranges::find(kWords, word) != std::end(kWords); };
  bool after_upper = true;
  for (const char c : plain) {
    // `writeKey` is two words, `writekey` and `WRITEKEY` are one.
    if (!is_letter_or_digit(c) || (is_upper(c) && !after_upper)) {
      if (is_word()) return true;
      word.clear();
    }
    after_upper = is_upper(c);
    if (!is_letter_or_digit(c)) continue;
    word += to_lower(std::string_view(&c, 1));
    joined += word.back();
  }
  return is_word() || std::ranges::find(kWords, joined) != std::end(kWords) ||
         std::ranges::any_of(kParts, [&](std::string_view part) { return joined.contains(part); });
}

/// True where a value can't be looked through: base64 of JSON, as JWTs and Snowplow's contexts are, and what
/// SDKs compress into `data`.
bool is_packed(std::string_view name, std::string_view value) {
  constexpr std::string_view kJson[] = {"ey", "ew", "W3", "Wy", "Ww"};  // `{"`, `{` and a line, `[{`, …
  constexpr std::size_t kShortestJson = 12;                             // {"k":"v"}
  constexpr std::size_t kTwoEncoded = 16;                               // `%252565` is an e
  if (decoded(name) == "data") return true;
  // A whole value may be long, and hardly one begins so.
  const auto first = decoded(value.substr(0, kTwoEncoded));
  const auto begins = [&](std::string_view begin) { return first.starts_with(begin); };
  return std::ranges::any_of(kJson, begins) && decoded(value).size() >= kShortestJson;
}

/// True where a text has such a name with something behind it: `…?token=a`, `{"writeKey":"a"}`.
bool holds_secret(std::string_view text) {
  const auto plain = decoded(text);
  constexpr std::string_view kBetween = "\"' +";
  const std::string_view view(plain);
  for (auto mark = view.find_first_of("=:"); mark != std::string_view::npos;
       mark = view.find_first_of("=:", mark + 1)) {
    auto name = view.substr(0, mark);
    while (!name.empty() && kBetween.contains(name.back())) name.remove_suffix(1);
    std::size_t size = 0;
    const auto is_of_name = [](char c) {
      return is_letter_or_digit(c) || std::string_view("_-.[]").contains(c);
    };
    while (size < name.size() && is_of_name(name[name.size() - size - 1])) ++size;
    if (size > 0 && mark + 1 < view.size() && is_secret_name(name.substr(name.size() - size))) return true;
  }
  return false;
}

using Range = std::pair<std::size_t, std::size_t>;

/// `me:open` of `http://me:open@host`; at the start of a target also what has no password.
void find_user_information(const Placed& placed, std::vector<Range>& found) {
  const std::string_view text(placed.text);
  for (auto from = text.find("//"); from != std::string_view::npos; from = text.find("//", from)) {
    from += 2;
    const auto end = std::min(text.find_first_of("/?#\"'<> ", from), text.size());
    const auto at = text.substr(from, end - from).rfind('@');
    if (at == std::string_view::npos || at == 0) continue;
    const bool first = !text.starts_with('/') && text.find("//") + 2 == from;
    if (first || text.substr(from, at).contains(':'))
      found.emplace_back(placed.places[from], placed.places[from + at]);
  }
}

void find_parameters(std::string_view target, std::vector<Range>& found) {
  const auto query = std::min(target.find_first_of("?#"), target.size());
  for (auto begin = std::min(target.find(';'), query); begin < target.size();) {
    const bool in_path = begin < query;
    const auto end = std::min(target.find_first_of(in_path ? ";/?#" : "&;#", begin + 1), target.size());
    const auto parameter = target.substr(begin + 1, end - begin - 1);
    const auto equals = parameter.find('=');
    if (equals != std::string_view::npos) {
      const auto name = parameter.substr(0, equals);
      const auto value = parameter.substr(equals + 1);
      if (is_secret_name(name) || is_packed(name, value) || holds_secret(value))
        found.emplace_back(begin + 1 + equals + 1, end);
    } else if (!in_path && holds_secret(parameter)) {
      found.emplace_back(begin + 1, end);
    }
    begin = end;
    if (in_path && begin < query && target[begin] == '/') begin = std::min(target.find(';', begin), query);
  }
}

void find_values(const Placed& placed, std::span<const std::string> secrets, std::vector<Range>& found) {
  std::string text = placed.text;
  std::ranges::replace(text, '+', ' ');
  const auto is_bounded = [&](std::size_t begin, std::size_t end) {
    return (begin == 0 || !is_letter_or_digit(text[begin - 1])) &&
           (end == text.size() || !is_letter_or_digit(text[end]));
  };
  for (const auto& secret : secrets) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 1)) {
      const auto end = at + secret.size();
      if (secret.size() >= kShortest || is_bounded(at, end))
        found.emplace_back(placed.places[at], placed.places[end]);
    }
  }
}

std::string without(std::string_view text, std::vector<Range> ranges) {
  std::ranges::sort(ranges);
  std::string out;
  std::size_t from = 0;
  for (auto next = ranges.begin(); next != ranges.end();) {
    auto [begin, end] = *next++;
    for (; next != ranges.end() && next->first <= end; ++next) end = std::max(end, next->second);
    out.append(text.substr(from, begin - from)).append(kHidden);
    from = end;
  }
  return out.append(text.substr(from));
}

}  // namespace

Redaction::Redaction(std::vector<std::string> secrets) : secrets_(std::move(secrets)) {
  for (auto& secret : secrets_) std::ranges::replace(secret, '+', ' ');
  std::erase_if(secrets_, [](const std::string& secret) { return trim(secret).empty(); });
}

std::string Redaction::target(std::string_view target) const {
  constexpr std::string_view kSuspicious = "?#;%@";
  if (secrets_.empty() && target.find_first_of(kSuspicious) == std::string_view::npos)
    return std::string(target);
  std::vector<Range> found;
  find_parameters(target, found);
  auto placed = Placed::of(target);
  for (int level = 0; level <= kLevels; ++level) {
    find_user_information(placed, found);
    find_values(placed, secrets_, found);
    if (!placed.decode()) break;
  }
  return without(target, std::move(found));
}

std::string Redaction::text(std::string_view text) const {
  if (secrets_.empty()) return std::string(text);
  std::vector<Range> found;
  auto placed = Placed::of(text);
  for (int level = 0; level <= kLevels; ++level) {
    find_values(placed, secrets_, found);
    if (!placed.decode()) break;
  }
  return without(text, std::move(found));
}

}  // namespace skerry::http
