#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "functions/tracker/peer.hpp"
#include "functions/tracker/post.hpp"
#include "functions/tracker/privacy.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"

/// The answers of the tracker, each in the manner of who asks: see tracker.hpp.
namespace skerry::functions {

/// Without a place in any store.
Response reply(int status, std::string_view type, Body body);
Response plain_text(std::string_view text);
/// The peer's word of success, or the pixel.
Response success(const Asked& asked);
/// Success, and why nothing was kept.
Response dropped(const Asked& asked, Drop reason);
/// What became of each event of a list; `drop` is the fate of all good ones.
Response list_answer(const Asked& asked, std::span<const Item> items, std::optional<Drop> drop);

/// `X-Track-Rejected: event_too_large=2, too_deep=1`, where events were refused.
void tell_rejected(Response& response, std::span<const Item> items);

Response problem(const Asked& asked, int status, const Error& error);
/// Of a body; a 415 says what would be taken (RFC 9110 §15.5.16).
Response unreadable(const Asked& asked, const Error& error);
Response unauthorised(const Asked& asked, const Error& error);
/// 503 with `retry_after`, or 500 where a later try would not do. The message does not say what only
/// operators should know.
Response not_kept(const Asked& asked, const Error& error, Seconds retry_after);
Response method_not_allowed(const Asked& asked);

Response not_found(const Asked& asked);

/// The answer to OPTIONS, without what `allow_origin` adds.
Response preflight(const Request& request);
/// Cross-origin access: with credentials for every origin where the peer's SDK sends them, and for those of
/// the setting `credentials_origins`; `*` for others.
void allow_origin(Response& response, const Request& request, const Config& config, const Peer& peer);

}  // namespace skerry::functions
