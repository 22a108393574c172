#include "functions/latest/latest.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <memory>
#include <utility>

#include "functions/latest/view.hpp"
#include "shared/conditional.hpp"
#include "shared/cors.hpp"
#include "shared/gzip.hpp"
#include "shared/negotiation.hpp"

namespace skerry::functions {
namespace {

constexpr CorsPolicy kCors{.methods = "GET, HEAD, OPTIONS",
                           .exposed_headers = "Age, ETag, Last-Modified, Retry-After, Warning"};
constexpr std::string_view kKey = "latest";
constexpr std::string_view kCacheControl =
    "public, max-age=300, stale-while-revalidate=60, stale-if-error=86400";
constexpr std::string_view kRetryAfter = "30";
constexpr std::size_t kWorthCompressing = 1024;
constexpr int kGzipLevel = 6;

/// Finished bodies of one view. Few different requests make up nearly all of the traffic.
class BodyCache {
 public:
  const Body* find(std::string_view key) const {
    const auto entry = std::ranges::find(entries_, key, &Entry::key);
    return entry == entries_.end() ? nullptr : &entry->body;
  }
  void put(std::string key, Body body) {
    if (body.size() > kLargest) return;
    entries_[next_] = {std::move(key), std::move(body)};
    next_ = (next_ + 1) % entries_.size();
  }

