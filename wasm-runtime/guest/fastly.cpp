/// The entry for Fastly Compute, with all functions of the bundle: a command module on the raw hostcalls
/// (Viceroy: compute-at-edge.witx). The service's KV store, config store and secret store are all named
/// `skerry`; the native host is its backend `origin`.

#include <algorithm>
#include <array>
#include <cstdint>
#include <expected>
#include <list>
#include <string>
#include <vector>

#include "shared/json_slice.hpp"
#include "shared/json_text.hpp"
#include "shared/url.hpp"
#include "wasm-runtime/guest/answer.hpp"
#include "wasm-runtime/guest/blocking_ports.hpp"
#include "wasm-runtime/guest/body_limit.hpp"
#include "wasm-runtime/guest/ingest_events.hpp"

namespace skerry::guest {
namespace {

using Handle = std::uint32_t;
using Status = int;

constexpr Status kOk = 0;
constexpr Status kBufferTooSmall = 4;
constexpr Handle kNoHandle = UINT32_MAX - 1;
constexpr std::string_view kStoreName = "skerry";
constexpr std::string_view kBackend = "origin";

enum KvError : std::uint32_t {
  kKvOk = 1,
  kKvBadRequest = 2,
  kKvNotFound = 3,
  kKvTooLarge = 5,
  kKvTooMany = 7
};

struct KvInsertOptions {
  std::uint32_t mode = 0;  // overwrite
  std::uint32_t reserved = 0;
  const char* metadata = nullptr;
  std::size_t metadata_size = 0;
  std::uint32_t time_to_live = 0;
  std::uint64_t if_generation_match = 0;
};

#define SKERRY_HOSTCALL(module, name) __attribute__((import_module(module), import_name(name)))
extern "C" {
SKERRY_HOSTCALL("fastly_http_req", "body_downstream_get")
Status fastly_downstream(Handle* request, Handle* body);
SKERRY_HOSTCALL("fastly_http_req", "method_get")
Status fastly_method(Handle request, char* out, std::size_t room, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_req", "uri_get")
Status fastly_uri(Handle request, char* out, std::size_t room, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_req", "header_names_get")
Status fastly_header_names(Handle request, char* out, std::size_t room, std::uint32_t cursor,
                           std::int64_t* next_cursor, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_req", "header_values_get")
Status fastly_header_values(Handle request, const char* name, std::size_t name_size, char* out,
                            std::size_t room, std::uint32_t cursor, std::int64_t* next_cursor,
                            std::size_t* size);
SKERRY_HOSTCALL("fastly_http_req", "new") Status fastly_request_new(Handle* request);
SKERRY_HOSTCALL("fastly_http_req", "method_set")
Status fastly_method_set(Handle request, const char* method, std::size_t size);
SKERRY_HOSTCALL("fastly_http_req", "uri_set")
Status fastly_uri_set(Handle request, const char* uri, std::size_t size);
SKERRY_HOSTCALL("fastly_http_req", "header_append")
Status fastly_request_header_append(Handle request, const char* name, std::size_t name_size,
                                    const char* value, std::size_t value_size);
SKERRY_HOSTCALL("fastly_http_req", "send")
Status fastly_request_send(Handle request, Handle body, const char* backend, std::size_t backend_size,
                           Handle* response, Handle* response_body);
SKERRY_HOSTCALL("fastly_backend", "exists")
Status fastly_backend_exists(const char* name, std::size_t size, std::uint32_t* exists);
SKERRY_HOSTCALL("fastly_geo", "lookup")
Status fastly_geo_lookup(const std::uint8_t* octets, std::size_t octet_count, char* out, std::size_t room,
                         std::size_t* size);
SKERRY_HOSTCALL("fastly_secret_store", "open")
Status fastly_secrets_open(const char* name, std::size_t name_size, Handle* store);
SKERRY_HOSTCALL("fastly_secret_store", "get")
Status fastly_secret_get(Handle store, const char* key, std::size_t key_size, Handle* secret);
SKERRY_HOSTCALL("fastly_secret_store", "plaintext")
Status fastly_secret_text(Handle secret, char* out, std::size_t room, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_downstream", "downstream_client_ip_addr")
Status fastly_client_address(Handle request, std::uint8_t* octets, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_body", "new") Status fastly_body_new(Handle* body);
SKERRY_HOSTCALL("fastly_http_body", "read")
Status fastly_body_read(Handle body, char* out, std::size_t room, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_body", "write")
Status fastly_body_write(Handle body, const char* bytes, std::size_t size, std::uint32_t end,
                         std::size_t* written);
SKERRY_HOSTCALL("fastly_http_resp", "new") Status fastly_response_new(Handle* response);
SKERRY_HOSTCALL("fastly_http_resp", "status_get")
Status fastly_status_get(Handle response, std::uint16_t* status);
SKERRY_HOSTCALL("fastly_http_resp", "header_names_get")
Status fastly_response_header_names(Handle response, char* out, std::size_t room, std::uint32_t cursor,
                                    std::int64_t* next_cursor, std::size_t* size);
SKERRY_HOSTCALL("fastly_http_resp", "header_values_get")
Status fastly_response_header_values(Handle response, const char* name, std::size_t name_size, char* out,
                                     std::size_t room, std::uint32_t cursor, std::int64_t* next_cursor,
                                     std::size_t* size);
SKERRY_HOSTCALL("fastly_http_resp", "status_set") Status fastly_status(Handle response, std::uint32_t status);
SKERRY_HOSTCALL("fastly_http_resp", "header_append")
Status fastly_header_append(Handle response, const char* name, std::size_t name_size, const char* value,
                            std::size_t value_size);
SKERRY_HOSTCALL("fastly_http_resp", "send_downstream")
Status fastly_send(Handle response, Handle body, std::uint32_t streaming);
SKERRY_HOSTCALL("fastly_kv_store", "open")
Status fastly_kv_open(const char* name, std::size_t name_size, Handle* store);
SKERRY_HOSTCALL("fastly_kv_store", "lookup")
Status fastly_kv_lookup(Handle store, const char* key, std::size_t key_size, std::uint32_t mask,
                        const std::uint32_t* options, Handle* pending);
SKERRY_HOSTCALL("fastly_kv_store", "lookup_wait_v2")
Status fastly_kv_lookup_wait(Handle pending, Handle* body, char* metadata, std::size_t metadata_room,
                             std::size_t* metadata_size, std::uint64_t* generation, std::uint32_t* error);
SKERRY_HOSTCALL("fastly_kv_store", "insert")
Status fastly_kv_insert(Handle store, const char* key, std::size_t key_size, Handle body, std::uint32_t mask,
                        const KvInsertOptions* options, Handle* pending);
SKERRY_HOSTCALL("fastly_kv_store", "insert_wait")
Status fastly_kv_insert_wait(Handle pending, std::uint32_t* error);
SKERRY_HOSTCALL("fastly_config_store", "open")
Status fastly_config_open(const char* name, std::size_t name_size, Handle* store);
SKERRY_HOSTCALL("fastly_config_store", "get")
Status fastly_config_get(Handle store, const char* key, std::size_t key_size, char* out, std::size_t room,
                         std::size_t* size);
}
#undef SKERRY_HOSTCALL

/// Calls `get(out, room, size)` with more room until the text fits.
template <class Get>
std::optional<std::string> text_of(Get get) {
  std::string text(1024, '\0');
  for (;;) {
    std::size_t size = 0;
    const Status status = get(text.data(), text.size(), &size);
    if (status == kOk) {
      text.resize(size);
      return text;
    }
    if (status != kBufferTooSmall || size <= text.size()) return std::nullopt;
    text.resize(size);
  }
}

/// Calls `get(out, room, cursor, next_cursor, size)` until its list of NUL-terminated texts is at an end.
template <class Get>
std::vector<std::string> texts_of(Get get) {
  constexpr std::size_t kRoom = 69'000;  // of the longest single header
  std::vector<std::string> texts;
  std::string page(kRoom, '\0');
  std::uint32_t cursor = 0;
  for (;;) {
    std::int64_t next = -1;
    std::size_t size = 0;
    if (get(page.data(), page.size(), cursor, &next, &size) != kOk) break;
    for (std::string_view rest(page.data(), size); !rest.empty();) {
      const std::string_view text = rest.substr(0, rest.find('\0'));
      texts.emplace_back(text);
      rest.remove_prefix(std::min(rest.size(), text.size() + 1));
    }
    if (next < 0 || size == 0) break;
    cursor = static_cast<std::uint32_t>(next);
  }
  return texts;
}

/// The headers of a request or response, by the hostcalls for its names and for their values.
template <class Names, class Values>
Headers headers_of(Handle handle, Names get_names, Values get_values) {
  Headers headers;
  const auto names =
      texts_of([&](char* out, std::size_t room, std::uint32_t cursor, std::int64_t* next, std::size_t* size) {
        return get_names(handle, out, room, cursor, next, size);
      });
  for (const std::string& name : names) {
    const auto values = texts_of(
        [&](char* out, std::size_t room, std::uint32_t cursor, std::int64_t* next, std::size_t* size) {
          return get_values(handle, name.data(), name.size(), out, room, cursor, next, size);
        });
    for (const std::string& value : values) headers.add(name, value);
  }
  return headers;
}

enum class BodyFault { broken, too_large };

std::expected<std::string, BodyFault> read_body(Handle body, std::size_t cap) {
  constexpr std::size_t kChunk = std::size_t{16} * 1024;
  std::string bytes;
  for (;;) {
    const std::size_t used = bytes.size();
    bytes.resize(used + kChunk);
    std::size_t size = 0;
    if (fastly_body_read(body, bytes.data() + used, kChunk, &size) != kOk) {
      return std::unexpected(BodyFault::broken);
    }
    bytes.resize(used + size);
    if (size == 0) return bytes;
    if (bytes.size() > cap) return std::unexpected(BodyFault::too_large);
  }
}

bool write_body(Handle body, std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t written = 0;
    if (fastly_body_write(body, bytes.data(), bytes.size(), 0, &written) != kOk || written == 0) return false;
    bytes.remove_prefix(written);
  }
  return true;
}

class FastlyConfig final : public Config {
 public:
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    for (const auto& [known, value] : read_) {
      if (known == name) return value;
    }
    if (store_ == kNoHandle && fastly_config_open(kStoreName.data(), kStoreName.size(), &store_) != kOk) {
      return std::nullopt;
    }
    auto value = text_of([&](char* out, std::size_t room, std::size_t* size) {
      return fastly_config_get(store_, name.data(), name.size(), out, room, size);
    });
    if (!value) return std::nullopt;
    return read_.emplace_back(std::string(name), *std::move(value)).second;
  }

 private:
  mutable Handle store_ = kNoHandle;
  mutable std::list<std::pair<std::string, std::string>> read_;  // a list: views into it last
};

class FastlyKv final : public BlockingKv {
 private:
  static std::unexpected<Error> failed(std::uint32_t error) {
    if (error == kKvBadRequest) return fail("kv_key_invalid", "the KV store refused the key");
    if (error == kKvTooLarge)
      return fail("kv_value_too_large", "the KV store refused the value as too large");
    if (error == kKvTooMany) return fail("kv_unavailable", "the KV store asks for fewer requests");
    return fail("kv_unavailable", "the KV store did not answer");
  }

  bool open() {
    return store_ != kNoHandle || fastly_kv_open(kStoreName.data(), kStoreName.size(), &store_) == kOk;
  }

  Result<Value> read(const std::string& key) override {
    if (!open()) return fail("kv_unavailable", "the service has no KV store named skerry");
    const std::uint32_t no_options = 0;
    Handle pending = kNoHandle;
    if (fastly_kv_lookup(store_, key.data(), key.size(), 0, &no_options, &pending) != kOk) {
      return fail("kv_key_invalid", "the KV store refused the key");
    }
    Handle body = kNoHandle;  // stays so on a miss
    std::array<char, 2048> metadata{};
    std::size_t metadata_size = 0;
    std::uint64_t generation = 0;
    std::uint32_t error = 0;
    const Status status = fastly_kv_lookup_wait(pending, &body, metadata.data(), metadata.size(),
                                                &metadata_size, &generation, &error);
    if (error == kKvNotFound) return Value();
    if (status != kOk || error != kKvOk || body == kNoHandle) return failed(error);
    constexpr std::size_t kMaxValue = std::size_t{25} << 20;
    auto value = read_body(body, kMaxValue);
    if (!value) return failed(0);
    return Value(*std::move(value));
  }

  Result<void> write(const std::string& key, const std::string& value) override {
    if (!open()) return fail("kv_unavailable", "the service has no KV store named skerry");
    Handle body = kNoHandle;
    Handle pending = kNoHandle;
    const KvInsertOptions options;
    std::uint32_t error = 0;
    if (fastly_body_new(&body) != kOk || !write_body(body, value) ||
        fastly_kv_insert(store_, key.data(), key.size(), body, 0, &options, &pending) != kOk ||
        fastly_kv_insert_wait(pending, &error) != kOk || error != kKvOk) {
      return failed(error);
    }
    return {};
  }

  Handle store_ = kNoHandle;
};

class FastlyOrigin final : public BlockingOrigin {
 public:
  Result<Response> ask(const Request& request) override {
    std::uint32_t exists = 0;
    if (fastly_backend_exists(kBackend.data(), kBackend.size(), &exists) != kOk || exists == 0) {
      return fail("origin_unconfigured", "the service has no backend named origin");
    }
    const std::string uri = "http://" + std::string(kBackend) + request.target;
    Handle handle = kNoHandle;
    Handle body = kNoHandle;
    if (fastly_request_new(&handle) != kOk || fastly_body_new(&body) != kOk ||
        fastly_method_set(handle, request.method.data(), request.method.size()) != kOk ||
        fastly_uri_set(handle, uri.data(), uri.size()) != kOk) {
      return fail("origin_unreachable", "the request can't be made");
    }
    for (const auto& [name, value] : request.headers) {
      fastly_request_header_append(handle, name.data(), name.size(), value.data(), value.size());
    }
    Handle response = kNoHandle;
    Handle response_body = kNoHandle;
    if (!write_body(body, request.body) || fastly_request_send(handle, body, kBackend.data(), kBackend.size(),
                                                               &response, &response_body) != kOk) {
      return fail("origin_unreachable", "the backend does not answer");
    }
    std::uint16_t status = 0;
    fastly_status_get(response, &status);
    auto bytes = read_body(response_body, kMaxAnswer);
    if (!bytes) {
      return bytes.error() == BodyFault::too_large
                 ? fail("origin_too_large", "the backend answered with more than 1 MiB")
                 : fail("origin_unreachable", "the backend broke off its answer");
    }
    return Response{
        .status = status,
        .headers = headers_of(response, fastly_response_header_names, fastly_response_header_values),
        .body = *std::move(bytes)};
  }

 private:
  static constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;
};

/// What the native host knows, too: `ingest_secret` of the secret store. Empty where it is missing.
std::string ingest_secret() {
  constexpr std::string_view kName = "ingest_secret";
  Handle store = kNoHandle;
  Handle secret = kNoHandle;
  if (fastly_secrets_open(kStoreName.data(), kStoreName.size(), &store) != kOk ||
      fastly_secret_get(store, kName.data(), kName.size(), &secret) != kOk) {
    return {};
  }
  const auto text = text_of([&](char* out, std::size_t room, std::size_t* size) {
    return fastly_secret_text(secret, out, room, size);
  });
  return text.value_or("");
}

/// ISO 3166-1 alpha-2, and not what stands for an unknown one.
bool is_country(std::string_view code) {
  return code.size() == 2 && std::ranges::all_of(code, [](char c) { return c >= 'A' && c <= 'Z'; }) &&
         code != "XX";
}

/// What Fastly knows of an address: JSON, `null` where it knows nothing.
std::vector<Headers::Field> hints_of(const std::array<std::uint8_t, 16>& octets, std::size_t size) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"country_code", "country"}, {"region", "region"}, {"city", "city"}, {"as_number", "asn"}};
  std::vector<Headers::Field> hints;
  const std::string known = text_of([&](char* out, std::size_t room, std::size_t* n) {
                              return fastly_geo_lookup(octets.data(), size, out, room, n);
                            }).value_or("");
  JsonSlicer members(known);
  members.enter('{');
  while (const auto member = members.next()) {
    for (const auto& [theirs, ours] : kNames) {
      if (member->key != theirs || member->value == "null") continue;
      std::string value = read_json_string(member->value).value_or(std::string(member->value));
      const bool known_value = ours == "country" ? is_country(value) : value != "0" && value != "?";
      if (known_value && !value.empty()) hints.push_back({std::string(ours), std::move(value)});
    }
  }
  return hints;
}

std::string address_text(const std::array<std::uint8_t, 16>& octets, std::size_t size) {
  std::string out;
  if (size == 4) {
    for (std::size_t i = 0; i < 4; ++i) out += (i == 0 ? "" : ".") + std::to_string(octets[i]);
  } else if (size == 16) {
    constexpr std::string_view kHex = "0123456789abcdef";
    for (std::size_t i = 0; i < 16; ++i) {
      if (i > 0 && i % 2 == 0) out += ':';
      out += kHex[octets[i] >> 4];
      out += kHex[octets[i] & 0xF];
    }
  }
  return out;
}

/// The URI is absolute here: `https://host/path?query`.
std::string origin_form(std::string_view uri) {
  const std::string rest(cut_url(uri).rest);
  return rest.starts_with('/') ? rest : "/" + rest;
}

struct Downstream {
  Request request;
  bool body_whole = true;
};

std::optional<Downstream> receive(const Config& config) {
  Handle handle = kNoHandle;
  Handle body = kNoHandle;
  if (fastly_downstream(&handle, &body) != kOk) return std::nullopt;
  const auto method = text_of(
      [&](char* out, std::size_t room, std::size_t* size) { return fastly_method(handle, out, room, size); });
  const auto uri = text_of(
      [&](char* out, std::size_t room, std::size_t* size) { return fastly_uri(handle, out, room, size); });
  if (!method || !uri) return std::nullopt;

  Downstream downstream;
  downstream.request.method = *method;
  downstream.request.target = origin_form(*uri);
  downstream.request.headers = headers_of(handle, fastly_header_names, fastly_header_values);
  std::array<std::uint8_t, 16> octets{};
  std::size_t octet_count = 0;
  if (fastly_client_address(handle, octets.data(), &octet_count) == kOk) {
    downstream.request.client = address_text(octets, octet_count);
    downstream.request.hints = hints_of(octets, octet_count);
  }
  const std::size_t limit = body_limit(downstream.request, config);
  if (announces_more(downstream.request.headers, limit)) {
    downstream.body_whole = false;
    return downstream;
  }
  auto bytes = read_body(body, limit);
  downstream.body_whole = bytes.has_value();
  downstream.request.body = std::move(bytes).value_or("");
  return downstream;
}

bool send(const Request& request, const Response& response) {
  Handle handle = kNoHandle;
  Handle body = kNoHandle;
  if (fastly_response_new(&handle) != kOk || fastly_body_new(&body) != kOk) return false;
  fastly_status(handle, static_cast<std::uint32_t>(response.status));
  for (const auto& [name, value] : response.headers) {
    fastly_header_append(handle, name.data(), name.size(), value.data(), value.size());
  }
  if (request.method != "HEAD" && !write_body(body, response.body.view())) return false;
  return fastly_send(handle, body, 0) == kOk;
}

}  // namespace

int serve() {
  const FastlyConfig config;
  const auto downstream = receive(config);
  if (!downstream) return 1;
  if (!downstream->body_whole) return send(downstream->request, body_too_large()) ? 0 : 1;
  FastlyKv kv;
  FastlyOrigin origin;
  IngestEvents events(origin, ingest_secret());
  return send(downstream->request, answer(downstream->request, kv, events, origin, config)) ? 0 : 1;
}

}  // namespace skerry::guest

int main() {
  return skerry::guest::serve();
}
