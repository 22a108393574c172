#pragma once

#include "native-host/config/config.hpp"
#include "native-host/program/report.hpp"

namespace skerry::program {

/// The event `settings`, without secrets: those that are no default, or at level debug all of them.
void log_settings(const config::Loaded& loaded, Report& report);

}  // namespace skerry::program
