#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "native-host/events/intake.hpp"
#include "native-host/http/exchange.hpp"
#include "shared/http.hpp"
#include "shared/task.hpp"
#include "shared/time.hpp"

namespace skerry::events {

/// What of a request to `/ingest` is refused by its head alone; nothing where the body has to tell.
std::optional<Response> refuse_by_head(const Request& head, std::string_view secret, Time now);

/// Answers `POST /ingest` (shared/ingest.hpp) when the batch is durable. The body is hashed as it comes, so
/// that a long one costs its connection's worker no more at a time than a short one.
///
///     200 {"status":"ok","accepted":n,"duplicates":m}
///     400 batch_invalid · 403 ingest_closed, signature_invalid, signature_expired · 405 · 413
///     body_too_large, batch_too_large · 503 with Retry-After: events_full, events_unavailable
///
/// The intake must live as long as the server.
Task<void> ingest(http::Exchange& exchange, std::string secret, Time now, Intake& intake);

}  // namespace skerry::events
