#include "functions/tracker/tracker.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "functions/tracker/answer.hpp"
#include "functions/tracker/keys.hpp"
#include "functions/tracker/peers/peers.hpp"
#include "functions/tracker/post.hpp"
#include "functions/tracker/privacy.hpp"
#include "functions/tracker/settings.hpp"
#include "shared/client.hpp"
#include "shared/comma_list.hpp"
#include "shared/events/event.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"
#include "shared/routes.hpp"
#include "shared/uuid.hpp"

namespace skerry::functions {
namespace {

std::string client_text(const Request& request, const Config& config, bool anonymise) {
  // Snowplow's header for "not even the address".
  if (request.headers.has("SP-Anonymous")) return {};
  const auto proxies = Proxies::parse(config.get(kTrustedProxies.name).value_or(""),
                                      config.get(kForwardedHeaders.name).value_or(""));
  const auto client = client_of(request, proxies.value_or(Proxies()));
  if (!client) return {};
  return (anonymise ? client->anonymised() : *client).text();
}

/// What the events of a request have in common.
events::Event common_event(const Request& request, const Platform& platform, bool anonymise, Sdk sdk,
                           const ShownKeys& keys) {
  events::Event event{.id = {},
                      .received = platform.clock.now(),
                      .client = client_text(request, platform.config, anonymise),
                      .host = std::string(host_name(request)),
                      .path = std::string(request.path()),
                      .query = std::string(request.query()),
                      .user_agent = std::string(request.headers.get("User-Agent").value_or("")),
                      .body = {},
                      .key = keys.several() ? "" : std::string(keys.key()),
                      .sdk = std::move(sdk.name),
                      .sdk_version = std::move(sdk.version),
                      .method = request.method == "HEAD" ? request.method : ""};
  std::ranges::copy_if(request.hints, std::back_inserter(event.hints),
                       [&](const Headers::Field& hint) { return !anonymise || hint.name == "country"; });
  return event;
}

std::uint64_t random_seed(Random& random) {
  std::array<std::uint64_t, 1> seed{};
  random.fill(std::as_writable_bytes(std::span(seed)));
  return seed[0];
}

/// Events that could not be kept, as far as this instance knows.
struct Outage {
  Time since;
  Time last;
  Time last_line;
};

/// An outage would be a line for each request.
void log_failure(Platform& platform, const Error& error) {
  constexpr Seconds kPause{10};
  Time& last = platform.resident.of<Outage>().last_line;
  const Time now = platform.clock.now();
  if (now >= last && now < last + kPause) return;
  last = now;
  platform.log.write(Log::Level::error, "tracker: " + error.code + ": " + error.message);
}

/// How long who asks is to wait: 5 s and a quarter of what the outage lasts, at most a minute, and up to half
/// of that more, so that not all come back at once. A queue that is full is not so soon empty.
Seconds pause_of(Platform& platform, const Error& error) {
  constexpr Seconds kShortest{5}, kShortestWhenFull{15}, kLongest{60}, kOver{120};
  auto& [since, last, _] = platform.resident.of<Outage>();
  const Time now = platform.clock.now();
  if (now < last || now > last + kOver) since = now;
  last = now;
  const Seconds shortest = error.code == "events_full" ? kShortestWhenFull : kShortest;
  const Seconds pause = std::min(kLongest, shortest + std::chrono::duration_cast<Seconds>(now - since) / 4);
  return pause + Seconds(random_seed(platform.random) % (pause.count() / 2 + 1));
}

constexpr std::string_view kNoIdYet("00000000-0000-7000-8000-000000000000");

struct Batch {
  std::string bytes;
  std::uint32_t count = 0;
};

/// True if all records fit, each and together, with what stands around the list as it is in `common`.
bool fit(std::span<const Item> items, const events::BatchWriter& writer) {
  std::size_t size = 0;
  for (const Item& item : items) {
    if (item.fault != Fault::none) continue;
    const std::size_t record = writer.size(item.id.empty() ? kNoIdYet : item.id, item.body);
    size += record;
    if (record > events::kMaxRecord || size > events::kMaxBatch) return false;
  }
  return true;
}

/// The records of all good events; what is too large for one is marked.
Result<Batch> encode(std::vector<Item>& items, const events::Event& common, Random& random) {
  const events::BatchWriter writer(common);
  std::size_t size = 0;
  Batch batch;
  for (Item& item : items) {
    if (item.fault != Fault::none) continue;
    const std::size_t record = writer.size(item.id.empty() ? kNoIdYet : item.id, item.body);
    if (record > events::kMaxRecord) {
      item.fault = Fault::too_large;
      continue;
    }
    size += record;
    ++batch.count;
  }
  if (size > events::kMaxBatch) {
    return fail("batch_too_large", "The records of these events are too large together.");
  }
  batch.bytes.reserve(size);
  std::optional<UuidV7> ids;
  std::string made;
  for (const Item& item : items) {
    if (item.fault != Fault::none) continue;
    if (item.id.empty()) {
      if (!ids) ids.emplace(common.received, random);
      made = ids->next();
    }
    auto written = writer.append(batch.bytes, item.id.empty() ? made : item.id, item.body);
    if (!written) return std::unexpected(std::move(written.error()));
  }
  return batch;
}

/// True for a path in the list `paths`: the same, or below an entry that ends with `/*`.
bool is_event_path(std::string_view path, std::string_view paths) {
  path = without_slash(path);
  for (CommaList list(paths); const auto entry = list.next();) {
    const bool matches = entry->ends_with("/*") ? path.starts_with(entry->substr(0, entry->size() - 1))
                                                : path == without_slash(*entry);
    if (matches) return true;
  }
  return false;
}

/// A GET brings an event in its query. Where lists are posted, and where a peer's SDK only posts, one without
/// is what a redirect made of a POST: the events are gone, and nobody may say that they were taken.
bool is_lost_post(const Request& request, const Asked& asked) {
  const auto path = without_slash(request.path());
  if (path.ends_with("/batch")) return true;
  return !asked.peer.configured_paths && !asked.pixel && request.query().empty();
}

Task<Response> take(const Request& request, Platform& platform, Asked asked) {
  std::string storage;
  auto post = read_request(asked, request, storage);
  if (!post) co_return unreadable(asked, post.error());
  const auto keys = shown_keys(request, platform.config, asked.peer, post->keys);
  if (const auto refused = refused_key(keys, platform.config)) co_return unauthorised(asked, *refused);
  const bool repeated = post->list && mark_duplicates(post->items, random_seed(platform.random));
  if (repeated && asked.peer.shape.ids_differ)
    co_return problem(asked, 400, {"uuid_duplicate", "Two events here have the same uuid."});

  const Treatment treatment = treatment_of(request, platform.config);
  if (!treatment.drop) {
    auto common = common_event(request, platform, treatment.anonymise,
                               asked.peer.sdk == nullptr ? Sdk() : asked.peer.sdk(request, *post), keys);
    common.outer = outer_json(*post, false);
    // It stands in every record: a large one may not keep events out.
    if (!common.outer.empty() && !fit(post->items, events::BatchWriter(common)))
      common.outer = outer_json(*post, true);
    auto batch = encode(post->items, common, platform.random);
    if (!batch) co_return problem(asked, status_of(batch.error()), batch.error());
    if (batch->count > 0) {
      auto kept = co_await platform.events.send(std::move(batch->bytes), batch->count);
      if (!kept) {
        log_failure(platform, kept.error());
        co_return not_kept(asked, kept.error(), pause_of(platform, kept.error()));
      }
    }
  }
  if (!treatment.drop) platform.resident.of<Outage>().last = {};
  const Fault fault = post->items.front().fault;
  if (post->list || fault != Fault::none) {
    const Error error{std::string(code_of(fault)), std::string(message_of(fault))};
    Response response = post->list ? list_answer(asked, post->items, treatment.drop)
                                   : problem(asked, status_of(error), error);
    tell_rejected(response, post->items);
    co_return response;
  }
  co_return treatment.drop ? dropped(asked, *treatment.drop) : success(asked);
}

Task<Response> sink_health(Platform& platform) {
  Request ask;
  ask.target = "/readyz?capability=events";
  const auto ready = co_await platform.origin.fetch(std::move(ask));
  if (ready ? ready->status == 200 : ready.error().code == "origin_unconfigured") co_return plain_text("ok");
  const Error error{"sink_unavailable", {}};
  co_return not_kept({.peer = kGeneric}, error, pause_of(platform, error));
}

Task<Response> answer(const Request& request, Platform& platform, Asked asked) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads && !asked.posts) co_return method_not_allowed(asked);
  const std::string_view path = reads ? request.path() : "";
  if (path == "/sink-health") co_return co_await sink_health(platform);
  if (path == "/health") co_return plain_text("ok");
  if (path == "/robots.txt") co_return plain_text("User-agent: *\nDisallow: /\n");
  const Peer& peer = asked.peer;
  if (peer.serve != nullptr) {
    if (auto served = peer.serve(request, without_slash(request.path()))) co_return *std::move(served);
  }
  const auto paths = platform.config.get(kEventPaths.name).value_or(kEventPaths.fallback);
  if (peer.configured_paths && !is_event_path(request.path(), paths)) co_return not_found(asked);
  if (reads && (!peer.takes_get || is_lost_post(request, asked))) co_return method_not_allowed(asked);
  co_return co_await take(request, platform, asked);
}

}  // namespace

Task<Response> tracker(const Request& request, Platform& platform) {
  const Asked asked = asked_by(request);
  Response response =
      request.method == "OPTIONS" ? preflight(request) : co_await answer(request, platform, asked);
  allow_origin(response, request, platform.config, asked.peer);
  co_return response;
}

}  // namespace skerry::functions
