#include "shared/metrics/exposition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "shared/http.hpp"
#include "shared/json_text.hpp"
#include "shared/negotiation.hpp"

namespace skerry::metrics {
namespace {

constexpr std::string_view kEnd = "# EOF\n";
constexpr std::string_view kTotal = "_total";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

constexpr bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_name(std::string_view name, bool colons) {
  const auto fits = [&](char c) { return is_letter(c) || is_digit(c) || (colons && c == ':'); };
  return !name.empty() && !is_digit(name[0]) && std::ranges::all_of(name, fits);
}

void append_escaped(std::string& out, std::string_view text) {
  const bool readable = is_utf8(text);
  for (const char c : text) {
    if (c == '\\' || c == '"') {
      (out += '\\') += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (!readable && static_cast<unsigned char>(c) >= 0x80) {
      out += kReplacement;
    } else {
      out += c;
    }
  }
}

/// Without its `_total`.
std::string_view family_name(Type type, std::string_view name) {
  if (type == Type::counter && name.ends_with(kTotal)) name.remove_suffix(kTotal.size());
  return name;
}

std::string_view type_word(Type type) {
  switch (type) {
    case Type::counter: return "counter";
    case Type::gauge: return "gauge";
    case Type::histogram: return "histogram";
  }
  return "unknown";
}

std::string_view unit_of(std::string_view family) {
  for (const std::string_view unit : {"seconds", "bytes"}) {
    if (family.size() > unit.size() && family.ends_with(unit) &&
        family[family.size() - unit.size() - 1] == '_')
      return unit;
  }
  return {};
}

/// The first word of `rest`, which it is cut from with the space behind it.
std::string_view take_word(std::string_view& rest) {
  const std::string_view word = rest.substr(0, rest.find(' '));
  rest.remove_prefix(std::min(rest.size(), word.size() + 1));
  return word;
}

/// The line at the start of `rest`, without its end, which is cut off; nothing where no whole line is left.
std::optional<std::string_view> take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  return line;
}

/// `# TYPE family rest`.
struct Descriptor {
  std::string_view keyword, family, rest;
};
std::optional<Descriptor> read_descriptor(std::string_view line) {
  if (!line.starts_with("# ")) return std::nullopt;
  line.remove_prefix(2);
  Descriptor read;
  read.keyword = take_word(line);
  read.family = take_word(line);
  read.rest = line;
  return read;
}

/// Cuts digits off the start of `rest`; false where there are none.
bool skip_digits(std::string_view& rest) {
  const auto end = std::ranges::find_if_not(rest, is_digit) - rest.begin();
  rest.remove_prefix(static_cast<std::size_t>(end));
  return end > 0;
}

bool is_number(std::string_view text) {
  if (text == "+Inf" || text == "-Inf" || text == "NaN") return true;
  if (text.starts_with('-')) text.remove_prefix(1);
  if (!skip_digits(text)) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!skip_digits(text)) return false;
  }
  if (text.starts_with('e')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!skip_digits(text)) return false;
  }
  return text.empty();
}

/// Cuts `{name="value",…}` off the start of `rest`.
bool skip_labels(std::string_view& rest) {
  rest.remove_prefix(1);
  while (true) {
    const std::string_view name = rest.substr(0, rest.find('='));
    if (!is_name(name, false) || !rest.substr(name.size()).starts_with("=\"")) return false;
    rest.remove_prefix(name.size() + 2);
    while (!rest.empty() && rest[0] != '"') rest.remove_prefix(rest[0] == '\\' && rest.size() > 1 ? 2 : 1);
    if (rest.size() < 2) return false;
    const char next = rest[1];
    rest.remove_prefix(2);
    if (next == '}') return true;
    if (next != ',') return false;
  }
}

bool is_sample(std::string_view line) {
  const std::string_view name = line.substr(0, line.find_first_of("{ "));
  if (!is_name(name, true)) return false;
  line.remove_prefix(name.size());
  if (line.starts_with('{') && !skip_labels(line)) return false;
  return line.starts_with(' ') && is_number(line.substr(1));
}

/// A help text of the format 0.0.4, which leaves quotes as they are.
void append_help(std::string& out, std::string_view help) {
  for (std::size_t i = 0; i < help.size(); ++i) {
    if (help[i] == '\\' && i + 1 < help.size()) {
      ++i;
      if (help[i] != '"') out += '\\';
    }
    out += help[i];
  }
}

}  // namespace

bool is_metric_name(std::string_view name) {
  return is_name(name, true);
}

bool is_label_name(std::string_view name) {
  return is_name(name, false) && !name.starts_with("__");
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};
  return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

