#include "native-host/config/dotenv.hpp"

#include <algorithm>
#include <optional>

#include "shared/http.hpp"

namespace skerry::config {
namespace {

bool is_name(std::string_view text) {
  const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto digit = [](char c) { return (c >= '0' && c <= '9') || c == '.'; };
  return !text.empty() && letter(text[0]) &&
         std::ranges::all_of(text, [&](char c) { return letter(c) || digit(c); });
}

bool is_end(std::string_view rest) {
  rest = trim(rest);
  return rest.empty() || rest.front() == '#';
}

std::optional<std::string> quoted_value(std::string_view text) {
  const char quote = text.front();
  std::string value;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == quote) return is_end(text.substr(i + 1)) ? std::optional(value) : std::nullopt;
    if (quote == '"' && text[i] == '\\' && i + 1 < text.size()) {
      switch (text[++i]) {
        case 'n': value += '\n'; break;
        case 'r': value += '\r'; break;
        case 't': value += '\t'; break;
        case '"':
        case '\\':
        case '$': value += text[i]; break;
        default: return std::nullopt;
      }
      continue;
    }
    value += text[i];
  }
  return std::nullopt;
}

std::optional<std::string> value_of(std::string_view text) {
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) return quoted_value(text);
  if (text.starts_with('#')) return "";
  return std::string(trim(text.substr(0, text.find(" #"))));
}

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kLineEnds = "\r\n";

/// A value as systemd's parser takes it: pieces in quotes and without, up to the end of the line.
class ServiceValue {
 public:
  /// Reads it from the front of `text`, and its line's end.
  static std::string take(std::string_view& text) {
    ServiceValue value(text);
    while (value.piece()) {
    }
    return std::move(value.value_);
  }

 private:
  explicit ServiceValue(std::string_view& text) : text_(text) {}

  /// One in quotes or one without, after blanks. False at the end of the line.
  bool piece() {
    while (!text_.empty() && (text_.front() == ' ' || text_.front() == '\t')) text_.remove_prefix(1);
    if (text_.empty()) return false;
    const char first = text_.front();
    if (first != '"' && first != '\'') return plain();
    text_.remove_prefix(1);
    quoted(first);
    return true;
  }

  void quoted(char quote) {
    while (!text_.empty()) {
      const char c = next();
      if (c == quote) return;
      if (quote == '\'' || c != '\\' || text_.empty()) {
        value_ += c;
        continue;
      }
      const char escaped = next();
      if (escaped == '\n') continue;
      if (!std::string_view("\"\\$`").contains(escaped)) value_ += c;
      value_ += escaped;
    }
  }

  bool plain() {
    auto end = value_.size();  // blanks behind it are none of the value
    while (!text_.empty()) {
      char c = next();
      if (kLineEnds.contains(c)) break;
      const bool literal = c == '\\' && !text_.empty();
      if (literal) c = next();
      if (literal && c == '\n') continue;
      value_ += c;
      if (literal || !kBlanks.contains(c)) end = value_.size();
    }
    value_.resize(end);
    return false;
  }

  char next() {
    const char c = text_.front();
    text_.remove_prefix(1);
    return c;
  }

  std::string_view& text_;
  std::string value_;
};

}  // namespace

Dotenv parse_dotenv(std::string_view text) {
  Dotenv out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (int number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = trim(line);
    if (is_end(line)) continue;
    constexpr std::string_view kExport = "export ";
    if (line.starts_with(kExport)) line = trim(line.substr(kExport.size()));
    const auto equals = line.find('=');
    const auto name = trim(line.substr(0, equals));
    const auto value =
        equals == std::string_view::npos ? std::nullopt : value_of(trim(line.substr(equals + 1)));
    if (!is_name(name) || !value)
      out.malformed.push_back(number);
    else
      out.variables.insert_or_assign(std::string(name), *value);
  }
  return out;
}

Dotenv parse_environment_file(std::string_view text) {
  Dotenv out;
  const auto whole = text;
  const auto number = [&] {
    return 1 + static_cast<int>(std::ranges::count(whole.substr(0, whole.size() - text.size()), '\n'));
  };
  while (true) {
    text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
    if (text.empty()) return out;
    const auto line = number();
    if (text.front() == '#' || text.front() == ';') {
      // A \ at its end takes the next line in.
      std::size_t end = 0;
      for (; end < text.size() && !kLineEnds.contains(text[end]); ++end)
        if (text[end] == '\\') ++end;
      text.remove_prefix(std::min(end, text.size()));
      continue;
    }
    const auto end = std::min(text.find_first_of("=\r\n"), text.size());
    const auto name = trim(text.substr(0, end));
    const bool assigns = end < text.size() && text[end] == '=';
    text.remove_prefix(end + (assigns ? 1 : 0));
    auto value = assigns ? ServiceValue::take(text) : std::string();
    if (assigns && is_name(name))
      out.variables.insert_or_assign(std::string(name), std::move(value));
    else
      out.malformed.push_back(line);
  }
}

}  // namespace skerry::config
