#include "native-host/config/reference.hpp"

#include <algorithm>
#include <type_traits>

#include "shared/json_text.hpp"

namespace skerry::config {
namespace {

constexpr std::string_view kForms =
    "A duration is `1500ms`, `300s`, `5m`, `1h`, `2d` or a number of seconds; a size is `64 KiB`, `25 MiB`, "
    "`1 GiB`, "
    "`2 TiB` or a number\nof bytes; a switch is true or false; a list is `[\"a\", \"b\"]` in skerry.toml and "
    "`a,b` "
    "elsewhere. ";

std::string in_quotes(std::string_view text) {
  std::string out;
  append_json_string(out, text);  // what JSON escapes, a basic string of TOML does likewise
  return out;
}

std::string choices_of(std::span<const std::string_view> choices) {
  std::string text;
  for (const auto choice : choices)
    if (!choice.empty()) text += (text.empty() ? "" : ", ") + std::string(choice);
  return text;
}

/// `1 to 1000`, `from 1`.
template <class Show>
std::string range_of(std::int64_t min, std::int64_t max, Show&& show) {
  return max == INT64_MAX ? "from " + show(min) : show(min) + " to " + show(max);
}

/// Unit, range and the TOML form of the default, which follow from the field's type.
void describe_value(const Setting& setting, void* settings, ReferenceRow& row) {
  std::visit(
      [&](const auto* value) {
        using Target = std::remove_cvref_t<decltype(*value)>;
        row.toml = in_quotes(row.fallback);
        if constexpr (std::is_same_v<Target, std::int64_t>) {
          const bool bytes = setting.unit == Unit::bytes;
          row.unit = bytes ? "size" : "number";
          row.range = range_of(setting.min, setting.max,
                               [&](std::int64_t n) { return bytes ? format_bytes(n) : std::to_string(n); });
          if (!bytes) row.toml = row.fallback;
        } else if constexpr (std::is_same_v<Target, Duration>) {
          row.unit = "duration";
          row.range =
              range_of(setting.min, setting.max, [](std::int64_t n) { return format_duration(Duration(n)); });
        } else if constexpr (std::is_same_v<Target, bool>) {
          row.unit = "switch";
          row.range = "true, false";
          row.toml = row.fallback;
        } else if constexpr (std::is_same_v<Target, std::vector<std::string>>) {
          row.unit = "list";
          row.range = setting.wants;
          row.toml = "[";
          for (const auto& item : *value) row.toml += (row.toml.size() > 1 ? ", " : "") + in_quotes(item);
          row.toml += "]";
        } else {
          row.unit = "text";
          row.range = setting.choices.empty() ? std::string(setting.wants) : choices_of(setting.choices);
        }
      },
      setting.field(settings));
  if (setting.secrecy == Secrecy::token) row.unit = "secret";
  if (setting.secrecy == Secrecy::url || setting.secrecy == Secrecy::address) row.unit = "URL";
}

ReferenceRow row_of(const Table& table, const Setting& setting, void* settings) {
  ReferenceRow row{.section = std::string(table.owner()),
                   .name = std::string(setting.name),
                   .meaning = std::string(setting.help),
                   .fallback = to_text(setting, settings),
                   .environment = setting.environment_name(),
                   .live = setting.live,
                   .in_file = setting.secrecy != Secrecy::token};
  describe_value(setting, settings, row);
  return row;
}

std::string unit_of(const FunctionSetting& setting) {
  using Type = FunctionSetting::Type;
  switch (setting.type) {
    case Type::number: return setting.name.ends_with("_seconds") ? "seconds" : "number";
    case Type::toggle: return "switch";
    case Type::list:
    case Type::headers:
    case Type::hosts:
    case Type::origins:
    case Type::paths:
    case Type::prefixes: return "list";
    case Type::url: return "URL";
    case Type::secret: return "secret";
    case Type::choice:
    case Type::text: break;
  }
  return "text";
}

std::string range_of(const FunctionSetting& setting) {
  using Type = FunctionSetting::Type;
  switch (setting.type) {
    case Type::number:
      return setting.max == INT32_MAX ? "from " + std::to_string(setting.min)
                                      : std::to_string(setting.min) + " to " + std::to_string(setting.max);
    case Type::toggle: return "on, off";
    case Type::choice: return choices_of(setting.choices);
    case Type::prefixes: return "addresses, prefixes and unix, as 127.0.0.1 or 10.0.0.0/8";
    case Type::headers: return "names of headers, as X-Forwarded-For";
    case Type::hosts: return "host names without scheme, port and path";
    case Type::origins: return "origins, as https://www.example.org, or *";
    case Type::paths: return "paths that begin with /, none of another function";
    case Type::url: return "of http or https";
    case Type::list:
    case Type::secret:
    case Type::text: break;
  }
  return {};
}

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

ReferenceRow row_of(const FunctionTable& function, const FunctionSetting& setting) {
  const std::string section = "functions." + std::string(function.name);
  const std::string name = section + "." + std::string(setting.name);
  return {.section = section,
          .name = name,
          .meaning = std::string(setting.help),
          .unit = unit_of(setting),
          .fallback = std::string(setting.fallback),
          .range = range_of(setting),
          .environment = "SKERRY_" + upper(name),
          .live = setting.live,
          .in_file = true,
          .toml = setting.type == FunctionSetting::Type::number && !setting.fallback.empty()
                      ? std::string(setting.fallback)
                      : in_quotes(setting.fallback)};
}

/// Text that stands for itself in a cell of a Markdown table.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '<' || c == '*') out += '\\';
    out += c;
  }
  return out;
}

