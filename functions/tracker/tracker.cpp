#include "functions/tracker/tracker.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "functions/tracker/client.hpp"
#include "functions/tracker/post.hpp"
#include "shared/base64.hpp"
#include "shared/events/event.hpp"
#include "shared/json_text.hpp"
#include "shared/query.hpp"
#include "shared/routes.hpp"
#include "shared/secret.hpp"
#include "shared/uuid.hpp"

namespace skerry::functions {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, OPTIONS";
constexpr std::string_view kExposed = "Retry-After, X-Track-Dropped, X-Track-Error";
constexpr std::string_view kRetryAfter = "1";

/// One transparent pixel.
constexpr std::string_view kGif{
    "GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff!\xf9\x04\x01\0\0\0\0,"
    "\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0;",
    43};

enum class Drop : std::uint8_t { gpc, dnt, prefetch, duplicate };

std::string_view name_of(Drop reason) {
  constexpr std::array<std::string_view, 4> kNames{"gpc", "dnt", "prefetch", "duplicate"};
  return kNames[std::to_underlying(reason)];
}

/// What a request asks for, and in whose manner.
struct Asked {
  Peer peer = Peer::generic;
  bool posts = false;
  bool pixel = false;
};

Asked asked_by(const Request& request) {
  const std::string_view path = request.path();
  const Peer peer = peer_of(path);
  if (request.method == "POST") return {.peer = peer, .posts = true};
  const std::string accept = to_lower(trim(request.headers.get("Accept").value_or("")));
  return {.peer = peer,
          .pixel = path.ends_with(".gif") || peer == Peer::snowplow || path.starts_with("/pixel/") ||
                   accept.starts_with("image/")};
}

// Privacy

struct Treatment {
  std::optional<Drop> drop;
  bool anonymise = false;
};

bool is_prefetch(const Headers& headers) {
  constexpr std::string_view kPrefetch = "prefetch";
  return std::ranges::any_of(
      std::array<std::string_view, 3>{"Sec-Purpose", "Purpose", "X-Moz"}, [&](std::string_view name) {
        return equal_ignoring_case(trim(headers.get(name).value_or("")).substr(0, kPrefetch.size()),
                                   kPrefetch);
      });
}

Treatment treatment_of(const Request& request, const Config& config) {
  Treatment treatment{.drop = {}, .anonymise = config.get("anonymise_client") == "on"};
  const auto honour = [&](std::string_view header, std::string_view setting, Drop reason) {
    if (request.headers.get(header) != "1") return;
    const auto choice = config.get(setting);
    if (choice == "keep") return;
    if (choice != "drop") {
      treatment.anonymise = true;
    } else if (!treatment.drop) {
      treatment.drop = reason;
    }
  };
  honour("Sec-GPC", "gpc", Drop::gpc);
  honour("DNT", "dnt", Drop::dnt);
  if (is_prefetch(request.headers)) treatment.drop = Drop::prefetch;
  return treatment;
}

std::string client_text(const Request& request, const Config& config, bool anonymise) {
  // Snowplow's header for "not even the address".
  if (request.headers.has("SP-Anonymous")) return {};
  const auto trusted = parse_prefixes(config.get("trusted_proxies").value_or(""));
  const auto client =
      client_of(request, trusted ? std::span<const Prefix>(*trusted) : std::span<const Prefix>());
  if (!client) return {};
  return (anonymise ? client->anonymised() : *client).text();
}

// Records

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

/// The id that a query gives its event, where its protocol has one.
std::string query_id(const Asked& asked, std::string_view query) {
  const std::string_view name = asked.peer == Peer::snowplow      ? "eid"
                                : asked.peer == Peer::rudderstack ? "messageId"
                                                                  : "";
  if (name.empty()) return {};
  const Query parameters = Query::parse(query);
  const auto id = parameters.last(name).value_or("");
  return events::is_event_id(id) && is_utf8(id) ? std::string(id) : std::string();
}

std::uint64_t random_seed(Random& random) {
  std::array<std::uint64_t, 1> seed{};
  random.fill(std::as_writable_bytes(std::span(seed)));
  return seed[0];
}

// Keys

void show_authorization(std::string_view value, ShownKeys& keys) {
  constexpr std::string_view kBasic = "Basic ", kBearer = "Bearer ";
  if (equal_ignoring_case(value.substr(0, kBearer.size()), kBearer)) {
    keys.show(trim(value.substr(kBearer.size())));
  } else if (equal_ignoring_case(value.substr(0, kBasic.size()), kBasic)) {
    const auto pair = base64_decode(trim(value.substr(kBasic.size()))).value_or("");
    keys.show(std::string_view(pair).substr(0, pair.find(':')));
  }
}

bool is_key(std::string_view key, std::string_view list) {
  bool found = false;  // all are compared, so that time does not tell which one it is
  while (!list.empty()) {
    const std::string_view piece = list.substr(0, list.find(','));
    list.remove_prefix(std::min(piece.size() + 1, list.size()));
    found = secret_equals(trim(piece), key) || found;
  }
  return found;
}

/// What is wrong with the keys that a request shows, its body's already among them.
std::optional<Error> refused_key(const Request& request, const Config& config, Peer peer, ShownKeys keys) {
  const auto list = config.get("keys").value_or("");
  if (list.empty()) return std::nullopt;
  show_authorization(request.headers.get("Authorization").value_or(""), keys);
  const Query query = Query::parse(request.query());
  for (const std::string_view name : {"writeKey", "api_key", "token", "key"})
    keys.show(query.last(name).value_or(""));
  if (peer == Peer::snowplow) keys.show(query.last("aid").value_or(""));
  if (keys.key().empty()) return Error{"key_missing", "A key is needed here."};
  if (keys.several()) return Error{"key_ambiguous", "There are several keys in this request."};
  if (!is_key(keys.key(), list)) return Error{"key_unknown", "This is none of the keys here."};
  return std::nullopt;
}

// Answers

Response reply(int status, std::string_view type, Body body) {
  Response response;
  response.status = status;
  response.headers.reserve(6);
  response.headers.add("Content-Type", type);
  response.headers.add("Cache-Control", "no-store");
  response.body = std::move(body);
  return response;
}

Response pixel() {
  Response response = reply(200, "image/gif", Body(kGif, nullptr));
  response.headers.add("Cross-Origin-Resource-Policy", "cross-origin");
  return response;
}

Response problem(const Asked& asked, int status, const Error& error) {
  if (asked.pixel) {
    Response response = pixel();
    response.status = status;
    response.headers.add("X-Track-Error", error.code);
    return response;
  }
  if (asked.peer != Peer::posthog_v1) return error_response(status, error.code, error.message);
  std::string body = R"({"error":)";
  append_json_string(body, error.code);
  body += R"(,"error_description":)";
  append_json_string(body, error.message);
  body += R"(,"error_uri":null})";
  return reply(status, "application/json", std::move(body));
}

Response unauthorised(const Asked& asked, const Error& error) {
  Response response = problem(asked, 401, error);
  response.headers.add("WWW-Authenticate", "Bearer");
  return response;
}

Response not_kept(const Asked& asked, const Error& error) {
  const bool later = error.code != "events_refused";
  Response response = problem(asked, later ? 503 : 500, error);
  if (later) response.headers.add("Retry-After", kRetryAfter);
  return response;
}

/// The peer's word of success, its JSON left open; to a GET all say the same.
std::string_view success_of(const Asked& asked) {
  if (!asked.posts) return R"({"status":"ok")";
  switch (asked.peer) {
    case Peer::segment:
    case Peer::rudderstack: return R"({"success":true)";
    case Peer::posthog: return R"({"status":"Ok")";
    default: return R"({"status":"ok")";
  }
}

Response success(const Asked& asked) {
  if (asked.pixel) return pixel();
  if (asked.peer == Peer::snowplow) return reply(200, "text/plain", "ok");
  return reply(200, "application/json", std::string(success_of(asked)) + '}');
}

/// What became of the events of a list.
struct Account {
  std::size_t accepted = 0;
  std::size_t dropped = 0;
  std::size_t rejected = 0;
  std::optional<Drop> reason;
};

Account account_of(std::span<const Item> items, std::optional<Drop> drop) {
  Account account{.reason = drop};
  for (const Item& item : items) {
    if (item.fault == Fault::none) {
      ++(drop ? account.dropped : account.accepted);
    } else if (item.fault == Fault::duplicate) {
      ++account.dropped;
      if (!drop) account.reason = Drop::duplicate;
    } else {
      ++account.rejected;
    }
  }
  return account;
}

void append_account(std::string& out, const Account& account, std::span<const Item> items) {
  const auto number = [&](std::string_view name, std::size_t value) {
    out += name;
    out += std::to_string(value);
  };
  number(R"(,"accepted":)", account.accepted);
  number(R"(,"dropped":)", account.dropped);
  number(R"(,"rejected":)", account.rejected);
  out += R"(,"errors":[)";
  for (std::size_t i = 0; account.rejected > 0 && i < items.size(); ++i) {
    const Fault fault = items[i].fault;
    if (fault == Fault::none || fault == Fault::duplicate) continue;
    number(out.ends_with('[') ? R"({"index":)" : R"(,{"index":)", i);
    out += R"(,"code":")";
    out += code_of(fault);
    out += R"(","error":")";
    out += message_of(fault);
    out += R"("})";
  }
  out += "]}";
}

