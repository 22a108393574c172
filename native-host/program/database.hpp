#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "native-host/postgres/cluster.hpp"
#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/migrate.hpp"
#include "native-host/postgres/pool.hpp"
#include "native-host/program/report.hpp"
#include "native-host/program/world.hpp"

namespace skerry::program {

/// What a capability keeps in the database.
struct Schema {
  std::string owner;  ///< `broker`: the name of its schema, too
  std::vector<postgres::Migration> migrations;
};

/// The database of a world: the private cluster under its data folder, or the one that `database_url` names.
/// One thread at a time makes it ready, others may connect meanwhile.
class Database {
 public:
  /// What its connections do is counted into `meters`.
  Database(const World& world, std::span<const Schema> schemas, Report& report,
           const postgres::Meters& meters, postgres::PoolOptions pool, std::chrono::milliseconds stop_timeout)
      : world_(&world),
        schemas_(schemas),
        report_(&report),
        meters_(meters),
        pool_(std::move(pool)),
        stop_timeout_(stop_timeout) {}

  /// Makes it ready: starts the private cluster where it does not answer (any more), and migrates, each owner
  /// for itself. A stop ends the waits for the database, for its locks, and for whoever holds them. Of an
  /// error that is `unavailable` or `busy` a later try may be worth while. A world that only looks is not
  /// migrated: `migration_needed` (usage) where that would be needed.
  Result<void> ensure(const std::stop_token& stop = {});
  /// For a program that leaves that to others: from now on its connections go to where the database is, if
  /// that is known. Starts nothing, asks nobody. By the thread of `ensure`.
  void find();
  /// Whether the last `ensure` made it so.
  [[nodiscard]] bool is_ready() const { return ready_; }
  /// Whether the private cluster that the last `ensure` found or started has ended. By the thread of
  /// `ensure`.
  [[nodiscard]] bool has_ended() const { return cluster_ && !cluster_->runs(); }
  /// Whether there is a private cluster, running or not.
  [[nodiscard]] bool has_been_made() const;
  /// Connections for whoever needs one for a while; none before all that the capabilities keep is there.
  [[nodiscard]] postgres::Pool& pool() { return pool_; }

  /// Empty before the first `ensure`.
  [[nodiscard]] std::string conninfo() const;
  /// Where it is now, as far as that is known without starting anything.
  [[nodiscard]] std::string reachable() const;
  [[nodiscard]] Result<postgres::Connection> connect(const std::stop_token& stop = {}) const {
    return postgres::Connection::open(conninfo(), {.stop = stop, .meters = meters_});
  }
  [[nodiscard]] const postgres::Meters& meters() const { return meters_; }

 private:
  Result<postgres::Connection> open(const std::stop_token& stop);
  void remember(std::string conninfo);

  const World* world_;
  std::span<const Schema> schemas_;
  Report* report_;
  postgres::Meters meters_;
  std::optional<postgres::Cluster> cluster_;
  postgres::Pool pool_;
  std::chrono::milliseconds stop_timeout_;  ///< for the private cluster to stop
  std::atomic<bool> ready_ = false;
  mutable std::mutex mutex_;
  std::string conninfo_;
};

/// Where the database of a world is, without starting anything; nothing where the private cluster does not
/// run.
std::optional<std::string> reachable_database(const World& world);

/// The same, for people: `db_unreachable` (unavailable) says what would start it, `db_hidden` (denied) that
/// this user may not know whether it runs.
Result<std::string> find_database(const World& world);

/// A connection there, for commands and checks that start nothing. Errors: as `find_database`, and of the
/// connection.
Result<postgres::Connection> connect_to(const World& world, std::string_view application_name,
                                        const postgres::ConnectOptions& options = {});

}  // namespace skerry::program
