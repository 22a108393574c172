#include "native-host/program/commands.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/fmt/fmt.h>

#include "native-host/program/database.hpp"
#include "native-host/program/human.hpp"
#include "native-host/program/terminal.hpp"
#include "tests/guestbook/book.hpp"
#include "tests/guestbook/capability.hpp"

namespace skerry::guestbook {
namespace {

struct Options {
  std::int64_t last = 10;
  bool json = false;
};

Result<std::string> show(const program::Invocation& invocation, const Options& options) {
  const auto world = program::World::to_look_at(invocation.loaded, invocation.capabilities);
  auto connection = connect_to(world, "skerry guestbook");
  if (!connection) return std::unexpected(connection.error());
  const auto lines = newest(*connection, options.last);
  if (!lines) return std::unexpected(lines.error());
  std::string text;
  for (const auto& line : *lines) {
    if (options.json) {
      text += line + "\n";
      continue;
    }
    const auto entry = nlohmann::json::parse(line);
    // Quoted: a visitor's words must not move the reader's terminal.
    text += fmt::format("{}  {}  {}\n", entry["written"].get<std::string>(), entry["name"].dump(),
                        entry["text"].dump());
  }
  return text;
}

}  // namespace

void add_commands(program::Commands& commands) {
  CLI::App& guestbook = commands.add("guestbook", "Shows what visitors wrote");
  guestbook.require_subcommand(1);
  CLI::App& entries = *guestbook.add_subcommand("entries", "The newest entries, the newest last");
  const auto options = std::make_shared<Options>();
  program::whole_number(*entries.add_option("--last", options->last, "So many (default 10)"), 1, 1'000'000);
  entries.add_flag("--json", options->json, "As NDJSON");
  commands.data_dir(entries);
  commands.example("skerry guestbook entries", "what visitors wrote last");
  commands.on(entries, [options](const program::Invocation& invocation) -> Result<program::Exit> {
    const auto text = show(invocation, *options);
    if (!text) return std::unexpected(text.error());
    program::put(*text);
    return program::Exit::ok;
  });
}

}  // namespace skerry::guestbook
