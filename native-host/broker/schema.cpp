#include "native-host/broker/schema.hpp"

#include <span>
#include <utility>

namespace skerry::broker {

std::span<const std::pair<std::string_view, std::string_view>> migration_files();

std::vector<postgres::Migration> migrations() {
  return postgres::migrations_of(migration_files());
}

Result<std::vector<std::string>> migrate(postgres::Connection& connection,
                                         const postgres::MigrateOptions& options) {
  return postgres::migrate(connection, kSchema, migrations(), options);
}

}  // namespace skerry::broker
