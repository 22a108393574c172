#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "native-host/blocking/blocking.hpp"
#include "native-host/events/intake.hpp"
#include "shared/http.hpp"
#include "shared/time.hpp"

namespace skerry::events {

/// What of a request to `/ingest` is refused by its head alone; nothing where the body has to tell.
std::optional<Response> refuse_by_head(const Request& head, std::string_view secret, Time now);

/// Answers `POST /ingest` (shared/ingest.hpp) when the batch is durable; `done` is called once, from any
/// thread, perhaps before this returns.
///
///     200 {"status":"ok","accepted":n,"duplicates":m}
///     400 batch_invalid · 403 ingest_closed, signature_invalid, signature_expired · 405 · 413
///     batch_too_large 503 with Retry-After: events_full, events_unavailable, pool_full
///
/// A long body is hashed in the pool, a short one at once. The intake must live until the pool has stopped.
void ingest(Request request, std::string secret, Time now, Intake& intake, blocking::Pool& pool,
            std::move_only_function<void(Response)> done);

}  // namespace skerry::events
