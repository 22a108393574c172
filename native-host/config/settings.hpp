#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <variant>
#include <vector>

#include "native-host/config/secret.hpp"
#include "shared/setting.hpp"

/// Settings, by who has them: each part of the program has a struct of its own, whose initial values are the
/// defaults, and a table that gives each field its name, limits and help. config.hpp fills all of them from
/// the files, the environment and the flags.
namespace skerry::config {

using Duration = std::chrono::milliseconds;

/// How much of a setting's value may be seen, and where it may come from.
enum class Secrecy {
  none,     ///< shown, but for user information in a URL, with which it is not taken from a flag
  url,      ///< a URL or connection string whose password is hidden; with a password not from a flag
  address,  ///< a URL that is a secret itself: shown up to its host, and never taken from a flag
  token,    ///< hidden as a whole; taken from the environment alone
};

/// What a whole number counts.
enum class Unit { none, bytes };

/// One line of a table.
struct Setting {
  /// Where its value lives; the type says how it is written.
  using Field = std::variant<std::string*, std::int64_t*, bool*, Duration*, std::vector<std::string>*>;
  using Value = std::variant<std::string, std::int64_t, bool, Duration, std::vector<std::string>>;

  std::string_view name;  ///< dotted, as in TOML: `update.interval`
  Field (*field)(void* settings);
  std::string_view help;
  std::int64_t min = 0;  ///< of numbers; of durations in milliseconds
  std::int64_t max = INT64_MAX;
  std::vector<std::string_view> choices = {};  ///< of strings; empty: any
  Secrecy secrecy = Secrecy::none;
  Unit unit = Unit::none;
  /// Whether a text (of a list: each of them) can be meant; null: any. And what is wanted, for messages.
  bool (*fits)(std::string_view text) = nullptr;
  std::string_view wants = {};
  /// Two settings with the same word here must not have the same value, unless it is empty: `address`.
  std::string_view distinct = {};
  /// What the same is; null: the same text.
  bool (*clash)(std::string_view one, std::string_view other) = nullptr;
  /// SIGHUP takes a new value over; else it counts from the next start.
  bool live = false;

  /// `SKERRY_UPDATE_INTERVAL`
  [[nodiscard]] std::string environment_name() const;
};

namespace detail {
template <class>
struct MemberOf;
template <class S, class T>
struct MemberOf<T S::*> {
  using Struct = S;
};
template <auto Member>
auto& at(void* settings) {
  return static_cast<MemberOf<decltype(Member)>::Struct*>(settings)->*Member;
}
}  // namespace detail

/// The field of a row: `field<&Settings::interval>`.
template <auto Member>
Setting::Field field(void* settings) {
  return &detail::at<Member>(settings);
}

/// A name that another program gives to a setting, in the environment.
struct ForeignName {
  std::string_view name;          ///< `DATABASE_URL`
  std::string_view setting = {};  ///< that it is; empty: it has no effect
  std::string_view instead = {};  ///< what takes its place, where it has none: a sentence without its end
  int weight = 0;                 ///< of two names of one setting the heavier counts
  /// Its value in our own form; what can't be converted stays, and is refused as the setting's value.
  std::string (*convert)(std::string_view value) = nullptr;
};

/// A secret of a table, for whoever looks at all of them.
struct SecretRow {
  std::string_view name;
  std::string_view closes;  ///< what is closed without it: `/ingest`; empty: nothing is said of a missing one
  Secret& (*secret)(void* settings);
};

/// What several settings of a table must be together.
struct Broken {
  std::string_view setting;  ///< whose place is named
  std::string what;          ///< a sentence that says what to do
};
using Rule = std::optional<Broken> (*)(const void* settings);

using Environment = std::map<std::string, std::string>;

/// What a foreign environment says.
struct ForeignNames {
  struct Found {
    std::string_view setting;
    std::string value;
    std::string variable;  ///< that it came from
    int weight = 0;
  };
  std::vector<Found> settings = {};
  std::vector<std::string> warnings = {};  ///< of each name that has no effect, saying what takes its place
};

/// The settings of one part of the program.
class Table {
 public:
  /// Of the struct `S`, which is made by its default constructor.
  template <class S>
  static Table of(std::string_view owner) {
    return Table(owner, typeid(S), [] -> std::shared_ptr<void> { return std::make_shared<S>(); });
  }

