#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "native-host/config/config.hpp"
#include "native-host/program/capability.hpp"
#include "native-host/program/exit.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace skerry::program {

/// What a command is called with.
struct Invocation {
  const config::Loaded& loaded;              ///< of what could not be read, the defaults
  std::span<const Capability> capabilities;  ///< of the program
  /// Why the settings could not be read; for commands that run all the same.
  const Error* unreadable = nullptr;
  bool json = false;  ///< the command was given `--json`
  /// Reads the settings again.
  std::function<Result<config::Loaded>()> reread;
};

/// The program's command line (CLI11). Each capability adds its commands, with their flags, help and
/// examples.
class Commands {
 public:
  /// An error is told in one way by whoever calls it (commands/main.cpp): a sentence with its code on
  /// standard error, and where the command was asked for `--json`, `{"error":{"code":…,"message":…}}` in a
  /// line of standard output too. The exit code follows from its kind.
  using Action = std::function<Result<Exit>(const Invocation&)>;

  explicit Commands(CLI::App& app) : app_(&app) {}

  /// `skerry NAME`.
  CLI::App& add(const std::string& name, const std::string& help);
  /// A command that another part has added, to give it further flags.
  CLI::App& get(const std::string& name);
  struct Example {
    std::string command;  ///< `skerry latest --late`
    std::string what;
  };
  /// An example of the command that it calls, which must be there. Its help has it; the first one of a
  /// command is also in the help of what stands above.
  void example(const std::string& command, const std::string& what);
  /// What else the help of a command says at its end.
  void note(CLI::App& command, const std::string& text);
  /// What the command does. Its flags are read when this is called. The settings are read before, and what is
  /// wrong with them ends the program, unless the command is `anyway`.
  void on(CLI::App& command, Action action, bool anyway = false);
  /// A flag that gives a setting a value: `--listen` for `listen`.
  void setting(CLI::App& to, const std::string& flag, const char* setting, const std::string& help);
  /// `--data-dir`, which most commands have.
  void data_dir(CLI::App& to);
  /// What may well follow a flag, for shells to offer. It refuses nothing.
  void offer(const CLI::Option& flag, std::vector<std::string> words);

  /// After parsing: the action of the command that was called.
  struct Called {
    const Action* action = nullptr;
    bool anyway = false;
  };
  [[nodiscard]] Called called() const;
  [[nodiscard]] CLI::App& app() const { return *app_; }
  /// Those of this command alone.
  [[nodiscard]] std::vector<Example> examples(const CLI::App& command) const;
  [[nodiscard]] std::string note(const CLI::App& command) const;
  /// Of `offer`.
  [[nodiscard]] std::vector<std::string> offered(const CLI::Option& flag) const;
  /// The setting that a flag of `setting` gives its value to; empty: none.
  [[nodiscard]] std::string setting_of(const CLI::Option& flag) const;
  /// When all commands are there: writes examples and notes into their help.
  void finish();
  [[nodiscard]] std::vector<std::pair<std::string, std::string>>& flags() { return flags_; }

 private:
  struct Known {
    CLI::App* command;
    Action action;
    bool anyway;
  };
  CLI::App* app_;
  std::vector<Known> known_;
  std::vector<std::pair<std::string, std::string>> flags_;  ///< setting and value
  std::vector<std::pair<const CLI::App*, Example>> examples_;
  std::vector<std::pair<const CLI::App*, std::string>> notes_;
  std::map<const CLI::Option*, std::vector<std::string>> offers_;
  std::map<const CLI::Option*, std::string> settings_;
};

/// A flag whose value is a whole number of these, in decimal digits alone: whatever else follows it ends the
/// program with `bad_usage`.
CLI::Option& whole_number(CLI::Option& flag, std::uint64_t least, std::uint64_t most);

/// What a value is, as help shows it and shells complete it (CLI11's type names): a file's name, a folder's,
/// a setting's, a setting with its value. Of other values nothing is known.
inline constexpr const char* kFile = "FILE";
inline constexpr const char* kFolder = "FOLDER";
inline constexpr const char* kSetting = "SETTING";
inline constexpr const char* kAssignment = "NAME=VALUE";

}  // namespace skerry::program
