#pragma once

#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::functions {

/// The latest view, one row per collector and data type with its newest file, and the history of arrivals.
///
/// | route                   | body                                                                    |
/// |-------------------------|-------------------------------------------------------------------------|
/// | `/`                     | as `/latest`; for browsers, by `Accept`, the start page of `pages`      |
/// | `/latest`               | the document `{"last_updated_at":…,"latest":[row…]}`                    |
/// | `/v2/latest`            | the bare array of rows (broker API v2)                                  |
/// | `/v3/broker/latest`     | an envelope with `total, count, page, page_size, error, data, meta` (v3) |
/// | `/v2/health`, `/v3/broker/health` | see broker_health.hpp                                         |
/// | `/history`              | the document `{"format":1,"last_updated_at":…,"begin":…,"series":[…]}`  |
///
/// Parameters of the view: see `Filter`; the history has none. Methods: GET, HEAD, OPTIONS. Reads the KV keys
/// `latest` (see `View`) and `history` (see `History`).
///
/// Rows of the archive replica are marked: `"made_up":true` in the document and in the envelope's `meta`, and
/// `Skerry-Data: made-up` in the head of every form.
///
/// Caching, settings and errors: published.hpp. Further errors: 400 of `Filter`; 404 `not_found`.
Task<Response> latest(const Request& request, Platform& platform);

}  // namespace skerry::functions