  /// Adds rows, in the order in which people should read them.
  Table& rows(std::vector<Setting> settings);
  /// A secret with all that follows: `name`, `name_file`, the systemd credential, the doctor's line.
  template <auto Member>
  Table& secret(std::string_view name, std::string_view credential, std::string_view help,
                std::string_view closes = {}) {
    add_secret(
        {name, closes, [](void* s) -> Secret& { return detail::at<Member>(s); }},
        [](void* s) -> Setting::Field { return &detail::at<Member>(s).value; },
        [](void* s) -> Setting::Field { return &detail::at<Member>(s).file; }, credential, help);
    return *this;
  }
  /// What several settings must be together.
  template <class S, std::optional<Broken> (*Judge)(const S&)>
  Table& rule() {
    rules_.push_back([](const void* settings) { return Judge(*static_cast<const S*>(settings)); });
    return *this;
  }
  /// Names of other programs. `family`: names that begin so and are not among them get a warning.
  Table& foreign(std::vector<ForeignName> names, std::string_view family = {});
  /// For what is made of several variables.
  Table& foreign(void (*read)(const Environment& environment, ForeignNames& out));

  [[nodiscard]] std::string_view owner() const { return owner_; }
  [[nodiscard]] std::type_index type() const { return type_; }
  [[nodiscard]] const std::vector<Setting>& settings() const { return settings_; }
  [[nodiscard]] const std::vector<SecretRow>& secrets() const { return secrets_; }
  [[nodiscard]] const std::vector<Rule>& rules() const { return rules_; }
  /// The struct with its defaults.
  [[nodiscard]] std::shared_ptr<void> make() const;
  void read_foreign(const Environment& environment, ForeignNames& out) const;

 private:
  Table(std::string_view owner, std::type_index type, std::shared_ptr<void> (*make)())
      : owner_(owner), type_(type), make_(make) {}
  void add_secret(const SecretRow& row, Setting::Field (*value)(void*), Setting::Field (*file)(void*),
                  std::string_view credential, std::string_view help);

  std::string_view owner_;
  std::type_index type_;
  std::shared_ptr<void> (*make_)();
  std::vector<Setting> settings_;
  std::vector<SecretRow> secrets_;
  std::vector<Rule> rules_;
  std::vector<std::string_view> credentials_;                   ///< of the secrets
  std::vector<std::shared_ptr<const std::string>> made_names_;  ///< that rows point to
  std::vector<ForeignName> foreign_;
  std::vector<std::string_view> families_;
  std::vector<void (*)(const Environment&, ForeignNames&)> foreign_readers_;
};

/// The settings that a function of the bundle declares.
struct FunctionTable {
  std::string_view name;
  std::span<const FunctionSetting> settings;
  std::vector<std::string_view> paths = {};  ///< that are its own, whatever is set; `/t/*`: all below
};

/// All tables of a program.
struct Schema {
  std::vector<Table> tables;
  std::vector<FunctionTable> functions;

  /// Null where there is none of this name.
  [[nodiscard]] const Setting* find(std::string_view name) const;
};

/// Sets one; false if it is of another type, or out of its range or choices, or does not fit.
bool assign(const Setting& setting, void* settings, const Setting::Value& value);
/// The same from its text form: of a duration `5m`, of a list `rrc00,rrc01`, of a switch `true` or `false`.
bool assign_text(const Setting& setting, void* settings, std::string_view text);
/// The text form of the present value.
std::string to_text(const Setting& setting, const void* settings);
/// What a value must be, for messages: `a duration from 10s to 1d`. `settings`: any of its struct.
std::string expectation(const Setting& setting, const void* settings);

/// Whether it is a whole URL of http or https.
bool is_web_address(std::string_view text);
inline constexpr std::string_view kWebAddress = "a URL of http or https, as https://host.example";

/// A function's setting in its one form (`true` becomes `on`); nothing where it can't be.
std::optional<std::string> normal_value(const FunctionSetting& setting, std::string_view text);
std::string expectation(const FunctionSetting& setting);

/// `1500ms`, `300s`, `5m`, `1h`, `2d`, or a plain number of seconds.
std::optional<Duration> parse_duration(std::string_view text);
/// In the largest unit that fits.
std::string format_duration(Duration duration);
/// `65536`, `64 KiB`, `25 MiB`, `1 GiB`, `2 TiB`.
std::optional<std::int64_t> parse_integer(std::string_view text);
/// In the largest unit that fits: `64 KiB`, `1000`.
std::string format_bytes(std::int64_t bytes);

}  // namespace skerry::config
