#include "functions/latest/published.hpp"

#include <algorithm>
#include <cstdint>

#include "functions/latest/settings.hpp"
#include "shared/conditional.hpp"
#include "shared/cors.hpp"
#include "shared/gzip.hpp"
#include "shared/hex.hpp"
#include "shared/negotiation.hpp"

namespace skerry::functions {
namespace {

constexpr CorsPolicy kCors{
    .methods = "GET, HEAD, OPTIONS",
    .exposed_headers = "Age, ETag, Last-Modified, Retry-After, Skerry-View-Time, Warning"};
constexpr Seconds kMaxAge{300};
/// For so long a cache may answer with a document that is past its time already: without it every request
/// would come here exactly while the updater is down.
constexpr Seconds kPastItsTime{5};
constexpr std::string_view kRetryAfter = "30";

/// `age` is told as the header `Age`, which a shared cache adds to and sets against `s-maxage`.
std::string cache_control(Seconds age) {
  std::string value = "public, max-age=" + std::to_string(kMaxAge.count());
  if (age + kPastItsTime > kMaxAge) value += ", s-maxage=" + std::to_string((age + kPastItsTime).count());
  return value + ", stale-while-revalidate=60, stale-if-error=86400";
}

/// For nginx, which sets no `Age` against the lifetime, and would keep an old view for as long as it is old.
std::string accel_expires(Seconds age) {
  return std::to_string(std::max(kPastItsTime, kMaxAge - age).count());
}

/// The body in its encoding, from the cache where it is there.
Result<Body> body_of(const Representation& wanted, bool compress) {
  std::string key = (compress ? "gzip " : "plain ") + wanted.etag;
  if (const Body* cached = wanted.bodies.find(key)) return *cached;
  Result<Body> body = wanted.render();
  if (!body) return body;
  if (compress && body->size() >= kWorthCompressing) body = Body(gzip(body->view(), kAnswerLevel));
  // What lies in the document is there already, and must not keep its owner alive from inside.
  if (body->owner() != wanted.document) wanted.bodies.put(std::move(key), *body);
  return body;
}

bool is_gzip(const Body& body) {
  return body.view().starts_with("\x1f\x8b");
}

}  // namespace

const Body* BodyCache::find(std::string_view key) const {
  const auto entry = std::ranges::find(entries_, key, &Entry::key);
  return entry == entries_.end() ? nullptr : &entry->body;
}

void BodyCache::put(std::string key, Body body) {
  if (body.size() > kLargest) return;
  entries_[next_] = {std::move(key), std::move(body)};
  next_ = (next_ + 1) % entries_.size();
}

std::string identity_of(Time last_updated_at, std::size_t size) {
  return hexadecimal(static_cast<std::uint64_t>(last_updated_at.time_since_epoch().count())) + '-' +
         hexadecimal(size);
}

Response failure(int status, const Error& error) {
  Response response = error_response(status, error.code, error.message);
  if (status == 503) response.headers.add("Retry-After", kRetryAfter);
  allow_any_origin(response, kCors);
  return response;
}

std::optional<Response> answer_method(const Request& request) {
  if (request.method == "GET" || request.method == "HEAD") return std::nullopt;
  if (request.method == "OPTIONS") return options_response(request, kCors);
  Response refused = failure(405, {"method_not_allowed", "use GET, HEAD or OPTIONS"});
  refused.headers.add("Allow", kCors.methods);
  return refused;
}

Seconds resident_time(const Config& config) {
  return Seconds{number_of(config, kResidentSeconds)};
}

Error unreadable(const Publication& publication, const Error& cause) {
  const std::string noun(publication.noun);
  return {noun + "_unreadable", "the stored " + noun + " can't be read: " + cause.message};
}

Error missing(const Publication& publication) {
  const std::string noun(publication.noun);
  return {noun + "_missing", "there is no " + noun + " yet: the updater has not published one"};
}

void log_failure(Log& log, const Error& error) {
  log.write(Log::Level::error, "latest: " + error.code + ": " + error.message);
}

Response respond(const Request& request, const Platform& platform, const Publication& publication,
                 const Representation& representation) {
  const Time updated = representation.last_updated_at;
  const auto age = std::max(Seconds{0}, floor<Seconds>(platform.clock.now() - updated));
  const Validators validators{representation.etag, updated};
  Response response;
  response.headers.reserve(12);
  response.headers.add("ETag", validators.etag);
  response.headers.add("Last-Modified", format_http_date(updated));
  response.headers.add("Cache-Control", cache_control(age));
  response.headers.add("Age", std::to_string(age.count()));
  response.headers.add("X-Accel-Expires", accel_expires(age));
  response.headers.add("Skerry-View-Time", format_rfc3339(updated));
  response.headers.add("Vary", "Accept-Encoding");
  allow_any_origin(response, kCors);
  const int promise = number_of(platform.config, settings::kViewPromise);
  if (age > Seconds{promise}) {
    response.headers.add("Warning", "110 skerry \"the " + std::string(publication.noun) + " is " +
                                        std::to_string(age.count()) + " s old, it should be at most " +
                                        std::to_string(promise) + " s\"");
  }
  if (not_modified(request, validators)) {
    response.status = 304;
    return response;
  }

  const bool compress = wants_gzip(request, platform.config);
  Result<Body> body = body_of(representation, compress);
  if (!body) {
    const Error error = unreadable(publication, body.error());
    log_failure(platform.log, error);
    return failure(503, error);
  }
  response.headers.add("Content-Type", "application/json");
  if (compress && is_gzip(*body)) response.headers.add("Content-Encoding", "gzip");
  response.body = *std::move(body);
  return response;
}

}  // namespace skerry::functions