std::string bound_text(double value) {
  if (!std::isfinite(value)) return number_text(value);
  std::array<char, 32> text{};
  const auto write = [&](std::chars_format format) {
    return std::string(text.data(), std::to_chars(text.data(), text.data() + text.size(), value, format).ptr);
  };
  std::string scientific = write(std::chars_format::scientific);
  const auto mark = scientific.find('e');
  const int exponent = std::atoi(scientific.c_str() + mark + 1);
  if (exponent < -4 || exponent > 5) return scientific;
  std::string fixed = write(std::chars_format::fixed);
  return fixed.contains('.') ? fixed : fixed + ".0";
}

void Exposition::append_label(std::string& labels, std::string_view name, std::string_view value) {
  if (!labels.empty()) labels += ',';
  labels += name;
  labels += "=\"";
  append_escaped(labels, value);
  labels += '"';
}

void Exposition::family(Type type, std::string_view name, std::string_view help) {
  name = family_name(type, name);
  ((((out_ += "# TYPE ") += name) += ' ') += type_word(type)) += '\n';
  if (const auto unit = unit_of(name); !unit.empty()) {
    ((((out_ += "# UNIT ") += name) += ' ') += unit) += '\n';
  }
  ((out_ += "# HELP ") += name) += ' ';
  append_escaped(out_, help);
  out_ += '\n';
}

void Exposition::begin_sample(std::string_view name, std::string_view labels) {
  out_ += name;
  if (!labels.empty()) ((out_ += '{') += labels) += '}';
  out_ += ' ';
}

void Exposition::sample(std::string_view name, std::string_view labels, std::uint64_t value) {
  begin_sample(name, labels);
  (out_ += std::to_string(value)) += '\n';
}

void Exposition::sample(std::string_view name, std::string_view labels, double value) {
  begin_sample(name, labels);
  (out_ += number_text(value)) += '\n';
}

void Exposition::sample(std::string_view name, std::string_view labels, std::chrono::milliseconds value) {
  begin_sample(name, labels);
  const auto count = value.count();
  std::string digits = std::to_string(count < 0 ? -count : count);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  digits.insert(digits.size() - 3, ".");
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  ((out_ += count < 0 ? "-" : "") += digits) += '\n';
}

std::string Exposition::finish() && {
  out_ += kEnd;
  return std::move(out_);
}

bool is_exposition(std::string_view text) {
  if (!is_utf8(text)) return false;
  std::string_view family;
  while (const auto line = take_line(text)) {
    if (*line == kEnd.substr(0, kEnd.size() - 1)) return text.empty();
    if (const auto read = read_descriptor(*line)) {
      if (read->keyword == "TYPE" && is_metric_name(read->family)) {
        family = read->family;
      } else if ((read->keyword != "HELP" && read->keyword != "UNIT") || read->family != family) {
        return false;
      }
    } else if (!is_sample(*line)) {
      return false;
    }
  }
  return false;
}

std::optional<std::string_view> sample_text(std::string_view text, std::string_view name) {
  while (const auto line = take_line(text)) {
    if (!line->starts_with(name) || !line->substr(name.size()).starts_with(' ')) continue;
    const std::string_view number = line->substr(name.size() + 1);
    return is_number(number) ? std::optional(number) : std::nullopt;
  }
  return std::nullopt;
}

std::string join_expositions(std::string_view first, std::string_view second) {
  if (first.ends_with(kEnd)) first.remove_suffix(kEnd.size());
  std::string joined(first);
  joined += second;
  return joined;
}

std::string to_prometheus(std::string_view openmetrics) {
  std::string out;
  out.reserve(openmetrics.size());
  bool counter = false;
  while (const auto line = take_line(openmetrics)) {
    const auto read = read_descriptor(*line);
    if (!read) {
      (out += *line) += '\n';
      continue;
    }
    if (read->keyword == "TYPE") counter = read->rest == type_word(Type::counter);
    if (read->keyword != "TYPE" && read->keyword != "HELP") continue;
    (((out += "# ") += read->keyword) += ' ') += read->family;
    if (counter) out += kTotal;
    out += ' ';
    append_help(out, read->rest);
    out += '\n';
  }
  return out;
}

Format negotiate(std::string_view accept) {
  const Acceptance open = acceptance_of(accept, "application/openmetrics-text");
  const Acceptance plain = acceptance_of(accept, "text/plain");
  // Whoever takes anything (curl, a browser) is shown text.
  const bool wins =
      open.named ? open.weight > 0 && open.weight >= plain.weight : plain.weight == 0 && open.weight > 0;
  return wins ? Format::openmetrics : Format::prometheus;
}

std::string_view content_type(Format format) {
  return format == Format::openmetrics ? "application/openmetrics-text; version=1.0.0; charset=utf-8"
                                       : "text/plain; version=0.0.4; charset=utf-8";
}

}  // namespace skerry::metrics
