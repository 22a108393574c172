#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/time.hpp"

/// `POST /ingest`, the hop from an edge to the native host: a batch of events (shared/events/event.hpp),
/// signed with the secret that both know.
///
///     Content-Type: application/vnd.skerry.events
///     X-Skerry-Time: <ms since 1970>
///     X-Skerry-Signature: v1=<lower-case hex HMAC-SHA-256(secret, "v1\n" + time + "\n" + body)>
///
/// A signature is good for five minutes before and after its time. Events are known by their ids, so that a
/// batch may be sent again.
namespace skerry::ingest {

inline constexpr std::string_view kPath = "/ingest";
inline constexpr std::string_view kContentType = "application/vnd.skerry.events";
inline constexpr std::string_view kTimeHeader = "X-Skerry-Time";
inline constexpr std::string_view kSignatureHeader = "X-Skerry-Signature";
inline constexpr std::chrono::minutes kWindow{5};

/// The value of X-Skerry-Signature.
std::string sign(std::string_view secret, Time time, std::string_view body);

/// The whole request, for who sends.
Request signed_request(std::string_view secret, Time time, std::string batch);

/// What the head alone tells, before a body is read or hashed: the secret is there, both fields are well
/// formed, and the time is near. Errors: as of `verify`.
Result<void> verify_head(std::string_view secret, const Headers& headers, Time now);

/// For who receives: `verify_head`, then the signature of all. An empty secret closes the door; signatures
/// are compared in constant time. Errors: `ingest_closed`, `signature_invalid`, `signature_expired`.
Result<void> verify(std::string_view secret, const Headers& headers, std::string_view body, Time now);

/// What an answer means to who sent: taken; `events_refused` where the batch itself is at fault (400, 413);
/// else `events_full` or `events_unavailable`, a wrong secret included: somebody will set it right.
Result<void> read_answer(int status, std::string_view body);

}  // namespace skerry::ingest
