#pragma once

#include <string>
#include <string_view>

#include "native-host/publish/target.hpp"

/// What the two platforms' answers have in common; pure.
namespace skerry::publish {

/// `Retry-After` (RFC 9110 §10.2.3) in either form, at most an hour; 0 where there is none.
Seconds retry_after(const Headers& headers, Time now);

/// A platform's own words in a JSON body of an error, on one line and short; empty where there are none. Read
/// are Cloudflare's `errors[].message` with `code`, Fastly's `msg` and `detail`, and those of RFC 9457.
std::string words_of(std::string_view body);

/// The failure that a status other than 2xx means.
Failure failure_of(const http::ClientResponse& response, Time now);

/// Reads the answer to a bulk write of `keys`.
PushResult read_cloudflare_answer(const http::ClientResponse& response, std::span<const std::string> keys,
                                  Time now);

}  // namespace skerry::publish
