#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <typeindex>
#include <vector>

#include "native-host/config/settings.hpp"
#include "shared/error.hpp"

namespace skerry::config {

/// Where settings come from, weakest first: the defaults, the file, the `.env` file, the environment, the
/// flags.
struct Sources {
  std::string file_name;            ///< for messages
  std::optional<std::string> file;  ///< TOML text
  std::string env_file_name = {};   ///< for messages
  /// Text of `NAME=value` lines (dotenv.hpp); by systemd's rules where it is /etc/skerry/environment. One
  /// that can't be read is a warning with its number; that none can be read is an error.
  std::optional<std::string> env_file = {};
  Environment environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< setting name (`update.interval`) and value
};

/// What a function is started with: plain names and values (shared/platform.hpp, Config). Those that are set,
/// each in its one form.
using FunctionSettings = std::map<std::string, std::string, std::less<>>;

/// Every setting of a program. Copies share their values, which nobody changes.
class Loaded {
 public:
  /// The settings of one part; its table must be in the schema.
  template <class S>
  [[nodiscard]] const S& get() const {
    return *static_cast<const S*>(values_.at(typeid(S)).get());
  }

  std::map<std::string, FunctionSettings, std::less<>> functions;
  /// Setting name → `skerry.toml:12`, `SKERRY_LISTEN`, `command line`; what is not in it is a default.
  std::map<std::string, std::string, std::less<>> origins;
  /// What in the environment has no effect: slips of the pen, names of other programs that have another place
  /// here, lines of the `.env` file that are none.
  std::vector<std::string> warnings;
  std::shared_ptr<const Schema> schema;

 private:
  friend class Merger;
  friend std::vector<struct Shown> describe(const Loaded& loaded);
  friend std::vector<struct SecretState> secrets_of(const Loaded& loaded);
  friend std::vector<std::string> secret_texts(const Loaded& loaded);
  friend std::vector<std::pair<std::string, std::string>> values_of(const Loaded& loaded,
                                                                    std::string_view distinct);
  friend std::vector<struct Difference> differences(const Loaded& before, const Loaded& after);
  friend Loaded defaults(std::shared_ptr<const Schema> schema);
  std::map<std::type_index, std::shared_ptr<void>> values_;
};

/// The defaults of every table.
Loaded defaults(std::shared_ptr<const Schema> schema);

/// Merges the sources. An unknown name, a wrong type or a value that can't be is an error that names the
/// place
/// (`skerry.toml:12`) and the nearest known name; the message has one line for each that was found. So is a
/// secret where other people could read it (settings.hpp, Secrecy), and two addresses that are the same.
/// Settings of functions are checked likewise. Error: `config_invalid` (usage).
Result<Loaded> load(std::shared_ptr<const Schema> schema, const Sources& sources);

/// What could be read, and what was wrong with the rest, which has its defaults.
struct Reading {
  Loaded loaded;
  std::optional<Error> error = {};
  std::string file = {};  ///< that was read; empty: none
  std::string env_file = {};
};
Reading read(std::shared_ptr<const Schema> schema, const Sources& sources);

/// Reads the files and the environment of this process. Empty names: `skerry.toml` and `.env` in the working
/// directory, if they are there, else `/etc/skerry/skerry.toml` and `/etc/skerry/environment`, if they are;
/// one of the latter that this user may not read is left out, with a warning unless a service manager has
/// started us, which reads it for us. What is named may be a pipe, as `--config <(make-settings)`, but not
/// `again`: it has given what it had. Errors: `config_unreadable`, `config_invalid` (usage).
Reading read_from_system(std::shared_ptr<const Schema> schema, const std::string& file,
                         const std::string& env_file, std::vector<std::pair<std::string, std::string>> flags,
                         bool again = false);

/// One setting as people see it: secrets are `***`, and only the password of a URL is hidden.
struct Shown {
  std::string name;
  std::string value;
  std::string origin;
  std::string help;
  bool live = false;  ///< see Setting::live
};
/// All of them, also of functions, in the order of the tables.
std::vector<Shown> describe(const Loaded& loaded);

struct SecretState {
  std::string_view name;
  std::string_view closes;
  const Secret* secret;  ///< of `loaded`
};
std::vector<SecretState> secrets_of(const Loaded& loaded);

/// Name and file of each secret of a function that stands in a file among other settings.
std::vector<std::pair<std::string, std::string>> secrets_in_files(const Loaded& loaded);

/// What must not be shown of those settings that are no `Secret`: the secrets of functions, of lists each
/// piece; passwords of URLs and connection strings, decoded.
std::vector<std::string> secret_texts(const Loaded& loaded);

/// Name and value of each setting whose row says `distinct`: all addresses.
std::vector<std::pair<std::string, std::string>> values_of(const Loaded& loaded, std::string_view distinct);

struct Difference {
  std::string setting;
  bool live;  ///< see Setting::live

  friend bool operator==(const Difference&, const Difference&) = default;
};
/// What differs between two readings.
std::vector<Difference> differences(const Loaded& before, const Loaded& after);

/// `postgres://skerry:***@db.example:5432/skerry`; see masking.hpp.
std::string hide_password(std::string_view database_url);

/// Of the known words the one that is nearest, for `Do you mean …?`; empty where none is near.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);
/// The same however far it is; of equally near ones the one that begins like the word, then the first. Empty
/// where `known` is.
std::string_view nearest_of_all(std::string_view word, std::span<const std::string_view> known);

}  // namespace skerry::config
