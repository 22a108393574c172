#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"
#include "shared/error.hpp"

namespace skerry::config {

/// Where settings come from, weakest first: the defaults, the file, the `.env` file, the environment, the
/// flags.
struct Sources {
  std::string file_name;                     ///< for messages
  std::optional<std::string> file;           ///< TOML text
  std::string env_file_name = {};            ///< for messages
  std::optional<std::string> env_file = {};  ///< text of `NAME=value` lines (dotenv.hpp)
  std::map<std::string, std::string> environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< setting name (`update.interval`) and value
};

struct Loaded {
  Settings settings;
  /// Setting name → `skerry.toml:12`, `SKERRY_LISTEN`, `command line`; what is not in it is a default.
  std::map<std::string, std::string, std::less<>> origins;
  /// What in the environment has no effect: slips of the pen, names of the originals that have another place
  /// here (foreign_names.hpp), lines of the `.env` file that are none.
  std::vector<std::string> warnings;
};

/// Merges the sources. An unknown name, a wrong type or a value out of range is an error that names the place
/// (`skerry.toml:12`) and the nearest known name; the message has one line for each that was found. So is a
/// secret where other people could read it (settings.hpp, Secrecy).
/// Error: `config_invalid`.
Result<Loaded> load(const Sources& sources);

/// Reads the files and the environment of this process. Empty names: `skerry.toml` and `.env` in the working
/// directory, if they are there. Errors: `config_unreadable`, `config_invalid`.
Result<Loaded> load_from_system(const std::string& file, const std::string& env_file,
                                std::vector<std::pair<std::string, std::string>> flags);

/// One setting as people see it: secrets are `***`, and only the password of a URL is hidden.
struct Shown {
  std::string name;
  std::string value;
  std::string origin;
  std::string help;
};
std::vector<Shown> describe(const Loaded& loaded);

/// `postgres://skerry:***@db.example:5432/skerry`; also the `password=` of a keyword/value string.
std::string hide_password(std::string_view database_url);

}  // namespace skerry::config
