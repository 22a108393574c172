#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/postgres/connection.hpp"

namespace skerry::postgres {

/// One numbered step of the schema: `migrations/0001_broker.sql`.
struct Migration {
  std::string_view name;  ///< `0001_broker`: the digits order them, without gaps, from 1
  std::string_view sql;
};

/// The migrations that were built in, in order.
std::vector<Migration> embedded_migrations();

/// Applies those of `migrations` that the database has not seen, each in a transaction of its own, under an
/// advisory lock: any number of processes may call this at once. Returns the names of those applied now.
///
/// Errors besides those of the connection: `migration_edited` (an applied one has other text now),
/// `migration_unknown` (the database is ahead of this program), `migration_order` (names not numbered from 1
/// without gaps), `migration_failed` (the server's message; nothing of that step stays).
Result<std::vector<std::string>> migrate(Connection& connection, std::span<const Migration> migrations);
/// With those that were built in.
Result<std::vector<std::string>> migrate(Connection& connection);

}  // namespace skerry::postgres
