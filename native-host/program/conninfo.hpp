#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::program {

/// A database's address that the environment has in parts, PREFIX{HOST, USER, PASSWORD, DB} and the variable
/// `port`, as a value of `database_url`: a connection string of libpq. The other parts count where there is a
/// host; else they get a warning.
void read_conninfo_parts(const config::Environment& environment, const std::string& prefix,
                         const std::string& port, int weight, config::ForeignNames& out);

/// Warns of names that people give to what `database_url` says: `PG_HOST`, `PGDB`; and of `PGHOST` and its
/// like where nothing in the environment names a database, as libpq then has no say.
void warn_of_libpq_names(const config::Environment& environment, config::ForeignNames& out);

}  // namespace skerry::program
