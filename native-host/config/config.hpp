#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"
#include "shared/error.hpp"

namespace skerry::config {

/// Where settings come from, weakest first: the defaults, the file, the environment, the flags.
struct Sources {
  std::string file_name;            ///< for messages
  std::optional<std::string> file;  ///< TOML text
  std::map<std::string, std::string> environment;
  std::vector<std::pair<std::string, std::string>> flags;  ///< setting name (`update.interval`) and value
};

struct Loaded {
  Settings settings;
  /// Setting name → `skerry.toml:12`, `SKERRY_LISTEN`, `command line`; what is not in it is a default.
  std::map<std::string, std::string, std::less<>> origins;
  /// Names in the environment that are settings but for a slip of the pen.
  std::vector<std::string> warnings;
};

/// Merges the sources. An unknown name, a wrong type or a value out of range is an error that names the place
/// (`skerry.toml:12`) and the nearest known name; the message has one line for each that was found.
/// Error: `config_invalid`.
Result<Loaded> load(const Sources& sources);

/// Reads the file and the environment of this process. `file` empty: `skerry.toml` in the working directory,
/// if there is one. Errors: `config_unreadable`, `config_invalid`.
Result<Loaded> load_from_system(const std::string& file,
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