/// PostHog v1: a result for each uuid.
std::string results_of(std::span<const Item> items, std::optional<Drop> drop) {
  std::string out = R"({"results":{)";
  for (const Item& item : items) {
    const std::string_view details = item.fault != Fault::none ? code_of(item.fault)
                                     : drop                    ? name_of(*drop)
                                                               : "";
    out += out.ends_with('{') ? "\"" : ",\"";
    out += item.id;
    out += details.empty() ? R"(":{"result":"ok")" : R"(":{"result":"drop","details":")";
    out += details;
    out += details.empty() ? "}" : "\"}";
  }
  return out += "}}";
}

Response list_answer(const Asked& asked, std::span<const Item> items, std::optional<Drop> drop) {
  const Account account = account_of(items, drop);
  const bool none_good = account.rejected == items.size();
  Response response;
  if (asked.peer == Peer::posthog_v1) {
    response = reply(200, "application/json", results_of(items, drop));
  } else if (asked.peer == Peer::snowplow && !none_good) {
    response = success(asked);
  } else {
    std::string body(none_good ? R"({"error":"None of these events can be taken.","code":"events_rejected")"
                               : success_of(asked));
    append_account(body, account, items);
    response = reply(none_good ? 400 : 200, "application/json", std::move(body));
  }
  if (account.reason && account.dropped > 0)
    response.headers.add("X-Track-Dropped", name_of(*account.reason));
  return response;
}

