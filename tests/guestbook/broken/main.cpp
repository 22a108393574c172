// The guestbook's program with one migration more, which fails in the middle.
#include "native-host/commands/main.hpp"

#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/events/capability.hpp"
#include "tests/guestbook/capability.hpp"

namespace skerry::guestbook {

std::span<const std::pair<std::string_view, std::string_view>> broken_files();

namespace {

std::vector<postgres::Migration> migrations() {
  auto all = capability().migrations();
  for (const auto& migration : postgres::migrations_of(broken_files())) all.push_back(migration);
  return all;
}

/// Another owner of tables, after the one that fails.
std::vector<postgres::Migration> sound_migrations() {
  return {{.name = "0001_sound", .sql = "CREATE TABLE things (id integer PRIMARY KEY);"}};
}

}  // namespace
}  // namespace skerry::guestbook

int main(int argc, char** argv) {
  auto broken = skerry::guestbook::capability();
  broken.migrations = skerry::guestbook::migrations;
  const skerry::program::Capability capabilities[] = {
      skerry::events::capability(),
      broken,
      {.name = "sound", .migrations = skerry::guestbook::sound_migrations},
  };
  return skerry::commands::main(capabilities, argc, argv);
}
