#pragma once

#include "shared/error.hpp"

namespace skerry::cli {

/// What every command ends with.
enum class Exit : int {
  ok = 0,
  failed = 1,   ///< as a whole
  usage = 2,    ///< flags or settings that can't be
  missing = 3,  ///< something that has to be installed is not there
  partly = 4,   ///< some collectors or some publishing targets failed, the rest is done
  running = 5,  ///< another updater is at work on this database
};

inline Exit exit_for(const Error& error) {
  if (error.code.starts_with("config_") || error.code == "bad_address" || error.code == "unknown_collector" ||
      error.code == "collectors_invalid") {
    return Exit::usage;
  }
  if (error.code == "postgres_not_installed" || error.code == "replica_missing") return Exit::missing;
  if (error.code == "update_running") return Exit::running;
  return Exit::failed;
}

}  // namespace skerry::cli
