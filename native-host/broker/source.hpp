#pragma once

#include <optional>
#include <vector>

#include "native-host/broker/archive.hpp"
#include "native-host/broker/collectors.hpp"
#include "native-host/program/host.hpp"

namespace skerry::broker {

/// Which archives this run reads.
struct Source {
  std::vector<Collector> collectors;
  std::optional<ReplicaProcess> replica;
};

/// Whether the settings ask for the replica, and with it for made-up listings.
bool makes_up(const config::Loaded& loaded);

/// Leaves a `Source` in the world. Made-up listings never mix with real ones: where the replica stands for
/// the archives, the whole world is made up (world.hpp). With `archive = "auto"` that is so where no archive
/// answers and nothing real was ever read; only for `skerry up`, which somebody watches.
Result<void> choose_source(program::World& world, const program::Prelude& prelude);

}  // namespace skerry::broker