std::string code(std::string_view text) {
  return text.empty() ? "" : "`" + std::string(text) + "`";
}

}  // namespace

std::vector<ReferenceRow> reference(const Schema& schema) {
  std::vector<ReferenceRow> rows;
  for (const Table& table : schema.tables) {
    const auto defaults = table.make();
    for (const Setting& setting : table.settings()) rows.push_back(row_of(table, setting, defaults.get()));
  }
  for (const FunctionTable& function : schema.functions)
    for (const FunctionSetting& setting : function.settings)
      if (setting.native.empty()) rows.push_back(row_of(function, setting));
  return rows;
}

std::string reference_page(const Schema& schema) {
  std::string out =
      "# Settings\n\n"
      "Every setting of `skerry`, as `skerry config --reference` prints them: this page is made from the "
      "tables that the "
      "program reads\nthem by, and a test holds it to them. How they are given says [the page on "
      "operating](README.md#settings); `skerry config` shows\nthose in force, `skerry config --sample` is a "
      "file of all of "
      "them.\n\n";
  out += kForms;
  out +=
      "In the environment a\nname is in capitals, behind `SKERRY_`, with `_` for each dot: "
      "`SKERRY_UPDATE_INTERVAL`. "
      "Secrets and what has `_file` beside it stand\nin the environment or in files of their own. What is "
      "marked ↻ counts "
      "at once on SIGHUP, as do the secrets of `/ingest`, `/health` and\n`/metrics` and the certificate; all "
      "else from the "
      "next start.\n";
  std::string section;
  for (const ReferenceRow& row : reference(schema)) {
    if (row.section != section) {
      section = row.section;
      out +=
          "\n## " + section + "\n\n| setting | meaning | unit | default | range |\n|---|---|---|---|---|\n";
    }
    out += "| `" + row.name + "`" + (row.live ? " ↻" : "") + " | " + cell(row.meaning) + " | " + row.unit +
           " | " + (row.fallback.empty() ? "none" : code(row.fallback)) + " | " + cell(row.range) + " |\n";
  }
  return out;
}

std::string reference_json(const Schema& schema) {
  std::string out = "{\"settings\":[";
  bool first = true;
  for (const ReferenceRow& row : reference(schema)) {
    out += first ? "\n" : ",\n";
    first = false;
    bool begun = false;
    const auto member = [&](std::string_view name, std::string_view value) {
      out += begun ? "," : "{";
      begun = true;
      out += in_quotes(name) + ":" + in_quotes(value);
    };
    member("name", row.name);
    member("section", row.section);
    member("meaning", row.meaning);
    member("unit", row.unit);
    member("default", row.fallback);
    member("range", row.range);
    member("environment", row.environment);
    out += std::string(",\"live\":") + (row.live ? "true" : "false") + "}";
  }
  return out + "\n]}\n";
}

std::string sample_file(const Schema& schema) {
  std::string out =
      "# skerry.toml: every setting with its default. A line counts once its # is taken away; as it is, this "
      "file changes\n"
      "# nothing. Put it at /etc/skerry/skerry.toml, or into the folder that skerry is started in; `skerry "
      "config` shows\n"
      "# what is in force and where it came from.\n"
      "#\n"
      "# A duration is \"1500ms\", \"300s\", \"5m\", \"1h\", \"2d\"; a size is \"64 KiB\", \"25 MiB\", \"1 "
      "GiB\" or a number of bytes.\n";
  std::string section;
  for (const ReferenceRow& row : reference(schema)) {
    if (row.section != section) {
      section = row.section;
      out +=
          "\n# --- " + section + " " + std::string(std::max<std::size_t>(70 - section.size(), 3), '-') + "\n";
    }
    out += "\n# " + row.meaning + ".";
    if (!row.range.empty()) out += " (" + row.unit + ": " + row.range + ")";
    out += "\n";
    if (row.in_file)
      out += "#" + row.name + " = " + row.toml + "\n";
    else
      out += "# Not in this file: " + row.environment + " in /etc/skerry/environment, or " + row.name +
             "_file.\n";
  }
  return out;
}

}  // namespace skerry::config
