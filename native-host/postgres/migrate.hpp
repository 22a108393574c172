#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/postgres/connection.hpp"
#include "native-host/postgres/locks.hpp"

namespace skerry::postgres {

/// One numbered step of an owner's schema: `broker/migrations/0001_broker.sql`.
///
/// Its text runs in a transaction with the owner's schema as the only one that needs no name, and leaves that
/// transaction open. Once it was released it never changes: databases know its checksum.
///
/// The number 0 is for what was there before the owner had a schema: as long as nothing is recorded of the
/// owner, it runs in the transaction that makes the schema. It writes into `skerry.migrations` what it found
/// applied, is not recorded itself, and does nothing where nothing was.
struct Migration {
  std::string_view name;  ///< `0001_broker`: the digits order them, without gaps, from 1, or from 0
  std::string_view sql;
};

/// Files that skerry_embed built in, as migrations.
std::vector<Migration> migrations_of(std::span<const std::pair<std::string_view, std::string_view>> files);

struct MigrateOptions {
  LockWait lock =
      {};  ///< for other processes that migrate; as long at most is a table waited for that is in use
  std::chrono::milliseconds longest = std::chrono::hours(1);  ///< for each migration
};

/// Applies those of `migrations` that the database has not seen, each in a transaction of its own, to the
/// schema `owner`, which it makes. What was applied stands in `skerry.migrations`, a table for all owners:
/// the failure of one is none of another's. Any number of processes may call this at once. Returns the names
/// of those applied now. PostgreSQL 15 and newer.
///
/// Errors besides those of the connection, all of which leave the database as it was before the step:
/// `migration_edited` (an applied one has other text now), `migration_unknown` (the database is ahead of this
/// program), `migration_order` (names not numbered as above, or no name for a schema), `migration_failed`
/// (the server's message), `migration_locked` (busy: somebody else migrates, or uses a table that a migration
/// changes, and says who), `migration_denied` (the user may not make schemas), `migration_version` (a
/// PostgreSQL that is too old).
Result<std::vector<std::string>> migrate(Connection& connection, std::string_view owner,
                                         std::span<const Migration> migrations,
                                         const MigrateOptions& options = {});

enum class SchemaState {
  current,
  behind,  ///< `migrate` would apply something
  ahead,   ///< made by a newer program, or by another one
};
/// Looks only.
Result<SchemaState> schema_state(Connection& connection, std::string_view owner,
                                 std::span<const Migration> migrations);

}  // namespace skerry::postgres
