#pragma once

#include "native-host/kv/store.hpp"
#include "shared/http.hpp"

namespace skerry::kv {

/// The body that a put may have; the HTTP server must let it through.
inline constexpr std::size_t kMaxWireBody = kMaxValueBytes;

/// Answers workerd's kvNamespace protocol from a store, so that a self-hosted workerd reads and writes the
/// same keys (reference: miniflare's namespace worker):
///
///   GET    /<key>?urlencoded=true                        200, CF-KV-Metadata, CF-Expiration · 404
///   POST   /bulk/get  {"keys": […], "type", "withMetadata"}   200, key → value, null or {value, metadata}
///   PUT    /<key>?urlencoded=true[&expiration=][&expiration_ttl=]   204
///   GET    /?key_count_limit=&prefix=&cursor=            200, {"keys", "list_complete", "cursor"}
///   DELETE /<key>?urlencoded=true                        204
///
/// What is put so is `Entry::foreign`. Who may ask: door.hpp. At most 100 keys and 25 MiB in a bulk get;
/// times to live are 60 s at least. Errors: 400, 404, 405, 413 and, where the store is not available, 503
/// with Retry-After.
Response handle(const Request& request, Store& store, Time now);

}  // namespace skerry::kv
