#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "shared/error.hpp"

namespace skerry::postgres {

/// What this program works with; what is older is carried over, or refused.
inline constexpr int kOldestVersion = 15;

/// The programs of one installed PostgreSQL.
struct Programs {
  std::filesystem::path folder;  ///< has `postgres` and `initdb`
  int version = 0;               ///< major
};

/// All that are installed: those of the distributions' folders, then those on the PATH; with a `bin_dir` that
/// one alone. Each is run for its version.
std::vector<Programs> installed_programs(const std::filesystem::path& bin_dir = {});

/// Those of this version among `installed`, or the newest for 0; version 0 where there are none.
Programs choose(const std::vector<Programs>& installed, int wanted);

/// The major version that made the cluster in a PGDATA; 0 where there is none.
int made_by(const std::filesystem::path& data);

/// What to do about a cluster that `made_by` made where that version is not installed, and `newest` (0: none)
/// is. `postgres_version`, kind `not_installed`.
Error foreign_version(int made_by, int newest);

}  // namespace skerry::postgres
