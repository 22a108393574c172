#include "native-host/program/commands.hpp"

#include <algorithm>
#include <charconv>
#include <sstream>

#include <CLI/CLI.hpp>
#include <spdlog/fmt/fmt.h>

namespace skerry::program {
namespace {

std::vector<const CLI::App*> below(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// `skerry events tail -f`: the command `tail` of `events`.
const CLI::App& called_by(const CLI::App& app, const std::string& line) {
  const CLI::App* at = &app;
  std::istringstream words(line);
  std::string word;
  words >> word;
  while (words >> word) {
    const auto known = below(*at);
    const auto found =
        std::ranges::find_if(known, [&](const CLI::App* each) { return each->get_name() == word; });
    if (found == known.end()) break;
    at = *found;
  }
  return *at;
}

}  // namespace

CLI::App& Commands::add(const std::string& name, const std::string& help) {
  return *app_->add_subcommand(name, help);
}

CLI::App& Commands::get(const std::string& name) {
  return *app_->get_subcommand(name);
}

void Commands::example(const std::string& command, const std::string& what) {
  examples_.emplace_back(&called_by(*app_, command), Example{command, what});
}

void Commands::note(CLI::App& command, const std::string& text) {
  notes_.emplace_back(&command, text);
}

std::vector<Commands::Example> Commands::examples(const CLI::App& command) const {
  std::vector<Example> found;
  for (const auto& [of, example] : examples_)
    if (of == &command) found.push_back(example);
  return found;
}

std::string Commands::note(const CLI::App& command) const {
  std::string text;
  for (const auto& [of, note] : notes_)
    if (of == &command) text += note;
  return text;
}

void Commands::finish() {
  const auto write = [&](auto&& self, CLI::App& command) -> std::vector<Example> {
    auto shown = examples(command);
    for (CLI::App* each : command.get_subcommands([](CLI::App*) { return true; }))
      if (const auto theirs = self(self, *each); !theirs.empty()) shown.push_back(theirs.front());
    std::size_t width = 0;
    for (const auto& example : shown) width = std::max(width, example.command.size());
    std::string footer = shown.empty() ? "" : "\nExamples:\n";
    for (const auto& [line, what] : shown) footer += fmt::format("  {:<{}}  {}\n", line, width, what);
    const auto more = note(command);
    command.footer(footer + (more.empty() ? "" : "\n" + more));
    return shown;
  };
  write(write, *app_);
}

void Commands::on(CLI::App& command, Action action, bool anyway) {
  known_.push_back({&command, std::move(action), anyway});
}

void Commands::setting(CLI::App& to, const std::string& flag, const char* setting, const std::string& help) {
  const auto* option = to.add_option_function<std::string>(
      flag, [this, setting](const std::string& value) { flags_.emplace_back(setting, value); }, help);
  settings_.emplace(option, setting);
}

void Commands::data_dir(CLI::App& to) {
  setting(to, "--data-dir", "data_dir", "Where everything is kept (default .skerry)");
  to.get_option("--data-dir")->type_name(kFolder);
}

void Commands::offer(const CLI::Option& flag, std::vector<std::string> words) {
  offers_.emplace(&flag, std::move(words));
}

std::vector<std::string> Commands::offered(const CLI::Option& flag) const {
  const auto found = offers_.find(&flag);
  return found == offers_.end() ? std::vector<std::string>() : found->second;
}

std::string Commands::setting_of(const CLI::Option& flag) const {
  const auto found = settings_.find(&flag);
  return found == settings_.end() ? std::string() : found->second;
}

CLI::Option& whole_number(CLI::Option& flag, std::uint64_t least, std::uint64_t most) {
  flag.check([least, most](const std::string& text) {
    std::uint64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool good =
        error == std::errc() && rest == text.data() + text.size() && number >= least && number <= most;
    return good ? std::string() : fmt::format("\"{}\" is no whole number from {} to {}", text, least, most);
  });
  return flag;
}

Commands::Called Commands::called() const {
  for (const Known& known : known_)
    if (known.command->parsed()) return {&known.action, known.anyway};
  return {};
}

}  // namespace skerry::program
