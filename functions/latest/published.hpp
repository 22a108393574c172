#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"
#include "shared/time.hpp"

/// The manners of the documents that the updater publishes in the KV store: what `/latest` and `/history`
/// share.
///
/// A document is kept for `resident_seconds`, so that most requests read nothing; an older one never replaces
/// a newer one. `Age` counts from its `last_updated_at`, which is what `Cache-Control: max-age`, 300 s, is
/// relative to. For a document that is nearly as old or older, `s-maxage` is 5 s more than its age, so that a
/// shared cache holds back the crowd when the updater is down, too. `X-Accel-Expires` is what is left of that
/// time, for nginx, which does not heed `Age` (and sends this header no further). `Skerry-View-Time` is the
/// `last_updated_at`, for those behind a cache that keeps an `Age` as it was. A document older than
/// `view_promise_seconds` is served with `Warning: 110`.
///
/// Settings: `resident_seconds` (30), `view_promise_seconds` (900), `gzip` (`on`; `off` where the platform
/// compresses).
/// Errors: 405 `method_not_allowed`; 503 `<noun>_missing`, `<noun>_unreadable`, `kv_unavailable`, each with
/// `Retry-After`.
namespace skerry::functions {

struct Publication {
  std::string_view key;   ///< in the KV store
  std::string_view noun;  ///< in messages and codes: `view`
};

/// Finished bodies of one document. Few different requests make up nearly all of the traffic.
class BodyCache {
 public:
  [[nodiscard]] const Body* find(std::string_view key) const;
  void put(std::string key, Body body);

 private:
  static constexpr std::size_t kLargest = std::size_t{256} * 1024;  // 32 of them stay below 8 MiB
  struct Entry {
    std::string key;
    Body body;
  };
  std::array<Entry, 32> entries_;
  std::size_t next_ = 0;
};

/// A `Document` is made by `static Result<Document> open(std::string)` and tells its `last_updated_at()`.
template <class Document>
struct Opened {
  explicit Opened(Document opened) : document(std::move(opened)) {}
  Document document;
  BodyCache bodies;
};
template <class Document>
using OpenedPtr = std::shared_ptr<Opened<Document>>;

/// What a request asks for.
struct Representation {
  std::string etag;
  Time last_updated_at;
  BodyCache& bodies;
  std::shared_ptr<const void> document;  ///< what owns a body that needs no rendering
  std::function<Result<Body>()> render;  ///< the plain body
};

/// Differs between any two documents of one kind that one updater ever wrote.
std::string identity_of(Time last_updated_at, std::size_t size);

Response failure(int status, const Error& error);
/// The answer to OPTIONS and to methods that there aren't; nothing for GET and HEAD.
std::optional<Response> answer_method(const Request& request);
/// The answer to a GET or HEAD: 200, 304, or 503 where it can't be rendered.
Response respond(const Request& request, const Platform& platform, const Publication& publication,
                 const Representation& representation);

Seconds resident_time(const Config& config);
Error unreadable(const Publication& publication, const Error& cause);
Error missing(const Publication& publication);
void log_failure(Log& log, const Error& error);

template <class Document>
Task<Result<OpenedPtr<Document>>> read(const Publication& publication, Platform& platform) {
  Result<Kv::Value> value = co_await platform.kv.get(std::string(publication.key));
  if (!value) co_return std::unexpected(std::move(value.error()));
  if (!*value) co_return std::unexpected(missing(publication));
  Result<Document> document = Document::open(*std::move(*value));
  if (!document) co_return std::unexpected(unreadable(publication, document.error()));
  co_return std::make_shared<Opened<Document>>(*std::move(document));
}

/// The resident document while it is fresh, else the stored one. Where that can't be had, the resident one is
/// better than none.
template <class Document>
Task<Result<OpenedPtr<Document>>> current(const Publication& publication, Platform& platform) {
  struct Kept {
    OpenedPtr<Document> document;
    Time read_at;
  };
  Kept& kept = platform.resident.of<Kept>();
  const Time now = platform.clock.now();
  if (kept.document && now >= kept.read_at && now < kept.read_at + resident_time(platform.config)) {
    co_return kept.document;
  }
  kept.read_at = now;  // requests that come while this one reads take the resident document
  auto stored = co_await read<Document>(publication, platform);
  if (!stored) {
    // One that is still to come is no fault, and would be a line for each request until it is there.
    if (stored.error() != missing(publication)) log_failure(platform.log, stored.error());
    if (!kept.document) co_return stored;
  } else if (!kept.document ||
             (*stored)->document.last_updated_at() > kept.document->document.last_updated_at()) {
    kept.document = *std::move(stored);
  }
  co_return kept.document;
}

}  // namespace skerry::functions
