#pragma once

#include <functional>
#include <string_view>

#include "native-host/events/intake.hpp"
#include "shared/http.hpp"
#include "shared/time.hpp"

namespace skerry::events {

/// Answers `POST /ingest` (shared/ingest.hpp) when the batch is durable; `done` is called once, from any
/// thread, perhaps before this returns.
///
///     200 {"status":"ok","accepted":n,"duplicates":m}
///     400 batch_invalid · 403 ingest_closed, signature_invalid, signature_expired · 405 · 413
///     batch_too_large 503 with Retry-After: events_full, events_unavailable
void ingest(Request request, std::string_view secret, Time now, Intake& intake,
            std::move_only_function<void(Response)> done);

}  // namespace skerry::events
