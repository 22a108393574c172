#pragma once

#include "shared/error.hpp"

namespace skerry::cli {

/// What every command ends with.
enum class Exit : int {
  ok = 0,
  failed = 1,
  usage = 2,    ///< flags or settings that can't be
  missing = 3,  ///< something that has to be installed is not there
};

inline Exit exit_for(const Error& error) {
  if (error.code.starts_with("config_") || error.code == "bad_address") return Exit::usage;
  if (error.code == "postgres_not_installed" || error.code == "replica_missing") return Exit::missing;
  return Exit::failed;
}

}  // namespace skerry::cli
