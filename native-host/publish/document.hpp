#pragma once

#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::publish {

/// A value of the KV contract (`latest`, `history`, `health`, `metrics`) and what decides whether it has to
/// be pushed.
struct Document {
  std::string key;
  std::string value;
  Time as_of;          ///< its `last_updated_at` or `checked_at`, or when the metrics were
  std::string digest;  ///< equal where readers would notice no difference
};

/// Reads a JSON object with `last_updated_at` or `checked_at` (RFC 3339). The digest is over everything but
/// what changes with the time alone: these two, `update_duration`, and in the objects of its arrays `delay`
/// and `message`. It is a 64-bit hash (FNV-1a): a change that it misses goes out with the next refresh.
/// `metrics` is no JSON object (shared/metrics/snapshot.hpp), and never differs: a target's copy is refreshed
/// now and then.
/// Error: `document_invalid`.
Result<Document> make_document(std::string key, std::string value);

}  // namespace skerry::publish
