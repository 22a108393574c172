#include "native-host/program/commands.hpp"

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

namespace skerry::program {

CLI::App& Commands::add(const std::string& name, const std::string& help) {
  return *app_->add_subcommand(name, help);
}

CLI::App& Commands::get(const std::string& name) {
  return *app_->get_subcommand(name);
}

void Commands::example(const std::string& command, const std::string& what) {
  examples_ += fmt::format("  {:<41}  {}\n", command, what);
}

void Commands::on(CLI::App& command, Action action, bool anyway) {
  known_.push_back({&command, std::move(action), anyway});
}

void Commands::setting(CLI::App& to, const std::string& flag, const char* setting, const std::string& help) {
  to.add_option_function<std::string>(
      flag, [this, setting](const std::string& value) { flags_.emplace_back(setting, value); }, help);
}

void Commands::data_dir(CLI::App& to) {
  setting(to, "--data-dir", "data_dir", "Where everything is kept (default .skerry)");
}

Commands::Called Commands::called() const {
  for (const Known& known : known_)
    if (known.command->parsed()) return {&known.action, known.anyway};
  return {};
}

}  // namespace skerry::program
