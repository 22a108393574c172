#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/sha256.hpp"
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

/// What the head alone tells, before a body is read or hashed: there is a secret (an empty one closes the
/// door), both fields are well formed, and the time is near. Errors: `ingest_closed`, `signature_invalid`,
/// `signature_expired`.
Result<void> verify_head(std::string_view secret, const Headers& headers, Time now);

/// For who receives: the signature of a body that is hashed piece by piece, as it comes.
class Verifier {
 public:
  /// `verify_head`, and what it checks is kept. Errors: its.
  static Result<Verifier> begin(std::string_view secret, const Headers& headers, Time now);
  void update(std::string_view piece) { hash_.update(piece); }
  /// At the end of the body, once; compares in constant time. Error: `signature_invalid`.
  Result<void> finish();

 private:
  Verifier(HmacSha256 hash, std::string_view given) : hash_(hash), given_(given) {}
  HmacSha256 hash_;
  std::string given_;
};

/// What an answer means to who sent so many events: taken, where /ingest itself says so of all of them (200
/// and
/// `{"status":"ok","accepted":n,"duplicates":m}`, n + m = `count`). Errors: `events_garbled` (any other
/// answer of success: whoever gave it, the events are not known to be anywhere); `events_refused` where the
/// batch itself is at fault (400, 413); else `events_full` or `events_unavailable`, a wrong secret included:
/// somebody will set it right.
Result<void> read_answer(int status, std::string_view body, std::uint32_t count);

}  // namespace skerry::ingest
