#pragma once

#include <span>
#include <string>

#include "native-host/broker/collectors.hpp"
#include "native-host/postgres/connection.hpp"
#include "shared/broker/arrivals.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// When the files of the last 48 hours arrived, for the collectors that are active and of which the index has
/// files. A file is taken to have arrived when the updater saw it first; where that says nothing, as the
/// updater had not looked before, or not for half an hour, it is of unknown lag. Errors: those of the
/// connection.
Result<History> load_history(postgres::Connection& connection, std::span<const Collector> collectors,
                             Time now);

/// The KV document `history` (shared/broker/arrivals.hpp).
Result<std::string> history_document(postgres::Connection& connection, std::span<const Collector> collectors,
                                     Time now);

}  // namespace skerry::broker
