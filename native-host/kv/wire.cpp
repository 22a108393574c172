#include "native-host/kv/wire.hpp"

#include <charconv>
#include <optional>

#include <nlohmann/json.hpp>

#include "shared/json_text.hpp"
#include "shared/query.hpp"

namespace skerry::kv {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBulkKeys = 100;
constexpr std::size_t kMaxBulkBytes = std::size_t{25} << 20U;
constexpr std::int64_t kMinLifeSeconds = 60;
constexpr std::int64_t kMaxExpiration = 253'402'300'799;  // the year 9999

Response bad_request(std::string_view message) {
  return error_response(400, "bad_request", message);
}

std::optional<std::int64_t> parse_seconds(std::string_view text) {
  std::int64_t seconds = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc() || end != text.data() + text.size() || seconds > kMaxExpiration)
    return std::nullopt;
  return seconds;
}

std::int64_t to_seconds(Time time) {
  return std::chrono::floor<Seconds>(time.time_since_epoch()).count();
}

Response get(std::string_view key, Store& store) {
  auto found = store.get(key);
  if (!found) return error_response(found.error());
  const auto& entry = *found;
  if (!entry) return error_response(404, "not_found", "There is no such key.");
  Response response;
  response.headers.add("Content-Type", "application/octet-stream");
  if (!entry->metadata.empty()) response.headers.add("CF-KV-Metadata", entry->metadata);
  if (entry->expires) response.headers.add("CF-Expiration", std::to_string(to_seconds(*entry->expires)));
  response.body = Body(entry->value, entry);
  return response;
}

Response put(std::string_view key, const Request& request, const Query& query, Store& store, Time now) {
  Entry entry{.value = request.body, .metadata = {}, .expires = {}, .foreign = true};
  entry.metadata = request.headers.get("cf-kv-metadata").value_or("");
  if (auto text = query.last("expiration_ttl")) {
    auto life = parse_seconds(*text);
    if (!life || *life < kMinLifeSeconds)
      return bad_request("expiration_ttl is a number of seconds, 60 at least.");
    entry.expires = now + Seconds(*life);
  } else if (auto expiration = query.last("expiration")) {
    auto moment = parse_seconds(*expiration);
    if (!moment || *moment < to_seconds(now) + kMinLifeSeconds)
      return bad_request("expiration is a Unix time in seconds, at least 60 s ahead.");
    entry.expires = Time(Seconds(*moment));
  }
  auto done = store.put(key, std::move(entry));
  if (!done) return error_response(done.error());
  return {.status = 204, .headers = {}, .body = {}};
}

Response remove(std::string_view key, Store& store) {
  auto done = store.remove(key);
  if (!done) return error_response(done.error());
  return {.status = 204, .headers = {}, .body = {}};
}

Response json_response(std::string text) {
  return {.status = 200, .headers = {{"Content-Type", "application/json"}}, .body = Body(std::move(text))};
}

Response list(const Query& query, Store& store) {
  std::size_t limit = kMaxListedKeys;
  if (auto text = query.last("key_count_limit")) {
    auto count = parse_seconds(*text);
    if (!count || *count < 1) return bad_request("key_count_limit is a number from 1 to 1000.");
    limit = static_cast<std::size_t>(*count);
  }
  auto listing = store.list(query.last("prefix").value_or(""), limit, query.last("cursor").value_or(""));
  if (!listing) return error_response(listing.error());

  std::string text = R"({"keys":[)";
  for (const auto& key : listing->keys) {
    if (&key != &listing->keys.front()) text += ',';
    text += R"({"name":)";
    append_json_string(text, key.name);
    if (key.expires) text.append(R"(,"expiration":)").append(std::to_string(to_seconds(*key.expires)));
    if (!key.metadata.empty()) {
      text += R"(,"metadata":)";
      append_json_string(text, key.metadata);
    }
    text += '}';
  }
  text += R"(],"list_complete":)";
  text += listing->cursor.empty() ? "true" : "false";
  if (!listing->cursor.empty()) text.append(R"(,"cursor":")").append(listing->cursor).append("\"");
  text += '}';
  return json_response(std::move(text));
}

struct BulkRequest {
  std::vector<std::string> keys;
  bool as_json = false;
  bool with_metadata = false;
};

std::optional<BulkRequest> parse_bulk(const std::string& text) {
  auto tree = json::parse(text, nullptr, false);
  if (!tree.is_object() || !tree.contains("keys") || !tree["keys"].is_array()) return std::nullopt;
  BulkRequest bulk;
  for (const auto& key : tree["keys"]) {
    if (!key.is_string()) return std::nullopt;
    bulk.keys.push_back(key.get<std::string>());
  }
  if (auto type = tree.find("type"); type != tree.end()) {
    if (*type != "json" && *type != "text") return std::nullopt;
    bulk.as_json = *type == "json";
  }
  bulk.with_metadata = tree.contains("withMetadata") && tree["withMetadata"] == true;
  return bulk;
}

Response bulk_get(const Request& request, Store& store) {
  auto bulk = parse_bulk(request.body);
  if (!bulk) return bad_request("A bulk get is {\"keys\": [string…], \"type\": \"text\" or \"json\"}.");
  if (bulk->keys.size() > kMaxBulkKeys) return bad_request("A bulk get has at most 100 keys.");
  auto entries = store.get_many(bulk->keys);
  if (!entries) return error_response(entries.error());

  std::size_t bytes = 0;
  std::string text = "{";
  for (std::size_t i = 0; i < entries->size(); ++i) {
    const auto& entry = (*entries)[i];
    if (i > 0) text += ',';
    append_json_string(text, bulk->keys[i]);
    text += ':';
    if (!entry) {
      text += "null";
      continue;
    }
    bytes += entry->value.size();
    if (bytes > kMaxBulkBytes)
      return error_response(413, "kv_value_too_large", "The values of a bulk get have more than 25 MiB.");
    if (bulk->as_json && !json::accept(entry->value))
      return bad_request("At least one of the requested keys corresponds to a non-json value");
    if (bulk->with_metadata) text += R"({"value":)";
    if (bulk->as_json)
      text += entry->value;
    else
      append_json_string(text, entry->value);
    if (bulk->with_metadata)
      text.append(R"(,"metadata":)").append(entry->metadata.empty() ? "null" : entry->metadata).append("}");
  }
  text += '}';
  return json_response(std::move(text));
}

Response method_not_allowed(std::string_view allowed) {
  auto response = error_response(405, "method_not_allowed", "The method is not allowed here.");
  response.headers.add("Allow", allowed);
  return response;
}

}  // namespace

Response handle(const Request& request, Store& store, Time now) {
  auto path = request.path();
  auto query = Query::parse(request.query());
  auto is_get = request.method == "GET" || request.method == "HEAD";
  if (path == "/") return is_get ? list(query, store) : method_not_allowed("GET, HEAD");
  if (request.method == "POST")
    return path == "/bulk/get" ? bulk_get(request, store) : method_not_allowed("GET, HEAD, PUT, DELETE");

  auto name = path.substr(std::min<std::size_t>(path.size(), 1));
  auto key = query.last("urlencoded") == "true" ? percent_decode(name, false) : std::string(name);
  if (is_get) return get(key, store);
  if (request.method == "PUT") return put(key, request, query, store, now);
  if (request.method == "DELETE") return remove(key, store);
  return method_not_allowed("GET, HEAD, PUT, DELETE");
}

}  // namespace skerry::kv
