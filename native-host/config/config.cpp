#include "native-host/config/config.hpp"

// The installed library is built with exceptions.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

#include <toml++/toml.h>
#include <unistd.h>

namespace skerry::config {
namespace {

constexpr std::string_view kFunctions = "functions";
constexpr std::string_view kDefaultFile = "skerry.toml";

const Setting* find_setting(std::string_view name) {
  const auto& settings = all_settings();
  auto found = std::ranges::find(settings, name, &Setting::name);
  return found == settings.end() ? nullptr : &*found;
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    auto diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      auto change = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, change});
    }
  }
  return row.back();
}

/// ` Do you mean "listen"?`, where a known name is near.
std::string suggest(std::string_view name) {
  constexpr std::size_t kLongest = 64;
  if (name.size() > kLongest) return {};
  auto distance = [&](const Setting& setting) { return edit_distance(name, setting.name); };
  const auto& nearest = *std::ranges::min_element(all_settings(), {}, distance);
  if (distance(nearest) > std::max<std::size_t>(2, name.size() / 2)) return {};
  return " Do you mean \"" + std::string(nearest.name) + "\"?";
}

bool is_function_name(std::string_view name) {
  return !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

/// `functions.latest.gzip` → `latest` and `gzip`.
std::optional<std::pair<std::string_view, std::string_view>> split_function_name(std::string_view name) {
  if (!name.starts_with(kFunctions) || name.substr(kFunctions.size(), 1) != ".") return std::nullopt;
  name.remove_prefix(kFunctions.size() + 1);
  auto dot = name.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return std::pair(name.substr(0, dot), name.substr(dot + 1));
}

/// Applies sources one after the other and collects what is wrong with them.
class Merger {
 public:
  Loaded loaded;
  std::vector<std::string> problems;

  void apply_file(const std::string& text, const std::string& name) {
    auto parsed = toml::parse(text, name);
    if (!parsed) {
      const auto& error = parsed.error();
      complain(place(name, error.source()), std::string(error.description()) + ".");
      return;
    }
    file_ = name;
    apply_table(parsed.table(), "");
  }

  void apply_environment(const std::map<std::string, std::string>& environment) {
    // The common name is weaker than our own.
    if (auto url = environment.find("DATABASE_URL"); url != environment.end() && !url->second.empty())
      apply_text(*find_setting("database_url"), url->second, "DATABASE_URL");
    for (const auto& [name, value] : environment) {
      if (!name.starts_with("SKERRY_")) continue;
      auto setting = std::ranges::find(all_settings(), name, &Setting::environment_name);
      if (setting != all_settings().end())
        apply_text(*setting, value, name);
      else if (!apply_function_variable(name, value))
        loaded.warnings.push_back(name + " in the environment is no setting.");
    }
  }

  void apply_flag(const std::string& name, const std::string& value) {
    constexpr const char* kPlace = "command line";
    if (auto function = split_function_name(name))
      return apply_function(function->first, function->second, value, kPlace);
    if (const auto* setting = find_setting(name)) return apply_text(*setting, value, kPlace);
    complain(kPlace, "There is no setting \"" + name + "\"." + suggest(name));
  }

 private:
  static std::string place(const std::string& file, const toml::source_region& region) {
    return file + ":" + std::to_string(region.begin.line);
  }
  void complain(const std::string& where, const std::string& what) {
    problems.push_back(where + ": " + what);
  }

  void apply_table(const toml::table& table, const std::string& prefix) {
    for (const auto& [key, node] : table) {
      auto name = prefix + std::string(key.str());
      auto where = place(file_, key.source());
      if (const auto* setting = find_setting(name)) {
        apply_node(*setting, node, where);
      } else if (prefix.empty() && key == kFunctions) {
        apply_functions(node, where);
      } else if (node.is_table() && is_section(name)) {
        apply_table(*node.as_table(), name + ".");
      } else {
        complain(where, "There is no setting \"" + name + "\"." + suggest(name));
      }
    }
  }
  static bool is_section(const std::string& name) {
    return std::ranges::any_of(all_settings(),
                               [&](const Setting& setting) { return setting.name.starts_with(name + "."); });
  }

  void apply_node(const Setting& setting, const toml::node& node, const std::string& where) {
    auto value = to_value(setting, node);
    if (value && assign(setting, loaded.settings, *value))
      loaded.origins[std::string(setting.name)] = where;
    else
      complain(where, "\"" + std::string(setting.name) + "\" must be " + expectation(setting) + ".");
  }

  std::optional<Setting::Value> to_value(const Setting& setting, const toml::node& node) {
    auto target = setting.field(loaded.settings);
    auto is_duration = std::holds_alternative<Duration*>(target);
    if (const auto* text = node.as_string()) {
      if (is_duration) return parse_duration(text->get());
      if (std::holds_alternative<std::int64_t*>(target)) return parse_integer(text->get());
      return text->get();
    }
    if (const auto* number = node.as_integer()) {
      if (is_duration) return parse_duration(std::to_string(number->get()));
      return number->get();
    }
    if (const auto* number = node.as_floating_point()) {
      constexpr double kLargest = 1e12;
      if (!is_duration || !(std::abs(number->get()) < kLargest)) return std::nullopt;
      return Duration(std::llround(number->get() * 1000));
    }
    if (const auto* flag = node.as_boolean()) return flag->get();
    if (const auto* array = node.as_array()) {
      std::vector<std::string> items;
      for (const auto& item : *array) {
        if (!item.is_string()) return std::nullopt;
        items.push_back(item.as_string()->get());
      }
      return items;
    }
    return std::nullopt;
  }

  void apply_functions(const toml::node& node, const std::string& where) {
    const auto* functions = node.as_table();
    if (functions == nullptr) return complain(where, "\"functions\" must be a table.");
    for (const auto& [function, settings] : *functions) {
      if (!settings.is_table()) {
        complain(place(file_, function.source()),
                 "\"functions." + std::string(function.str()) + "\" must be a table.");
        continue;
      }
      for (const auto& [name, value] : *settings.as_table()) {
        auto here = place(file_, name.source());
        if (auto text = to_plain_text(value))
          apply_function(function.str(), name.str(), *text, here);
        else
          complain(here, "\"" + std::string(name.str()) + "\" must be a string, a number, true or false.");
      }
    }
  }
  static std::optional<std::string> to_plain_text(const toml::node& node) {
    if (const auto* text = node.as_string()) return text->get();
    if (const auto* number = node.as_integer()) return std::to_string(number->get());
    if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
    if (node.is_floating_point()) {
      std::ostringstream text;
      text << *node.as_floating_point();
      return text.str();
    }
    return std::nullopt;
  }

  void apply_function(std::string_view function, std::string_view name, std::string_view value,
                      const std::string& where) {
    if (!is_function_name(function) || !is_function_name(name))
      return complain(where, "The name of a function and of its setting are lower-case words.");
    auto full = std::string(kFunctions) + "." + std::string(function) + "." + std::string(name);
    loaded.settings.functions[std::string(function)][std::string(name)] = value;
    loaded.origins[full] = where;
  }
  /// `SKERRY_FUNCTIONS_LATEST_GZIP`; a function whose name has an underscore is set in the file.
  bool apply_function_variable(const std::string& name, const std::string& value) {
    constexpr std::string_view kPrefix = "SKERRY_FUNCTIONS_";
    if (!name.starts_with(kPrefix)) return false;
    std::string rest;
    for (char c : name.substr(kPrefix.size()))
      rest += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    auto split = rest.find('_');
    if (split == std::string::npos || split == 0 || split + 1 == rest.size()) return false;
    apply_function(rest.substr(0, split), rest.substr(split + 1), value, name);
    return true;
  }

  void apply_text(const Setting& setting, const std::string& text, const std::string& where) {
    if (assign_text(setting, loaded.settings, text))
      loaded.origins[std::string(setting.name)] = where;
    else
      complain(where, "\"" + std::string(setting.name) + "\" must be " + expectation(setting) + ".");
  }

  std::string file_;
};

std::map<std::string, std::string> read_environment() {
  std::map<std::string, std::string> variables;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    std::string_view text(*entry);
    auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return variables;
}

std::optional<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

}  // namespace

