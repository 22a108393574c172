#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "native-host/broker/archive.hpp"
#include "native-host/broker/collectors.hpp"
#include "native-host/program/host.hpp"

namespace skerry::broker {

/// Which archives this run reads.
struct Source {
  std::vector<Collector> collectors;
  /// Of the made-up data, where the replica stands for the archives.
  std::optional<std::filesystem::path> made_up;
  std::optional<ReplicaRecord> record = {};
  std::optional<ReplicaProcess> replica = {};
};

/// Whether the settings ask for the replica, and with it for made-up listings.
bool makes_up(const config::Loaded& loaded);

/// Leaves a `Source` in the world. Made-up listings never mix with real ones: where the replica stands for
/// the archives, the whole world is made up (world.hpp). With `archive = "auto"` that is so where no archive
/// answers and nothing real was ever read; only for `skerry up`, which somebody watches.
Result<void> choose_source(program::World& world, const program::Prelude& prelude);

/// For who works: points the collectors at the replica, where it stands for the archives. That is the one
/// that another skerry runs for this data folder, in its one turn (`skerry update --once` beside `skerry
/// up`): its addresses are in the view and stay good. Else one of this process's own.
///
/// Errors: `replica_running` (busy) for who stays, where another has one; as `ReplicaProcess::start`.
Result<void> open_source(program::Host& host);

}  // namespace skerry::broker
