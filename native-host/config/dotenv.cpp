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

}  // namespace skerry::config