Result<Loaded> load(const Sources& sources) {
  Merger merger;
  if (sources.file) merger.apply_file(*sources.file, sources.file_name);
  merger.apply_environment(sources.environment);
  for (const auto& [name, value] : sources.flags) merger.apply_flag(name, value);
  if (merger.problems.empty()) return std::move(merger.loaded);
  std::string message;
  for (const auto& problem : merger.problems) message.append(message.empty() ? "" : "\n").append(problem);
  return fail("config_invalid", std::move(message));
}

Result<Loaded> load_from_system(const std::string& file,
                                std::vector<std::pair<std::string, std::string>> flags) {
  Sources sources{.file_name = file.empty() ? std::string(kDefaultFile) : file,
                  .file = {},
                  .environment = read_environment(),
                  .flags = std::move(flags)};
  sources.file = read_file(sources.file_name);
  if (!sources.file && (!file.empty() || ::access(sources.file_name.c_str(), F_OK) == 0))
    return fail("config_unreadable", "Can't read " + sources.file_name + ".");
  return load(sources);
}

std::vector<Shown> describe(const Loaded& loaded) {
  auto origin = [&](const std::string& name) {
    auto found = loaded.origins.find(name);
    return found == loaded.origins.end() ? "default" : found->second;
  };
  std::vector<Shown> shown;
  for (const auto& setting : all_settings()) {
    auto name = std::string(setting.name);
    auto value = to_text(setting, loaded.settings);
    shown.push_back(
        {name, setting.secret ? hide_password(value) : value, origin(name), std::string(setting.help)});
  }
  for (const auto& [function, settings] : loaded.settings.functions)
    for (const auto& [name, value] : settings) {
      auto full = std::string(kFunctions) + "." + function + "." + name;
      shown.push_back({full, value, origin(full), "Passed to the function"});
    }
  return shown;
}

std::string hide_password(std::string_view database_url) {
  constexpr std::string_view kHidden = "***";
  std::string shown(database_url);
  if (auto scheme = shown.find("://"); scheme != std::string::npos) {
    // What is odd hides too much rather than too little: the user information ends at the last @.
    auto user = scheme + 3;
    auto at = shown.rfind('@');
    auto colon = shown.find(':', user);
    if (at != std::string::npos && colon < at) shown.replace(colon + 1, at - colon - 1, kHidden);
  }
  constexpr std::string_view kKeyword = "password";
  for (auto from = shown.find(kKeyword); from != std::string::npos; from = shown.find(kKeyword, from)) {
    from += kKeyword.size();
    auto value = shown.find_first_not_of(" =", from);
    if (value == std::string::npos || shown.find('=', from) >= value) continue;
    auto quoted = shown[value] == '\'';
    auto end = value + 1;
    while (end < shown.size() && (quoted ? shown[end] != '\'' : shown[end] != ' ' && shown[end] != '&'))
      end += quoted && shown[end] == '\\' ? 2 : 1;
    end = std::min(end + (quoted ? 1 : 0), shown.size());
    shown.replace(value, end - value, kHidden);
  }
  return shown;
}

}  // namespace skerry::config
