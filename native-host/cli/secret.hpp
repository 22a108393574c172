#pragma once

#include <string>

#include "native-host/cli/report.hpp"
#include "native-host/publish/token.hpp"

namespace skerry::cli {

/// A secret that may be missing: then its door is closed, and it is empty. One that can't be read is reported
/// and is empty, too.
std::string read_secret(const publish::TokenSource& source, Report& report);

}  // namespace skerry::cli
