#pragma once

#include <string>

#include "native-host/cli/report.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/publish/token.hpp"

namespace skerry::cli {

/// Where the program's secrets come from.
publish::TokenSource ingest_secret(const config::Settings& settings);
publish::TokenSource health_code(const config::Settings& settings);
publish::TokenSource metrics_code(const config::Settings& settings);

/// A secret that may be missing: then its door is closed, and it is empty. One that can't be read is reported
/// and is empty, too.
std::string read_secret(const publish::TokenSource& source, Report& report);

}  // namespace skerry::cli
