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
  const auto trusted = parse_prefixes(config.get(kTrustedProxies.name).value_or(""));
  const auto client =
      client_of(request, trusted ? std::span<const Prefix>(*trusted) : std::span<const Prefix>());
  if (!client) return {};
  return (anonymise ? client->anonymised() : *client).text();
}

/// What the events of a request have in common.
events::Event common_event(const Request& request, const Platform& platform, bool anonymise) {
  events::Event event{.id = {},
                      .received = platform.clock.now(),
                      .client = client_text(request, platform.config, anonymise),
                      .host = std::string(host_name(request)),
                      .path = std::string(request.path()),
                      .query = std::string(request.query()),
                      .user_agent = std::string(request.headers.get("User-Agent").value_or("")),
                      .body = {}};
  std::ranges::copy_if(request.hints, std::back_inserter(event.hints),
                       [&](const Headers::Field& hint) { return !anonymise || hint.name == "country"; });
  return event;
}

std::uint64_t random_seed(Random& random) {
  std::array<std::uint64_t, 1> seed{};
  random.fill(std::as_writable_bytes(std::span(seed)));
  return seed[0];
}

/// An outage would be a line for each request.
void log_failure(Platform& platform, const Error& error) {
  constexpr Seconds kPause{10};
  struct LastLine {
    Time time;
  };
  LastLine& last = platform.resident.of<LastLine>();
  const Time now = platform.clock.now();
  if (now >= last.time && now < last.time + kPause) return;
  last.time = now;
  platform.log.write(Log::Level::error, "tracker: " + error.code + ": " + error.message);
}

struct Batch {
  std::string bytes;
  std::uint32_t count = 0;
};

/// The records of all good events; what is too large for one is marked.
Result<Batch> encode(std::vector<Item>& items, const events::Event& common, Random& random) {
  const events::BatchWriter writer(common);
  const std::string_view no_id_yet("00000000-0000-7000-8000-000000000000");
  std::size_t size = 0;
  Batch batch;
  for (Item& item : items) {
    if (item.fault != Fault::none) continue;
    const std::size_t record = writer.size(item.id.empty() ? no_id_yet : item.id, item.body);
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

Task<Response> take(const Request& request, Platform& platform, Asked asked) {
  std::string storage;
  auto post = read_request(asked, request, storage);
  if (!post) co_return problem(asked, status_of(post.error()), post.error());
  if (const auto refused = refused_key(request, platform.config, asked.peer, post->keys))
    co_return unauthorised(asked, *refused);
  const bool repeated = post->list && mark_duplicates(post->items, random_seed(platform.random));
  if (repeated && asked.peer.shape.ids_differ)
    co_return problem(asked, 400, {"uuid_duplicate", "Two events here have the same uuid."});

  const Treatment treatment = treatment_of(request, platform.config);
  if (!treatment.drop) {
    auto batch = encode(post->items, common_event(request, platform, treatment.anonymise), platform.random);
    if (!batch) co_return problem(asked, status_of(batch.error()), batch.error());
    if (batch->count > 0) {
      auto kept = co_await platform.events.send(std::move(batch->bytes), batch->count);
      if (!kept) {
        log_failure(platform, kept.error());
        co_return not_kept(asked, kept.error());
      }
    }
  }
  if (post->list) co_return list_answer(asked, post->items, treatment.drop);
  const Fault fault = post->items.front().fault;
  if (fault != Fault::none) {
    const Error error{std::string(code_of(fault)), std::string(message_of(fault))};
    co_return problem(asked, status_of(error), error);
  }
  co_return treatment.drop ? dropped(asked, *treatment.drop) : success(asked);
}

Task<Response> sink_health(Platform& platform) {
  Request ask;
  ask.target = "/readyz?capability=events";
  const auto ready = co_await platform.origin.fetch(std::move(ask));
  if (ready ? ready->status == 200 : ready.error().code == "origin_unconfigured") co_return plain_text("ok");
  co_return not_kept({.peer = kGeneric}, {"sink_unavailable", {}});
}

Task<Response> answer(const Request& request, Platform& platform) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const Asked asked = asked_by(request);
  if (!reads && !asked.posts) co_return method_not_allowed(asked);
  const std::string_view path = reads ? request.path() : "";
  if (path == "/sink-health") co_return co_await sink_health(platform);
  if (path == "/health") co_return plain_text("ok");
  if (path == "/robots.txt") co_return plain_text("User-agent: *\nDisallow: /\n");
  co_return co_await take(request, platform, asked);
}

}  // namespace

Task<Response> tracker(const Request& request, Platform& platform) {
  Response response = request.method == "OPTIONS" ? preflight(request) : co_await answer(request, platform);
  allow_origin(response, request, platform.config);
  co_return response;
}

}  // namespace skerry::functions
