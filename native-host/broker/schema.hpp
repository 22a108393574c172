#pragma once

#include <string>
#include <vector>

#include "native-host/postgres/migrate.hpp"

namespace skerry::broker {

/// The owner of the index's tables, and so their schema.
inline constexpr std::string_view kSchema = "broker";

/// broker/migrations, as built in. The one of number 0 takes over the index of databases in which it lies in
/// `public`, as programs made it before owners had schemas; it waits for an updater of such a program, and
/// leaves a mark by which the older program knows that this is no database of its own any more.
std::vector<postgres::Migration> migrations();

/// Brings a database to this program's schema.
Result<std::vector<std::string>> migrate(postgres::Connection& connection,
                                         const postgres::MigrateOptions& options = {});

}  // namespace skerry::broker
