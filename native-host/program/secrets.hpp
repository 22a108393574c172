#pragma once

#include <string>

#include "native-host/config/secret.hpp"
#include "native-host/program/report.hpp"
#include "shared/error.hpp"

namespace skerry::program {

/// A secret that may be missing: empty where none is set. Errors: as `Secret::read`, where one is set.
Result<std::string> read_if_set(const config::Secret& secret);

/// The same for the door behind it, which stays closed where the secret is empty: also where it can't be
/// read, which is reported (`secret_unreadable`).
std::string read_for_door(const config::Secret& secret, Report& report);

}  // namespace skerry::program