 private:
  static constexpr std::size_t kLargest = std::size_t{256} * 1024;  // 32 of them stay below 8 MiB
  struct Entry {
    std::string key;
    Body body;
  };
  std::array<Entry, 32> entries_;
  std::size_t next_ = 0;
};

struct OpenView {
  explicit OpenView(View opened) : view(std::move(opened)) {}
  View view;
  BodyCache bodies;
};

/// What stays in the instance.
struct Kept {
  std::shared_ptr<OpenView> current;
  Time read_at;
};

int setting(const Config& config, std::string_view name, int fallback) {
  const std::string_view text = config.get(name).value_or("");
  int value = fallback;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::optional<Form> form_of(std::string_view path) {
  if (path == "/" || path == "/latest") return Form::document;
  if (path == "/v2/latest") return Form::array;
  if (path == "/v3/broker/latest") return Form::envelope;
  return std::nullopt;
}

Response failure(int status, const Error& error) {
  Response response = error_response(status, error.code, error.message);
  if (status == 503) response.headers.add("Retry-After", kRetryAfter);
  allow_any_origin(response, kCors);
  return response;
}

Task<Result<std::shared_ptr<OpenView>>> read_view(Platform& platform) {
  Result<Kv::Value> value = co_await platform.kv.get(std::string(kKey));
  if (!value) co_return std::unexpected(std::move(value.error()));
  if (!*value) co_return fail("view_missing", "there is no view yet: the updater has not published one");
  Result<View> view = View::open(*std::move(*value));
  if (!view) co_return fail("view_unreadable", "the stored view can't be read: " + view.error().message);
  co_return std::make_shared<OpenView>(*std::move(view));
}

/// The resident view while it is fresh, else the stored one. Where that can't be had, the resident one is
/// better than none.
Task<Result<std::shared_ptr<OpenView>>> current_view(Platform& platform) {
  Kept& kept = platform.resident.of<Kept>();
  const Time now = platform.clock.now();
  const Seconds fresh{setting(platform.config, "resident_seconds", 30)};
  if (kept.current && now >= kept.read_at && now < kept.read_at + fresh) co_return kept.current;

  kept.read_at = now;  // requests that come while this one reads take the resident view
  auto stored = co_await read_view(platform);
  if (!stored) {
    // A view that is still to come is no fault, and would be a line for each request until it is there.
    if (stored.error().code != "view_missing") {
      platform.log.write(Log::Level::error, "latest: " + stored.error().code + ": " + stored.error().message);
    }
    if (!kept.current) co_return stored;
  } else if (!kept.current || (*stored)->view.last_updated_at() > kept.current->view.last_updated_at()) {
    kept.current = *std::move(stored);
  }
  co_return kept.current;
}

/// FNV-1a, 64 bits.
std::uint64_t hash(std::string_view text) {
  std::uint64_t value = 0xcbf29ce484222325;
  for (const char c : text) value = (value ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  return value;
}

std::string etag_of(const View& view, Form form, const Filter& filter) {
  std::string etag = "W/\"" + view.identity();
  if (form == Form::array) etag += "-v2";
  if (form == Form::envelope) etag += "-v3";
  if (!filter.selects_all()) etag += '-' + std::to_string(hash(filter.canonical()));
  return etag + '"';
}

/// The body in its encoding, from the cache where it is there.
Result<Body> body_of(const std::shared_ptr<OpenView>& open, Form form, const Filter& filter,
                     std::string_view etag, bool compress) {
  std::string key = (compress ? "gzip " : "plain ") + std::string(etag);
  if (const Body* cached = open->bodies.find(key)) return *cached;

  Body plain;
  if (const auto whole = open->view.whole(form); whole && filter.selects_all()) {
    plain = Body(*whole, open);
    if (!compress) return plain;
  } else {
    Result<std::string> rendered = open->view.render(form, filter);
    if (!rendered) return std::unexpected(std::move(rendered.error()));
    plain = Body(*std::move(rendered));
  }
  Body body = compress && plain.size() >= kWorthCompressing ? Body(gzip(plain.view(), kGzipLevel)) : plain;
  open->bodies.put(std::move(key), body);
  return body;
}

bool is_gzip(const Body& body) {
  return body.view().starts_with("\x1f\x8b");
}

}  // namespace

Task<Response> latest(const Request& request, Platform& platform) {
  const auto form = form_of(request.path());
  if (!form) co_return error_response(404, "not_found", "There is nothing here.");
  if (request.method == "OPTIONS") co_return options_response(request, kCors);
  if (request.method != "GET" && request.method != "HEAD") {
    Response refused = failure(405, {"method_not_allowed", "use GET, HEAD or OPTIONS"});
    refused.headers.add("Allow", kCors.methods);
    co_return refused;
  }
  const Result<Filter> filter = Filter::parse(Query::parse(request.query()));
  if (!filter) co_return failure(400, filter.error());

  const auto open = co_await current_view(platform);
  if (!open) co_return failure(503, open.error());
  const View& view = (*open)->view;

  const auto age = std::max(Seconds{0}, floor<Seconds>(platform.clock.now() - view.last_updated_at()));
  const Validators validators{etag_of(view, *form, *filter), view.last_updated_at()};
  Response response;
  response.headers.reserve(10);
  response.headers.add("ETag", validators.etag);
  response.headers.add("Last-Modified", format_http_date(view.last_updated_at()));
  response.headers.add("Cache-Control", kCacheControl);
  response.headers.add("Age", std::to_string(age.count()));
  response.headers.add("Vary", "Accept-Encoding");
  allow_any_origin(response, kCors);
  const int promise = setting(platform.config, "view_promise_seconds", 900);
  if (age > Seconds{promise}) {
    response.headers.add("Warning", "110 skerry \"the view is " + std::to_string(age.count()) +
                                        " s old, it should be at most " + std::to_string(promise) + " s\"");
  }
  if (not_modified(request, validators)) {
    response.status = 304;
    co_return response;
  }

  const bool compress =
      platform.config.get("gzip") != "off" && accepts_gzip(request.headers.joined("Accept-Encoding"));
  Result<Body> body = body_of(*open, *form, *filter, validators.etag, compress);
  if (!body) {
    platform.log.write(Log::Level::error, "latest: view_unreadable: " + body.error().message);
    co_return failure(503, {"view_unreadable", "the stored view can't be read: " + body.error().message});
  }
  response.headers.add("Content-Type", "application/json");
  if (compress && is_gzip(*body)) response.headers.add("Content-Encoding", "gzip");
  response.body = *std::move(body);
  co_return response;
}

}  // namespace skerry::functions
