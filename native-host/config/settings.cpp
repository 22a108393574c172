#include "native-host/config/settings.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

#include "shared/client.hpp"
#include "shared/comma_list.hpp"
#include "shared/http.hpp"
#include "shared/url.hpp"

namespace skerry::config {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kHour = 3600 * kSecond;
constexpr std::int64_t kDay = 24 * kHour;

struct UnitName {
  std::string_view name;
  std::int64_t size;
};
constexpr std::array<UnitName, 5> kTimeUnits = {
    {{"d", kDay}, {"h", kHour}, {"m", 60 * kSecond}, {"s", kSecond}, {"ms", 1}}};
constexpr std::array<UnitName, 5> kSizeUnits = {
    {{"TiB", std::int64_t{1} << 40U}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}};

template <std::size_t N>
std::optional<std::int64_t> parse_with_unit(std::string_view text, const std::array<UnitName, N>& units) {
  std::int64_t number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  auto name = trim(text.substr(static_cast<std::size_t>(end - text.data())));
  const auto* unit = std::ranges::find_if(units, [&](const UnitName& known) { return known.name == name; });
  std::int64_t value = 0;
  if (unit == units.end() || __builtin_mul_overflow(number, unit->size, &value)) return std::nullopt;
  return value;
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items;
  for (CommaList list(text); const auto item = list.next();) items.emplace_back(*item);
  return items;
}

/// A field may be read through settings that are const.
Setting::Field field_of(const Setting& setting, const void* settings) {
  return setting.field(const_cast<void*>(settings));
}

std::optional<bool> parse_flag(std::string_view text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return std::nullopt;
}

std::string join_choices(std::span<const std::string_view> choices) {
  std::string text = "one of";
  for (auto choice : choices)
    if (!choice.empty()) text.append(" \"").append(choice).append("\"");
  return text;
}

bool fits(const Setting& setting, const Setting::Value& value) {
  if (setting.fits == nullptr) return true;
  if (const auto* text = std::get_if<std::string>(&value)) return setting.fits(*text);
  const auto* items = std::get_if<std::vector<std::string>>(&value);
  return items == nullptr || std::ranges::all_of(*items, setting.fits);
}

}  // namespace

Table& Table::rows(std::vector<Setting> settings) {
  std::ranges::move(settings, std::back_inserter(settings_));
  return *this;
}

Table& Table::foreign(std::vector<ForeignName> names, std::string_view family) {
  std::ranges::move(names, std::back_inserter(foreign_));
  if (!family.empty()) families_.push_back(family);
  return *this;
}

Table& Table::foreign(void (*read)(const Environment&, ForeignNames&)) {
  foreign_readers_.push_back(read);
  return *this;
}

void Table::add_secret(const SecretRow& row, Setting::Field (*value)(void*), Setting::Field (*file)(void*),
                       std::string_view credential, std::string_view help) {
  secrets_.push_back(row);
  credentials_.push_back(credential);
  settings_.push_back({.name = row.name, .field = value, .help = help, .secrecy = Secrecy::token});
  const auto& name = made_names_.emplace_back(std::make_shared<std::string>(std::string(row.name) + "_file"));
  settings_.push_back({.name = *name, .field = file, .help = "File with that, readable by its owner only"});
}

std::shared_ptr<void> Table::make() const {
  auto settings = make_();
  for (std::size_t i = 0; i < secrets_.size(); ++i) {
    Secret& secret = secrets_[i].secret(settings.get());
    secret.name = secrets_[i].name;
    secret.credential = credentials_[i];
  }
  return settings;
}

void Table::read_foreign(const Environment& environment, ForeignNames& out) const {
  for (auto* read : foreign_readers_) read(environment, out);
  for (const auto& known : foreign_) {
    const auto found = environment.find(std::string(known.name));
    if (found == environment.end() || found->second.empty()) continue;
    if (known.setting.empty()) {
      out.warnings.push_back(std::string(known.name) + " has no effect: " + std::string(known.instead) + ".");
      continue;
    }
    out.settings.push_back({.setting = known.setting,
                            .value = known.convert ? known.convert(found->second) : found->second,
                            .variable = std::string(known.name),
                            .weight = known.weight});
  }
  for (const auto& [name, value] : environment) {
    const bool of_family =
        std::ranges::any_of(families_, [&](std::string_view family) { return name.starts_with(family); });
    if (of_family && std::ranges::find(foreign_, name, &ForeignName::name) == foreign_.end())
      out.warnings.push_back(
          name + " has no effect: Skerry knows no such name; `skerry config` shows its settings.");
  }
}

