#pragma once

#include <memory>
#include <span>
#include <stop_token>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"
#include "native-host/postgres/migrate.hpp"
#include "shared/error.hpp"

namespace skerry::config {
class Loaded;
}

namespace skerry::program {

class Checks;
class Commands;
class Host;
class Report;
class Status;
class World;
struct Prelude;
struct Schema;

/// What a capability is while the program runs. Its destructor ends it: by then no request and no loop of it
/// is under way, and what it offered is not used any more.
class Running {
 public:
  virtual ~Running() = default;
  /// The program ends soon, as one from cron does: what is due is done now. False if something is left for
  /// the next run.
  virtual bool settle(const std::stop_token&) { return true; }
};

/// One folder of native-host, as the program knows it: a value in main.cpp's list. What it does not have
/// stays null. Capabilities are opened in the order of the list and closed in reverse; each may use what
/// those before it have offered (services.hpp), and none knows another by name.
struct Capability {
  std::string_view name;  ///< `uploads`; of its folder, its schema and its settings
  config::Table (*settings)() = nullptr;
  /// The functions of the bundle that it runs, with the settings that they declare.
  std::vector<config::FunctionTable> (*functions)() = nullptr;
  /// In order; of a schema of the capability's own name.
  std::vector<postgres::Migration> (*migrations)() = nullptr;
  void (*commands)(Commands&) = nullptr;
  void (*checks)(Checks&) = nullptr;
  /// Its part of `skerry status`.
  void (*status)(Status&) = nullptr;
  /// Whether the settings ask for made-up data, for commands that look at what is there or change it.
  bool (*makes_up)(const config::Loaded&) = nullptr;
  /// Before anything is opened: whether its data will be true.
  Result<void> (*prepare)(World&, const Prelude&) = nullptr;
  /// Starts nothing that waits: loops begin, and requests come, when all are open.
  Result<std::unique_ptr<Running>> (*open)(Host&) = nullptr;
};

/// What they keep in the database.
std::vector<Schema> schemas_of(std::span<const Capability> capabilities);

}  // namespace skerry::program
