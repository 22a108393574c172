#pragma once

#include "native-host/cli/report.hpp"
#include "native-host/config/config.hpp"

namespace skerry::cli {

/// The event `settings`, without secrets: those that are no default, or at level debug all of them.
void log_settings(const config::Loaded& loaded, Report& report);

}  // namespace skerry::cli
