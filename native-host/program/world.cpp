#include "native-host/program/world.hpp"

#include <algorithm>
#include <cerrno>

#include <stdlib.h>
#include <unistd.h>

#include "native-host/files/draft.hpp"
#include "native-host/files/owner.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/program/capability.hpp"
#include "native-host/program/settings.hpp"
#include "native-host/program/terminal.hpp"

namespace skerry::program {
namespace {

constexpr const char* kMadeUp = "replica";
constexpr const char* kStore = "kv.sqlite3";
constexpr auto kPassedThrough = std::filesystem::perms::owner_all | std::filesystem::perms::group_exec |
                                std::filesystem::perms::others_exec;

/// True where nothing was ever stored: a program that could not be started leaves such a store.
bool is_unused(const std::filesystem::path& store) {
  std::error_code ignored;
  if (!std::filesystem::exists(store, ignored)) return true;
  const auto opened = kv::Store::open({.path = store});
  if (!opened) return false;
  const auto listing = (*opened)->list("", 1, "");
  return listing && listing->keys.empty();
}

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

Result<void> World::borrow_folder() {
  std::error_code ignored;
  if (!database_url_.empty() || std::filesystem::exists(data_dir_ / "postgres/data", ignored))
    only_looks_ = true;
  if (only_looks_ && std::filesystem::exists(data_dir_, ignored)) return {};
  std::error_code error;
  const auto place = std::filesystem::temp_directory_path(error);
  if (error) return files::file_error("There is no folder for temporary files", error.value());
  auto name = (place / "skerry-dry-run-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) return files::file_error("Can't make " + name, errno);
  borrowed_ = std::shared_ptr<void>(nullptr, [folder = std::filesystem::path(name)](void*) {
    std::error_code left;
    std::filesystem::remove_all(folder, left);
  });
  // PostgreSQL may run as another user, who has to get through.
  std::filesystem::permissions(name, kPassedThrough, ignored);
  data_dir_ = name;
  return {};
}

World World::meant(const config::Loaded& loaded, std::span<const Capability> capabilities) {
  World world(loaded);
  const bool made_up = std::ranges::any_of(capabilities, [&](const Capability& capability) {
    return capability.makes_up != nullptr && capability.makes_up(loaded);
  });
  if (!made_up || !world.database_url_.empty()) return world;
  world.data_dir_ = world.made_up_dir();
  world.made_up_ = true;
  return world;
}

World World::to_look_at(const config::Loaded& loaded, std::span<const Capability> capabilities) {
  auto world = meant(loaded, capabilities);
  const auto made_up = is_there(world.made_up_dir() / kStore);
  const auto real = is_there(store_path(world));
  // What this user may not see is there.
  const bool only_made_up = !world.is_made_up() && world.database_url_.empty() && real &&
                            made_up.value_or(true) && is_unused(store_path(world));
  if (only_made_up) {
    world.data_dir_ = world.made_up_dir();
    world.made_up_ = true;
  }
  if (world.is_made_up())
    warn("These data are made up, by the archive replica; they lie in " + world.data_dir_.string() + ".");
  return world;
}

Result<void> settle_owner(const config::Loaded& loaded) {
  const std::filesystem::path folder = loaded.get<Settings>().data_dir;
  const auto became = files::become_owner_of(folder);
  if (!became) return std::unexpected(became.error());
  if (*became && isatty(STDERR_FILENO) == 1)
    warn("Going on as " + (*became)->name + ", whose folder " + folder.string() + " is.");
  return {};
}

std::filesystem::path store_path(const World& world) {
  return world.data_dir() / kStore;
}

Result<std::unique_ptr<kv::Store>> open_store(const World& world) {
  const auto there = is_there(store_path(world));
  if (!there) return std::unexpected(there.error());
  if (!*there) return nullptr;
  auto store = kv::Store::open({.path = store_path(world)});
  if (!store && store.error().kind == ErrorKind::denied)
    store.error().message += " Run this as the user of the service, as in sudo -u skerry.";
  return store;
}

Result<bool> is_there(const std::filesystem::path& path) {
  std::error_code error;
  const bool there = std::filesystem::exists(path, error);
  if (error != std::errc::permission_denied) return there;
  return fail(ErrorKind::denied, "folder_denied",
              path.string() +
                  " can't be read by this user: run this as the user of the service, as in sudo -u skerry.");
}

}  // namespace skerry::program
