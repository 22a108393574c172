#include "native-host/postgres/migrate.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include "shared/sha256.hpp"

namespace skerry::postgres {
namespace {

constexpr std::int64_t kLock = 5428190433518011137;  // "skerry migrations", also of older programs
constexpr int kOldest = 150'000;                     // PostgreSQL 15

/// Without carriage returns: a checkout with other line ends is the same migration.
std::string normalized(std::string_view sql) {
  std::string text(sql);
  std::erase(text, '\r');
  return text;
}

std::string checksum_of(const Migration& migration) {
  Sha256 hash;
  hash.update(normalized(migration.sql));
  return hexadecimal(hash.finish());
}

bool is_schema_name(std::string_view name) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  constexpr std::size_t kLongest = 63;
  return !name.empty() && name.size() <= kLongest && name.front() >= 'a' && name.front() <= 'z' &&
         std::ranges::all_of(name, fits) && name != "public" && name != "skerry" && !name.starts_with("pg_");
}

std::optional<std::size_t> number_of(std::string_view name) {
  std::size_t number = 0;
  const auto read = std::from_chars(name.data(), name.data() + name.size(), number);
  if (read.ec != std::errc() || !std::string_view(read.ptr, name.data() + name.size()).starts_with('_'))
    return {};
  return number;
}

/// The migration 0, if there is one, and the others.
struct Steps {
  std::optional<Migration> zeroth;
  std::span<const Migration> numbered;