const Setting* Schema::find(std::string_view name) const {
  for (const Table& table : tables) {
    const auto found = std::ranges::find(table.settings(), name, &Setting::name);
    if (found != table.settings().end()) return &*found;
  }
  return nullptr;
}

std::string Setting::environment_name() const {
  std::string result = "SKERRY_";
  for (char c : name) result += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

bool assign(const Setting& setting, void* settings, const Setting::Value& value) {
  if (!fits(setting, value)) return false;
  auto in_range = [&](std::int64_t number) { return number >= setting.min && number <= setting.max; };
  return std::visit(
      [&](auto* target) {
        using Target = std::remove_pointer_t<decltype(target)>;
        const auto* given = std::get_if<Target>(&value);
        if (given == nullptr) return false;
        if constexpr (std::is_same_v<Target, std::int64_t>) {
          if (!in_range(*given)) return false;
        } else if constexpr (std::is_same_v<Target, Duration>) {
          if (!in_range(given->count())) return false;
        } else if constexpr (std::is_same_v<Target, std::string>) {
          if (!setting.choices.empty() && std::ranges::find(setting.choices, *given) == setting.choices.end())
            return false;
        }
        *target = *given;
        return true;
      },
      setting.field(settings));
}

bool assign_text(const Setting& setting, void* settings, std::string_view text) {
  auto value = std::visit(
      [&](auto* target) -> std::optional<Setting::Value> {
        using Target = std::remove_pointer_t<decltype(target)>;
        if constexpr (std::is_same_v<Target, std::int64_t>) return parse_integer(text);
        if constexpr (std::is_same_v<Target, Duration>) return parse_duration(text);
        if constexpr (std::is_same_v<Target, std::string>) return std::string(text);
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) return split_list(text);
        if constexpr (std::is_same_v<Target, bool>) return parse_flag(text);
        return std::nullopt;
      },
      setting.field(settings));
  return value && assign(setting, settings, *value);
}

std::string to_text(const Setting& setting, const void* settings) {
  return std::visit(
      [&](const auto* value) -> std::string {
        using Target = std::remove_cvref_t<decltype(*value)>;
        if constexpr (std::is_same_v<Target, std::int64_t>)
          return setting.unit == Unit::bytes ? format_bytes(*value) : std::to_string(*value);
        if constexpr (std::is_same_v<Target, Duration>) return format_duration(*value);
        if constexpr (std::is_same_v<Target, std::string>) return *value;
        if constexpr (std::is_same_v<Target, bool>) return *value ? "true" : "false";
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) {
          return join_commas(*value);
        }
      },
      field_of(setting, settings));
}

std::string expectation(const Setting& setting, const void* settings) {
  return std::visit(
      [&](const auto* value) -> std::string {
        using Target = std::remove_cvref_t<decltype(*value)>;
        const auto range = [&](auto&& show) { return show(setting.min) + " to " + show(setting.max); };
        if constexpr (std::is_same_v<Target, std::int64_t>) {
          if (setting.unit == Unit::bytes) return "a size from " + range(format_bytes);
          return "a whole number from " + range([](std::int64_t n) { return std::to_string(n); });
        }
        if constexpr (std::is_same_v<Target, Duration>)
          return "a duration from " + range([](std::int64_t n) { return format_duration(Duration(n)); });
        if constexpr (std::is_same_v<Target, bool>) return "true or false";
        if (!setting.wants.empty()) return std::string(setting.wants);
        if constexpr (std::is_same_v<Target, std::vector<std::string>>) return "a list of strings";
        return setting.choices.empty() ? "a string" : join_choices(setting.choices);
      },
      field_of(setting, settings));
}

