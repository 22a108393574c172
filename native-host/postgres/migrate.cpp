#include "native-host/postgres/migrate.hpp"

#include <charconv>
#include <utility>

namespace skerry::postgres {

std::span<const std::pair<std::string_view, std::string_view>> migration_files();

namespace {

constexpr std::string_view kLock = "5428190433518011137";  // "skerry migrations", any constant will do

/// Without carriage returns: a checkout with other line ends is the same migration.
std::string normalized(std::string_view sql) {
  std::string text(sql);
  std::erase(text, '\r');
  return text;
}

Result<void> check_order(std::span<const Migration> migrations) {
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    const auto name = migrations[i].name;
    std::size_t number = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
    if (read.ec != std::errc() || number != i + 1 ||
        !std::string_view(read.ptr, name.data() + name.size()).starts_with('_')) {
      return fail("migration_order", "Migration " + std::string(name) + " should have the number " +
                                         std::to_string(i + 1) + ", as in 0001_name.");
    }
  }
  return {};
}

Result<void> apply(Connection& connection, const Migration& migration) {
  auto transaction = connection.begin();
  if (!transaction) return std::unexpected(transaction.error());
  const auto sql = normalized(migration.sql);
  if (auto done = connection.exec(sql); !done) {
    if (!connection.alive()) return std::unexpected(done.error());
    return fail("migration_failed",
                "Migration " + std::string(migration.name) + " failed: " + done.error().message);
  }
  auto recorded = connection.query(
      "INSERT INTO migrations (name, checksum) VALUES ($1, encode(sha256(convert_to($2, 'UTF8')), 'hex'))",
      {migration.name, sql});
  if (!recorded) return std::unexpected(recorded.error());
  return transaction->commit();
}

Result<std::vector<std::string>> migrate_locked(Connection& connection,
                                                std::span<const Migration> migrations) {
  auto table = connection.exec(
      "CREATE TABLE IF NOT EXISTS migrations (name text COLLATE \"C\" PRIMARY KEY, checksum text NOT NULL, "
      "applied timestamptz NOT NULL DEFAULT now())");
  if (!table) return std::unexpected(table.error());

  auto known = connection.query("SELECT name, checksum FROM migrations ORDER BY name");
  if (!known) return std::unexpected(known.error());
  if (static_cast<std::size_t>(known->size()) > migrations.size()) {
    return fail("migration_unknown", "The database has the migration " +
                                         std::string(known->text(known->size() - 1, 0)) +
                                         ", which this program does not know: it was made by a newer one.");
  }

  std::vector<std::string> applied;
  for (std::size_t i = 0; i < migrations.size(); ++i) {
    const auto& migration = migrations[i];
    const auto row = static_cast<int>(i);
    if (row >= known->size()) {
      if (auto done = apply(connection, migration); !done) return std::unexpected(done.error());
      applied.emplace_back(migration.name);
      continue;
    }
    if (known->text(row, 0) != migration.name) {
      return fail("migration_unknown", "The database has the migration " + std::string(known->text(row, 0)) +
                                           " where this program has " + std::string(migration.name) + ".");
    }
    auto same = connection.query("SELECT $1 = encode(sha256(convert_to($2, 'UTF8')), 'hex')",
                                 {known->text(row, 1), normalized(migration.sql)});
    if (!same) return std::unexpected(same.error());
    if (!same->boolean(0, 0)) {
      return fail("migration_edited", "Migration " + std::string(migration.name) +
                                          " was changed after it had been applied to this database. Restore "
                                          "its text, and put the change into a new migration.");
    }
  }
  return applied;
}

}  // namespace

std::vector<Migration> embedded_migrations() {
  std::vector<Migration> migrations;
  for (const auto& [name, sql] : migration_files()) migrations.push_back({name, sql});
  return migrations;
}

Result<std::vector<std::string>> migrate(Connection& connection, std::span<const Migration> migrations) {
  if (auto ordered = check_order(migrations); !ordered) return std::unexpected(ordered.error());
  const std::string lock(kLock);
  if (auto locked = connection.exec("SELECT pg_advisory_lock(" + lock + ")"); !locked) {
    return std::unexpected(locked.error());
  }
  auto applied = migrate_locked(connection, migrations);
  auto unlocked = connection.exec("SELECT pg_advisory_unlock(" + lock + ")");
  if (applied && !unlocked) return std::unexpected(unlocked.error());
  return applied;
}

Result<std::vector<std::string>> migrate(Connection& connection) {
  return migrate(connection, embedded_migrations());
}

}  // namespace skerry::postgres
