#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// The latest view: one row per collector and data type with its newest file.
///
/// | route                   | body                                                                    |
/// |-------------------------|-------------------------------------------------------------------------|
/// | `/`, `/latest`          | the document `{"last_updated_at":…,"latest":[row…]}`                    |
/// | `/v2/latest`            | the bare array of rows (broker API v2)                                  |
/// | `/v3/broker/latest`     | an envelope with `total, count, page, page_size, error, data, meta` (v3) |
///
/// Parameters: see `Filter`. Methods: GET, HEAD, OPTIONS. Reads the KV key `latest` (see `View`) and keeps
/// the view for `resident_seconds`, so that most requests read nothing; an older view never replaces a newer
/// one.
///
/// `Age` counts from `last_updated_at`, which is what `Cache-Control: max-age` is relative to. A view older
/// than `view_promise_seconds` is served with `Warning: 110`.
///
/// Settings: `resident_seconds` (30), `view_promise_seconds` (900), `gzip` (`on`; `off` where the platform
/// compresses).
/// Errors: 400 of `Filter`; 404 `not_found`; 405 `method_not_allowed`; 503 `view_missing`, `view_unreadable`,
/// `kv_unavailable`, each with `Retry-After`.
Task<Response> latest(const Request& request, Platform& platform);

}  // namespace skerry::functions