Response dropped(const Asked& asked, Drop reason) {
  Response response = success(asked);
  response.headers.add("X-Track-Dropped", name_of(reason));
  return response;
}

// Requests

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

/// One event, without what a JSON body may say of itself.
Task<Response> take_one(const Request& request, Platform& platform, Asked asked, std::string_view body) {
  if (const auto refused = refused_key(request, platform.config, asked.peer, {}))
    co_return unauthorised(asked, *refused);
  const Treatment treatment = treatment_of(request, platform.config);
  if (treatment.drop) co_return dropped(asked, *treatment.drop);
  const std::string id = query_id(asked, request.query());
  std::vector<Item> items{{.body = body, .id = id}};
  auto batch = encode(items, common_event(request, platform, treatment.anonymise), platform.random);
  if (!batch || batch->count == 0) {
    co_return problem(asked, 413,
                      {std::string(code_of(Fault::too_large)), std::string(message_of(Fault::too_large))});
  }
  const auto sent = co_await platform.events.send(std::move(batch->bytes), batch->count);
  co_return sent ? success(asked) : not_kept(asked, sent.error());
}

Task<Response> take_post(const Request& request, Platform& platform, Asked asked) {
  std::string storage;
  const auto text = decode_body(asked.peer, request, storage);
  if (!text) co_return problem(asked, status_of(text.error()), text.error());
  if (text->kind == Text::Kind::form || (text->kind == Text::Kind::nothing && asked.peer == Peer::generic)) {
    co_return co_await take_one(request, platform, asked, text->view);
  }

  auto post = read_post(asked.peer, text->view);
  if (!post) co_return problem(asked, status_of(post.error()), post.error());
  if (const auto refused = refused_key(request, platform.config, asked.peer, post->keys)) {
    co_return unauthorised(asked, *refused);
  }
  const bool repeated = post->list && mark_duplicates(post->items, random_seed(platform.random));
  if (repeated && asked.peer == Peer::posthog_v1) {
    co_return problem(asked, 400, {"uuid_duplicate", "Two events here have the same uuid."});
  }

  const Treatment treatment = treatment_of(request, platform.config);
  if (!treatment.drop) {
    auto batch = encode(post->items, common_event(request, platform, treatment.anonymise), platform.random);
    if (!batch) co_return problem(asked, status_of(batch.error()), batch.error());
    if (batch->count > 0) {
      const auto sent = co_await platform.events.send(std::move(batch->bytes), batch->count);
      if (!sent) co_return not_kept(asked, sent.error());
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
  ask.target = "/readyz";
  const auto ready = co_await platform.origin.fetch(std::move(ask));
  if (ready ? ready->status == 200 : ready.error().code == "origin_unconfigured")
    co_return reply(200, "text/plain", "ok");
  co_return not_kept({}, {"sink_unavailable", "Events can't be kept now."});
}

Task<Response> answer(const Request& request, Platform& platform) {
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const Asked asked = asked_by(request);
  if (request.method == "POST") co_return co_await take_post(request, platform, asked);
  if (!reads) {
    Response refused = problem(asked, 405, {"method_not_allowed", "Use GET, HEAD, POST or OPTIONS."});
    refused.headers.add("Allow", kMethods);
    co_return refused;
  }
  const std::string_view path = request.path();
  if (path == "/sink-health") co_return co_await sink_health(platform);
  if (path == "/health") co_return reply(200, "text/plain", "ok");
  if (path == "/robots.txt") co_return reply(200, "text/plain", "User-agent: *\nDisallow: /\n");
  co_return co_await take_one(request, platform, asked, {});
}

// Cross-origin access

Response preflight(const Request& request) {
  Response response;
  response.status = 204;
  response.headers.add("Allow", kMethods);
  if (request.headers.has("Access-Control-Request-Method")) {
    response.headers.add("Access-Control-Allow-Methods", kMethods);
    // `*` would leave out Authorization, and means nothing where credentials are allowed.
    if (const auto names = request.headers.get("Access-Control-Request-Headers")) {
      response.headers.add("Access-Control-Allow-Headers", *names);
    }
    response.headers.add("Access-Control-Max-Age", "86400");
  }
  return response;
}

bool lists(std::string_view list, std::string_view wanted) {
  while (!list.empty()) {
    const std::string_view piece = list.substr(0, list.find(','));
    list.remove_prefix(std::min(piece.size() + 1, list.size()));
    if (trim(piece) == wanted || trim(piece) == "*") return true;
  }
  return false;
}

void allow_origin(Response& response, const Request& request, const Config& config) {
  const auto with_credentials = config.get("credentials_origins").value_or("");
  const auto origin = request.headers.get("Origin");
  const bool credentials = origin && !origin->empty() && lists(with_credentials, *origin);
  response.headers.set("Access-Control-Allow-Origin", credentials ? *origin : "*");
  if (credentials) response.headers.add("Access-Control-Allow-Credentials", "true");
  if (!with_credentials.empty()) response.headers.add("Vary", "Origin");
  if (response.status != 204) response.headers.add("Access-Control-Expose-Headers", kExposed);
}

}  // namespace

Task<Response> tracker(const Request& request, Platform& platform) {
  Response response = request.method == "OPTIONS" ? preflight(request) : co_await answer(request, platform);
  allow_origin(response, request, platform.config);
  co_return response;
}

}  // namespace skerry::functions
