#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::metrics {

/// The numbers of the upload store, as its report to InfluxDB names them.
struct RepositoryReport {
  std::uint64_t storage_declared_space = 0;  ///< Σ of the collections' limits, bytes
  std::uint64_t storage_used_space = 0;      ///< Σ of the stored files' sizes, bytes
  std::uint64_t users_active_accounts = 0;
  std::uint64_t users_active_jwt_keys = 0;
  std::uint64_t backup_versions = 0;
  std::uint64_t backup_collections = 0;
  std::uint64_t resources_tags = 0;

  friend bool operator==(const RepositoryReport&, const RepositoryReport&) = default;
};

/// The KV value `metrics`, and the answer to `GET /internal/metrics`: one OpenMetrics text, made at a moment.
///
///   # TYPE skerry_snapshot_timestamp_seconds gauge
///   …
///   skerry_snapshot_timestamp_seconds 1763712312.345
///   …                                  skerry_repository_*: the report; then whatever the native host counts
///   # EOF
struct Snapshot {
  Time made_at;
  RepositoryReport report;
  std::string text;
};

/// `counted` is an OpenMetrics text that has none of the families above.
std::string render_snapshot(Time now, const RepositoryReport& report, std::string_view counted);

/// Error: `metrics_unreadable`, where the text is no such snapshot, or not whole.
Result<Snapshot> read_snapshot(std::string text);

}  // namespace skerry::metrics
