#include "native-host/program/world.hpp"

#include <cstdio>

#include <spdlog/fmt/fmt.h>

#include "native-host/program/settings.hpp"

namespace skerry::program {
namespace {

constexpr const char* kMadeUp = "replica";

}  // namespace

World::World(const config::Loaded& loaded)
    : data_dir_(loaded.get<Settings>().data_dir), database_url_(loaded.get<Settings>().database_url) {}

Result<void> World::make_up(const std::string& why) {
  if (!database_url_.empty()) {
    return fail(ErrorKind::usage, "config_invalid",
                why + " would write made-up listings into the database of database_url.");
  }
  data_dir_ = made_up_dir();
  made_up_ = true;
  return {};
}

std::filesystem::path World::made_up_dir() const {
  return made_up_ ? data_dir_ : data_dir_ / kMadeUp;
}

World World::to_look_at(const config::Loaded& loaded) {
  World world(loaded);
  std::error_code ignored;
  const bool only_made_up = world.database_url_.empty() &&
                            !std::filesystem::exists(store_path(world), ignored) &&
                            std::filesystem::exists(world.made_up_dir() / "kv.sqlite3", ignored);
  if (!only_made_up) return world;
  fmt::print(stderr, "This is the archive replica's data: no archive was reached.\n");
  world.data_dir_ = world.made_up_dir();
  return world;
}

std::filesystem::path store_path(const World& world) {
  return world.data_dir() / "kv.sqlite3";
}

}  // namespace skerry::program
