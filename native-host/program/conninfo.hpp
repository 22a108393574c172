#pragma once

#include <string>

#include "native-host/config/settings.hpp"

namespace skerry::program {

/// A database's address that the environment has in parts, PREFIX{HOST, USER, PASSWORD, DB} and the variable
/// `port`, as a value of `database_url`: a connection string of libpq. The other parts count where there is a
/// host; else they get a warning.
void read_conninfo_parts(const config::Environment& environment, const std::string& prefix,
                         const std::string& port, int weight, config::ForeignNames& out);

}  // namespace skerry::program
