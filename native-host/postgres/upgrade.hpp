#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::postgres {

struct UpgradeOptions {
  /// The program's data folder, as in `ClusterOptions`.
  std::filesystem::path data_dir = ".skerry";
  /// The major version that is wanted; 0: the newest installed.
  int to = 0;
  /// Looks and checks, and changes nothing.
  bool dry_run = false;
  /// For each of the two servers to start, and to stop.
  std::chrono::seconds timeout{60};
  /// Ends it, and leaves the database as it was (kind `stopped`).
  std::stop_token stop = {};
  /// Gets one line for each step.
  std::function<void(std::string_view)> say = [](std::string_view) {};
};

struct Upgraded {
  int from = 0;
  int to = 0;
  /// False where the cluster is of that version already, and in a dry run.
  bool done = false;
  std::filesystem::path kept = {};  ///< the old cluster; in a dry run, where it would be
  std::uintmax_t bytes = 0;         ///< of the old cluster
  std::uintmax_t free = 0;          ///< bytes of the file system before
  std::uint64_t tables = 0;
  std::uint64_t rows = 0;  ///< in all tables, counted on both sides
};

/// Carries the private cluster over to another major version: a new cluster is made beside the old one in
/// `<data_dir>/postgres/upgrade`, gets what the newest installed pg_dumpall says of the old one (roles,
/// databases, all that is in them), is compared with it table by table, and takes its place. The old one
/// becomes `data.15`, and is never written to but by its own server. Both servers are this call's own: nobody
/// else can use the cluster meanwhile.
///
/// Until the one rename that exchanges the two the old cluster is the cluster, whatever happens; what an
/// interrupted call has left is thrown away by the next one, or, after the exchange, finished by it and by
/// `Cluster::start`.
///
/// Errors: `postgres_none` (not_found), `postgres_in_use` (busy), `postgres_version` (not_installed: of
/// either version, or of pg_dumpall and psql), `postgres_older` (usage: `to` is older), `postgres_space`
/// (full), `postgres_differs` (the new cluster has not all that the old one has), `stopped`, and those of
/// `Cluster::start`.
Result<Upgraded> upgrade(const UpgradeOptions& options);

/// Finishes what an upgrade that was interrupted while it exchanged the clusters has left in a cluster's
/// folder; nothing elsewhere. The caller keeps others out.
Result<void> settle_upgrade(const std::filesystem::path& folder);

}  // namespace skerry::postgres
