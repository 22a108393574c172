#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// What the service counts, for those who draw curves of it.
///
/// | route                                         | body                                               |
/// |-----------------------------------------------|----------------------------------------------------|
/// | `/metrics`                                    | all metrics: OpenMetrics 1.0, or the format 0.0.4  |
/// | `/metrics/backup_repository_report/influxdb`  | the upload store's report, a line for InfluxDB     |
///
/// Both show a snapshot of the native host (shared/metrics/snapshot.hpp). At the edge that is the KV value
/// `metrics`, and `/metrics` has what this instance of the function itself counts beside it, named
/// `skerry_edge_*`; without a snapshot it has that alone. The line is of the snapshot's time:
///
///     backup_repository_report,base_url=http://localhost:8000,app_env=dev storage_declared_space=0,
///     storage_used_space=0,users_active_accounts=0,users_active_jwt_keys=0,backup_versions=0,
///     backup_collections=0,resources_tags=0 1620237873872992246
///
/// Whoever asks needs the code: `?code=`, for `/metrics` also `Authorization: Bearer …`.
///
/// Settings: `metrics_code` (empty: the door is closed to everybody), `metrics_public` (`on`: `/metrics`
/// needs no code), `base_url` (unset: the line has no such tag), `app_env` (`prod`), `source`: `kv` (the
/// edge) or `origin` (the native host itself: a snapshot of now, without `skerry_edge_*`), `edge_counters`
/// (`off`: no `skerry_edge_*`, for platforms with an instance for each request), `gzip` (`off`: the platform
/// compresses). Methods: GET, HEAD, OPTIONS. Errors: 403 as for `/health`; 404 `not_found`; 405
/// `method_not_allowed`; 503 `metrics_missing`, `metrics_unreadable`, `kv_unavailable`, `origin_unreachable`,
/// with `Retry-After`.
Task<Response> metrics(const Request& request, Platform& platform);

}  // namespace skerry::functions