  static Result<Steps> of(std::string_view owner, std::span<const Migration> migrations) {
    if (!is_schema_name(owner)) {
      return fail(ErrorKind::usage, "migration_order",
                  "\"" + std::string(owner) + "\" is no name for a schema.");
    }
    Steps steps{.zeroth = {}, .numbered = migrations};
    if (!migrations.empty() && number_of(migrations.front().name) == 0) {
      steps.zeroth = migrations.front();
      steps.numbered = migrations.subspan(1);
    }
    for (std::size_t i = 0; i < steps.numbered.size(); ++i) {
      const auto name = steps.numbered[i].name;
      if (number_of(name) != i + 1) {
        return fail(ErrorKind::usage, "migration_order",
                    "Migration " + std::string(name) + " should have the number " + std::to_string(i + 1) +
                        ", as in 0001_name.");
      }
    }
    return steps;
  }
};

Result<bool> exists(Connection& connection, const std::string& sql, std::string_view name) {
  auto rows = connection.query(sql, {name});
  if (!rows) return std::unexpected(std::move(rows.error()));
  return rows->boolean(0, 0);
}

Result<void> check_version(Connection& connection) {
  const auto version = connection.exec("SHOW server_version_num");
  if (!version) return std::unexpected(version.error());
  if (version->integer(0, 0) >= kOldest) return {};
  return fail(
      ErrorKind::not_installed, "migration_version",
      "PostgreSQL " + std::to_string(version->integer(0, 0) / 10'000) + " is too old; use 15 or newer.");
}

/// What a step says that the server refused: `what` is its name.
std::unexpected<Error> refused(Error error, const std::string& what, std::string_view owner) {
  if (error.kind == ErrorKind::denied) {
    return fail(ErrorKind::denied, "migration_denied",
                what + " failed: " + error.message +
                    " The database's user must be allowed to make schemas (GRANT " +
                    "CREATE ON DATABASE … TO …), or own the schemas skerry and " + std::string(owner) + ".");
  }
  if (error.code == "db_conflict" && error.kind == ErrorKind::busy) {
    return fail(ErrorKind::busy, "migration_locked",
                what + " needs what another session uses: " + error.message);
  }
  if (error.kind == ErrorKind::failed || error.kind == ErrorKind::conflict) {
    return fail("migration_failed", what + " failed: " + error.message);
  }
  return std::unexpected(std::move(error));
}

/// Makes a schema that is not there. Where it is, no right to make one is needed.
Result<void> make_schema(Connection& connection, std::string_view name) {
  const auto there = exists(connection, "SELECT to_regnamespace($1) IS NOT NULL", name);
  if (!there) return std::unexpected(there.error());
  if (*there) return {};
  auto made = connection.exec("CREATE SCHEMA " + std::string(name));
  if (!made) return std::unexpected(std::move(made.error()));
  return {};
}

Result<void> make_table(Connection& connection) {
  const auto there = exists(connection, "SELECT to_regclass($1) IS NOT NULL", "skerry.migrations");
  if (!there) return std::unexpected(there.error());
  if (*there) return {};
  if (auto made = make_schema(connection, "skerry"); !made) return made;
  auto made = connection.exec(
      "CREATE TABLE skerry.migrations (owner text COLLATE \"C\" NOT NULL, name text COLLATE \"C\" NOT NULL, "
      "checksum text NOT NULL, applied timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (owner, name))");
  if (!made) return std::unexpected(std::move(made.error()));
  return {};
}

/// How many are applied; all of them are known, and have the text that they had.
Result<std::size_t> check_applied(Connection& connection, std::string_view owner,
                                  std::span<const Migration> migrations) {
  const auto known = connection.query(
      "SELECT name, checksum FROM skerry.migrations WHERE owner = $1 ORDER BY name", {owner});
  if (!known) return std::unexpected(known.error());
  const auto count = static_cast<std::size_t>(known->size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto row = static_cast<int>(i);
    const std::string name(known->text(row, 0));
    if (i >= migrations.size()) {
      return fail(ErrorKind::conflict, "migration_unknown",
                  "The database has the migration " + name + " of " + std::string(owner) +
                      ", which this program does not know: it was made by a newer one.");
    }
    if (name != migrations[i].name) {
      return fail(ErrorKind::conflict, "migration_unknown",
                  "The database has the migration " + name + " of " + std::string(owner) +
                      " where this program has " + std::string(migrations[i].name) + ".");
    }
    if (known->text(row, 1) != checksum_of(migrations[i])) {
      return fail(
          ErrorKind::conflict, "migration_edited",
          "Migration " + name +
              " was changed after it had been applied to this database. Restore its text, and put the change "
              "into a new migration.");
    }
  }
  return count;
}

Result<void> run_text(Connection& connection, std::string_view owner, const Migration& migration,
                      const MigrateOptions& options) {
  const auto what = "Migration " + std::string(migration.name);
  auto bounds = connection.bounds();
  bounds.call = options.longest;
  const Within within(connection, std::move(bounds));
  const auto set =
      connection.exec("SET LOCAL search_path TO " + std::string(owner) + "; SET LOCAL lock_timeout TO " +
                      std::to_string(std::max<std::int64_t>(options.lock.longest.count(), 1)));
  if (!set) return std::unexpected(set.error());
  if (auto done = connection.exec(normalized(migration.sql)); !done)
    return refused(done.error(), what, owner);
  if (!connection.in_transaction()) {
    return fail("migration_failed", what + " ends the transaction that it runs in.");
  }
  return {};
}

/// One step, within a transaction: the next migration, or nothing when there is none.
Result<std::optional<std::string>> step(Connection& connection, std::string_view owner, const Steps& steps,
                                        const MigrateOptions& options) {
  const std::string preparing = "Making the schema " + std::string(owner);
  if (auto made = make_table(connection); !made) return refused(made.error(), preparing, owner);
  auto count = check_applied(connection, owner, steps.numbered);
  if (!count) return std::unexpected(count.error());
  if (*count == 0) {
    if (auto made = make_schema(connection, owner); !made) return refused(made.error(), preparing, owner);
    if (steps.zeroth) {
      if (auto done = run_text(connection, owner, *steps.zeroth, options); !done)
        return std::unexpected(done.error());
      count = check_applied(connection, owner, steps.numbered);
      if (!count) return std::unexpected(count.error());
      if (*count > 0) return std::string(steps.zeroth->name);
    }
  }
  if (*count == steps.numbered.size()) return std::nullopt;
  const auto& next = steps.numbered[*count];
  if (auto done = run_text(connection, owner, next, options); !done) return std::unexpected(done.error());
  auto recorded =
      connection.query("INSERT INTO skerry.migrations (owner, name, checksum) VALUES ($1, $2, $3)",
                       {owner, next.name, checksum_of(next)});
  if (!recorded) return std::unexpected(std::move(recorded.error()));
  return std::string(next.name);
}

/// The session whose transaction is open for longest, for who waited in vain.
std::string oldest_transaction(Connection& connection) {
  const auto rows = connection.query(
      "SELECT 'process ' || pid || coalesce(' (' || nullif(application_name, '') || ')', '') || ' has a "
      "transaction "
      "open since ' || to_char(xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS') || ' UTC' FROM "
      "pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT "
      "NULL "
      "ORDER BY xact_start LIMIT 1");
  return rows && rows->size() == 1 ? " The oldest: " + std::string(rows->text(0, 0)) + "." : "";
}

Result<std::optional<std::string>> locked_step(Connection& connection, std::string_view owner,
                                               const Steps& steps, const MigrateOptions& options) {
  auto transaction = connection.begin();
  if (!transaction) return std::unexpected(transaction.error());
  if (auto locked = wait_for_lock(connection, kLock, "The migrations' lock", options.lock); !locked) {
    auto error = std::move(locked.error());
    if (error.code == "lock_busy") error.code = "migration_locked";
    return std::unexpected(std::move(error));
  }
  auto done = step(connection, owner, steps, options);
  if (!done) return done;
  if (auto committed = transaction->commit(); !committed) return std::unexpected(committed.error());
  return done;
}

}  // namespace

std::vector<Migration> migrations_of(std::span<const std::pair<std::string_view, std::string_view>> files) {
  std::vector<Migration> migrations;
  migrations.reserve(files.size());
  for (const auto& [name, sql] : files) migrations.push_back({name, sql});
  return migrations;
}

Result<std::vector<std::string>> migrate(Connection& connection, std::string_view owner,
                                         std::span<const Migration> migrations,
                                         const MigrateOptions& options) {
  const auto steps = Steps::of(owner, migrations);
  if (!steps) return std::unexpected(steps.error());
  if (auto checked = check_version(connection); !checked) return std::unexpected(checked.error());
  std::vector<std::string> applied;
  for (;;) {
    auto done = locked_step(connection, owner, *steps, options);
    if (!done) {
      auto error = std::move(done.error());
      if (error.code == "migration_locked" && connection.idle())
        error.message += oldest_transaction(connection);
      return std::unexpected(std::move(error));
    }
    if (!*done) return applied;
    applied.push_back(**std::move(done));
  }
}

Result<SchemaState> schema_state(Connection& connection, std::string_view owner,
                                 std::span<const Migration> migrations) {
  const auto steps = Steps::of(owner, migrations);
  if (!steps) return std::unexpected(steps.error());
  const auto there = exists(connection, "SELECT to_regclass($1) IS NOT NULL", "skerry.migrations");
  if (!there) return std::unexpected(there.error());
  if (!*there) return SchemaState::behind;
  const auto count = check_applied(connection, owner, steps->numbered);
  if (!count && count.error().kind == ErrorKind::conflict) return SchemaState::ahead;
  if (!count) return std::unexpected(count.error());
  return *count == steps->numbered.size() ? SchemaState::current : SchemaState::behind;
}

}  // namespace skerry::postgres
