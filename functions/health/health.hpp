#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// `GET /health?code=`: is everything well? As Backup Repository's servers answer it, so that what watches
/// those can watch this: 200 where all checks pass, 503 with the same body where one does not, 403 for a
/// wrong or missing code. `Authorization: Bearer` may show the code, too.
///
///     {"status":[{"storage":true,"database":true,…}],"messages":[{"storage":[],"database":[],…}],
///      "global_status":true,"ident":["global_status=True","storage=True","database=True",…]}
///
/// With `shape=objects`, `status` and `messages` are the bare objects that the original server sends.
///
/// | check           | passes while                                                                      |
/// |-----------------|-----------------------------------------------------------------------------------|
/// | `storage`, `database` | the native host's self-check says so; they are always there, and first      |
/// | `kv`            | the edge's store can be read                                                      |
/// | `view`          | the KV value `latest` is at most `view_promise_seconds` old                       |
/// | `self_check`    | the native host's self-check is there, and at most `health_max_age_seconds` old   |
/// | `origin`        | the native host answers `/livez`; only where `origin_url` names one               |
/// | others          | the native host's self-check says so (shared/health/document.hpp)                 |
///
/// What a self-check said that is too old counts for nothing: its checks fail, as those that can't be read.
///
/// Settings: `health_code` (empty: the door is closed to everybody), `health_max_age_seconds` (900: a
/// target's copy is refreshed every ten minutes), `view_promise_seconds` (900), `source`: `kv` (the edge, as
/// above) or `origin` (the native host itself, which makes a check now; then `kv`, `view` and `origin` are
/// its own). Methods: GET, HEAD, OPTIONS; any origin may read, as only who knows the code gets to see
/// anything. Errors: 403 as the original has it; 405 `method_not_allowed`.
Task<Response> health(const Request& request, Platform& platform);

}  // namespace skerry::functions