namespace {

template <class Fits>
bool all_of(std::string_view text, Fits fits) {
  for (CommaList pieces(text); const auto piece = pieces.next();)
    if (!fits(*piece)) return false;
  return true;
}

bool is_host(std::string_view text) {
  const auto url = Url::parse(text, "http");
  return url && url->host() == text;
}

bool is_origin(std::string_view text) {
  if (text == "*") return true;
  const auto url = Url::parse(text);
  return url && url->origin() == text;
}

bool is_path(std::string_view text) {
  const auto whole = text.ends_with("/*") ? text.substr(0, text.size() - 1) : text;
  return whole.starts_with('/') && std::ranges::all_of(whole, [](char c) {
           return c > ' ' && c < 0x7F && c != '*' && c != '?' && c != '#';
         });
}

}  // namespace

bool is_web_address(std::string_view text) {
  const auto url = Url::parse(text);
  return url && (url->scheme() == "http" || url->scheme() == "https");
}

std::optional<std::string> normal_value(const FunctionSetting& setting, std::string_view text) {
  using Type = FunctionSetting::Type;
  switch (setting.type) {
    case Type::number: {
      const auto number = parse_integer(text);
      if (!number || *number < setting.min || *number > setting.max) return std::nullopt;
      return std::to_string(*number);
    }
    case Type::toggle: {
      const auto flag = parse_flag(text);
      if (!flag) return std::nullopt;
      return *flag ? "on" : "off";
    }
    case Type::choice:
      if (text.empty() || std::ranges::find(setting.choices, text) == setting.choices.end())
        return std::nullopt;
      break;
    case Type::prefixes:
      if (!Proxies::parse(text)) return std::nullopt;
      break;
    case Type::headers:
      if (!Proxies::parse("", text)) return std::nullopt;
      break;
    case Type::hosts:
      if (!all_of(text, is_host)) return std::nullopt;
      break;
    case Type::origins:
      if (!all_of(text, is_origin)) return std::nullopt;
      break;
    case Type::paths:
      if (!all_of(text, is_path)) return std::nullopt;
      break;
    case Type::url:
      if (!text.empty() && !is_web_address(text)) return std::nullopt;
      break;
    case Type::text:
    case Type::list:
    case Type::secret: break;
  }
  return std::string(text);
}

std::string expectation(const FunctionSetting& setting) {
  using Type = FunctionSetting::Type;
  switch (setting.type) {
    case Type::number:
      return "a whole number from " + std::to_string(setting.min) + " to " + std::to_string(setting.max);
    case Type::toggle: return "on or off";
    case Type::choice: return join_choices(setting.choices);
    case Type::prefixes: return "a list of addresses, prefixes and unix, as 127.0.0.1,10.0.0.0/8";
    case Type::headers: return "a list of names of headers, as X-Forwarded-For";
    case Type::hosts: return "a list of host names without scheme, port and path, as t.example.org";
    case Type::origins: return "a list of origins, as https://www.example.org, or *";
    case Type::paths:
      return "a list of paths that begin with /, where * is the last after / alone, as /t, /t/*";
    case Type::url: return std::string(kWebAddress);
    case Type::list: return "a list between commas";
    case Type::text:
    case Type::secret: break;
  }
  return "a string";
}

std::optional<Duration> parse_duration(std::string_view text) {
  auto value = parse_with_unit(text, kTimeUnits);
  if (!value && !text.empty() && text.back() >= '0' && text.back() <= '9')
    value = parse_with_unit(std::string(text) + "s", kTimeUnits);
  if (!value) return std::nullopt;
  return Duration(*value);
}

std::string format_duration(Duration duration) {
  auto count = duration.count();
  if (count == 0) return "0s";
  const auto* unit =
      std::ranges::find_if(kTimeUnits, [&](const UnitName& known) { return count % known.size == 0; });
  return std::to_string(count / unit->size) + std::string(unit->name);
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  return parse_with_unit(text, kSizeUnits);
}

std::string format_bytes(std::int64_t bytes) {
  if (bytes == 0) return "0";
  const auto* unit =
      std::ranges::find_if(kSizeUnits, [&](const UnitName& known) { return bytes % known.size == 0; });
  const auto number = std::to_string(bytes / unit->size);
  return unit->name.empty() ? number : number + " " + std::string(unit->name);
}

}  // namespace skerry::config
