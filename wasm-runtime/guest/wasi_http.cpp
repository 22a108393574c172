/// The entry for hosts of `wasi:http/incoming-handler@0.2.12`, such as `wasmtime serve`, with all functions
/// of the bundle: a reactor on the lowered imports of the component model (WIT: wasi:http/types,
/// wasi:io/streams; canonical ABI), made a component by ../toolchain/componentize.mjs. The KV store is the
/// preopened folder `/kv`, a file for each key; settings are environment variables, `SKERRY_RESIDENT_SECONDS`
/// for `resident_seconds`; the native host is at the setting `origin_url`. Events go there where
/// `ingest_secret` is set, else into the preopened folder `/events`.

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <expected>
#include <span>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "shared/hex.hpp"
#include "shared/url.hpp"
#include "wasm-runtime/guest/answer.hpp"
#include "wasm-runtime/guest/blocking_ports.hpp"
#include "wasm-runtime/guest/body_limit.hpp"
#include "wasm-runtime/guest/ingest_events.hpp"

namespace skerry::guest {
namespace {

using Handle = std::int32_t;

constexpr std::size_t kMaxValue = std::size_t{25} << 20;

/// A string or list as the canonical ABI returns it: its memory came from cabi_realloc and is ours to free.
struct Slice {
  char* data;
  std::size_t size;
};
struct FieldEntry {
  Slice name;
  Slice value;
};
struct FieldList {
  FieldEntry* entries;
  std::size_t count;
};
struct MethodResult {
  std::uint8_t tag;
  Slice other;
};
struct OptionalSlice {
  std::uint8_t some;
  Slice text;
};
struct HandleResult {
  std::uint8_t error;
  Handle handle;
};
struct StreamFailure {
  std::uint8_t tag;  // 0: the last operation failed, with an error handle; 1: closed
  Handle handle;
};
struct StreamResult {
  std::uint8_t error;
  union {
    Slice bytes;
    StreamFailure failure;
  };
};

/// `result<own<T>, error-code>`; an error-code is aligned to 8 bytes.
struct alignas(8) SentResult {
  std::uint8_t error;
  alignas(8) Handle handle;
  std::array<std::uint64_t, 6> rest;  // of an error-code, with strings of ours
};
/// `option<result<result<own<incoming-response>, error-code>>>`
struct alignas(8) ArrivedResult {
  std::uint8_t some;
  alignas(8) std::uint8_t taken_before;
  SentResult response;
};

#define SKERRY_TYPES(name) __attribute__((import_module("wasi:http/types@0.2.12"), import_name(name)))
#define SKERRY_STREAMS(name) __attribute__((import_module("wasi:io/streams@0.2.12"), import_name(name)))
#define SKERRY_POLL(name) __attribute__((import_module("wasi:io/poll@0.2.12"), import_name(name)))
#define SKERRY_HANDLER(name) \
  __attribute__((import_module("wasi:http/outgoing-handler@0.2.12"), import_name(name)))
#define SKERRY_ERROR(name) __attribute__((import_module("wasi:io/error@0.2.12"), import_name(name)))
extern "C" {
SKERRY_TYPES("[method]incoming-request.method") void wasi_request_method(Handle, MethodResult*);
SKERRY_TYPES("[method]incoming-request.path-with-query") void wasi_request_target(Handle, OptionalSlice*);
SKERRY_TYPES("[method]incoming-request.authority") void wasi_request_authority(Handle, OptionalSlice*);
SKERRY_TYPES("[method]incoming-request.headers") Handle wasi_request_headers(Handle);
SKERRY_TYPES("[method]incoming-request.consume") void wasi_request_consume(Handle, HandleResult*);
SKERRY_TYPES("[resource-drop]incoming-request") void wasi_request_drop(Handle);
SKERRY_TYPES("[method]incoming-body.stream") void wasi_incoming_body_stream(Handle, HandleResult*);
SKERRY_TYPES("[resource-drop]incoming-body") void wasi_incoming_body_drop(Handle);
SKERRY_TYPES("[method]fields.entries") void wasi_fields_entries(Handle, FieldList*);
SKERRY_TYPES("[constructor]fields") Handle wasi_fields_new();
SKERRY_TYPES("[method]fields.append")
void wasi_fields_append(Handle, const char* name, std::size_t, const char* value, std::size_t, void* result);
SKERRY_TYPES("[resource-drop]fields") void wasi_fields_drop(Handle);
SKERRY_TYPES("[constructor]outgoing-response") Handle wasi_response_new(Handle fields);
SKERRY_TYPES("[method]outgoing-response.set-status-code")
std::int32_t wasi_response_status(Handle, std::int32_t);
SKERRY_TYPES("[method]outgoing-response.body") void wasi_response_body(Handle, HandleResult*);
SKERRY_TYPES("[static]response-outparam.set")
void wasi_response_send(Handle out, std::int32_t is_error, Handle response, std::int32_t, std::int64_t,
                        std::int32_t, std::int32_t, std::int32_t, std::int32_t);
SKERRY_TYPES("[method]outgoing-body.write") void wasi_outgoing_body_write(Handle, HandleResult*);
SKERRY_TYPES("[static]outgoing-body.finish")
void wasi_outgoing_body_finish(Handle, std::int32_t has_trailers, Handle trailers, void* result);
SKERRY_STREAMS("[method]input-stream.blocking-read") void wasi_read(Handle, std::int64_t most, StreamResult*);
SKERRY_STREAMS("[resource-drop]input-stream") void wasi_input_drop(Handle);
SKERRY_STREAMS("[method]output-stream.blocking-write-and-flush")
void wasi_write(Handle, const char*, std::size_t, StreamResult*);
SKERRY_STREAMS("[resource-drop]output-stream") void wasi_output_drop(Handle);
SKERRY_TYPES("[constructor]outgoing-request") Handle wasi_fetch_new(Handle fields);
SKERRY_TYPES("[method]outgoing-request.set-method")
std::int32_t wasi_fetch_method(Handle, std::int32_t tag, const char*, std::size_t);
SKERRY_TYPES("[method]outgoing-request.set-scheme")
std::int32_t wasi_fetch_scheme(Handle, std::int32_t some, std::int32_t tag, const char*, std::size_t);
SKERRY_TYPES("[method]outgoing-request.set-authority")
std::int32_t wasi_fetch_authority(Handle, std::int32_t some, const char*, std::size_t);
SKERRY_TYPES("[method]outgoing-request.set-path-with-query")
std::int32_t wasi_fetch_target(Handle, std::int32_t some, const char*, std::size_t);
SKERRY_TYPES("[method]outgoing-request.body") void wasi_fetch_body(Handle, HandleResult*);
SKERRY_HANDLER("handle")
void wasi_fetch_send(Handle, std::int32_t has_options, Handle options, SentResult*);
SKERRY_TYPES("[method]future-incoming-response.subscribe") Handle wasi_future_subscribe(Handle);
SKERRY_TYPES("[method]future-incoming-response.get") void wasi_future_get(Handle, ArrivedResult*);
SKERRY_TYPES("[resource-drop]future-incoming-response") void wasi_future_drop(Handle);
SKERRY_POLL("[method]pollable.block") void wasi_poll_block(Handle);
SKERRY_POLL("[resource-drop]pollable") void wasi_poll_drop(Handle);
SKERRY_TYPES("[method]incoming-response.status") std::int32_t wasi_answer_status(Handle);
SKERRY_TYPES("[method]incoming-response.headers") Handle wasi_answer_headers(Handle);
SKERRY_TYPES("[method]incoming-response.consume") void wasi_answer_consume(Handle, HandleResult*);
SKERRY_TYPES("[resource-drop]incoming-response") void wasi_answer_drop(Handle);
SKERRY_ERROR("[resource-drop]error") void wasi_error_drop(Handle);
}
#undef SKERRY_TYPES
#undef SKERRY_STREAMS
#undef SKERRY_POLL
#undef SKERRY_HANDLER
#undef SKERRY_ERROR

std::string take(Slice slice) {
  std::string text(slice.data, slice.size);
  if (slice.size > 0) free(slice.data);  // NOLINT(cppcoreguidelines-owning-memory): from cabi_realloc
  return text;
}

/// In the order of the variant `method`; behind them is `other`.
constexpr std::array<std::string_view, 9> kMethods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                   "CONNECT", "OPTIONS", "TRACE", "PATCH"};

std::string take_method(Handle request) {
  MethodResult result{};
  wasi_request_method(request, &result);
  return result.tag < kMethods.size() ? std::string(kMethods[result.tag]) : take(result.other);
}

Headers take_headers(Handle fields) {
  FieldList list{};
  wasi_fields_entries(fields, &list);
  Headers headers;
  for (std::size_t i = 0; i < list.count; ++i) {
    const std::string name = take(list.entries[i].name);
    headers.add(name, take(list.entries[i].value));
  }
  if (list.count > 0) free(list.entries);  // NOLINT(cppcoreguidelines-owning-memory): from cabi_realloc
  wasi_fields_drop(fields);
  return headers;
}

enum class BodyFault { broken, too_large };

std::expected<std::string, BodyFault> read_stream(Handle stream, std::size_t cap) {
  constexpr std::int64_t kChunk = std::int64_t{64} * 1024;
  std::string bytes;
  for (;;) {
    StreamResult result{};
    wasi_read(stream, kChunk, &result);
    if (result.error != 0) {
      if (result.failure.tag == 1) return bytes;
      wasi_error_drop(result.failure.handle);
      return std::unexpected(BodyFault::broken);
    }
    bytes += take(result.bytes);
    if (bytes.size() > cap) return std::unexpected(BodyFault::too_large);
  }
}

/// The body of a request or response, as its `consume` gave it.
std::expected<std::string, BodyFault> take_body(const HandleResult& body, std::size_t cap) {
  if (body.error != 0) return std::unexpected(BodyFault::broken);
  HandleResult stream{};
  wasi_incoming_body_stream(body.handle, &stream);
  std::expected<std::string, BodyFault> bytes = std::unexpected(BodyFault::broken);
  if (stream.error == 0) {
    bytes = read_stream(stream.handle, cap);
    wasi_input_drop(stream.handle);
  }
  wasi_incoming_body_drop(body.handle);
  return bytes;
}

void write_stream(Handle stream, std::string_view bytes) {
  constexpr std::size_t kMost = 4096;  // of blocking-write-and-flush
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kMost);
    StreamResult result{};
    wasi_write(stream, part.data(), part.size(), &result);
    if (result.error != 0) {
      if (result.failure.tag == 0) wasi_error_drop(result.failure.handle);
      return;
    }
    bytes.remove_prefix(part.size());
  }
}

Handle make_fields(const Headers& headers) {
  const Handle fields = wasi_fields_new();
  std::array<std::uint32_t, 4> ignored{};
  for (const auto& [name, value] : headers) {
    wasi_fields_append(fields, name.data(), name.size(), value.data(), value.size(), ignored.data());
  }
  return fields;
}

/// Writes an outgoing body and ends it.
void write_body(Handle body, std::string_view bytes) {
  HandleResult stream{};
  wasi_outgoing_body_write(body, &stream);
  write_stream(stream.handle, bytes);
  wasi_output_drop(stream.handle);
  std::array<std::uint64_t, 8> result{};
  wasi_outgoing_body_finish(body, 0, 0, result.data());
}

void send(Handle out, const Request& request, const Response& response) {
  const Handle handle = wasi_response_new(make_fields(response.headers));
  wasi_response_status(handle, response.status);
  HandleResult body{};
  wasi_response_body(handle, &body);
  wasi_response_send(out, 0, handle, 0, 0, 0, 0, 0, 0);
  write_body(body.handle, request.method == "HEAD" ? std::string_view() : response.body.view());
}

class EnvironmentConfig final : public Config {
 public:
  [[nodiscard]] std::optional<std::string_view> get(std::string_view name) const override {
    std::string variable = "SKERRY_";
    for (const char c : name) variable += c >= 'a' && c <= 'z' ? static_cast<char>(c - ('a' - 'A')) : c;
    const char* value = getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): a module has one thread
    if (value == nullptr) return std::nullopt;
    return value;
  }
};

/// A descriptor that is closed with its scope.
struct File {
  explicit File(int opened) : descriptor(opened) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (descriptor >= 0) close(descriptor);
  }
  int descriptor;
};

/// Writes all of it and waits until it is on the disk.
bool write_down(const File& file, std::string_view bytes) {
  while (file.descriptor >= 0 && !bytes.empty()) {
    const ssize_t n = ::write(file.descriptor, bytes.data(), bytes.size());
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return file.descriptor >= 0 && fsync(file.descriptor) == 0;
}

class FolderKv final : public BlockingKv {
 private:
  /// Keys become file names: letters, digits, `-`, `_` and inner dots stay, all else is percent-encoded.
  static std::string path_of(const std::string& key) {
    constexpr std::string_view kHex = "0123456789ABCDEF";
    std::string path = "/kv/";
    for (const char c : key) {
      const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         c == '-' || c == '_' || (c == '.' && path.size() > 4);
      if (plain) {
        path += c;
      } else {
        path += '%';
        path += kHex[static_cast<std::uint8_t>(c) >> 4];
        path += kHex[static_cast<std::uint8_t>(c) & 0xF];
      }
    }
    return path;
  }

  Result<Value> read(const std::string& key) override {
    const File file(open(path_of(key).c_str(), O_RDONLY));
    if (file.descriptor < 0) {
      if (errno == ENOENT) return Value();
      return fail("kv_unavailable", "the folder /kv can't be read (errno " + std::to_string(errno) + ")");
    }
    struct stat status{};
    if (fstat(file.descriptor, &status) != 0 || static_cast<std::uint64_t>(status.st_size) > kMaxValue) {
      return fail("kv_unavailable", "the value is no file, or larger than 25 MiB");
    }
    std::string value(static_cast<std::size_t>(status.st_size), '\0');
    std::size_t used = 0;
    while (used < value.size()) {
      const ssize_t n = ::read(file.descriptor, value.data() + used, value.size() - used);
      if (n < 0)
        return fail("kv_unavailable", "the value can't be read (errno " + std::to_string(errno) + ")");
      if (n == 0) break;
      used += static_cast<std::size_t>(n);
    }
    value.resize(used);
    return Value(std::move(value));
  }

  Result<void> write(const std::string& key, const std::string& value) override {
    const std::string path = path_of(key);
    const std::string aside = path + "%new";
    const File file(open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
    if (!write_down(file, value) || rename(aside.c_str(), path.c_str()) != 0) {
      return fail("kv_unavailable", "the folder /kv can't be written (errno " + std::to_string(errno) + ")");
    }
    return {};
  }
};

/// Each batch is a file, whole from the moment when it has its name: `2026-11-21T080611.250Z-<16 hex
/// digits>.events`. Whoever reads the folder takes files of that ending, and what lies there is durable.
class FolderEvents final : public BlockingEvents {
 private:
  static constexpr std::string_view kFolder = "/events";

  static std::unexpected<Error> failed() {
    const std::string why = "the folder /events can't be written (errno " + std::to_string(errno) + ")";
    return errno == ENOSPC || errno == EDQUOT ? fail("events_full", why) : fail("events_unavailable", why);
  }

  static std::string new_path() {
    std::array<std::uint64_t, 1> random{};
    WasiRandom().fill(std::as_writable_bytes(std::span(random)));
    std::string path(kFolder);
    path += '/';
    path += format_rfc3339(WasiClock().now());
    std::erase(path, ':');
    return path + '-' + sixteen_hexadecimal(random[0]);
  }

  Result<void> store(std::string batch, std::uint32_t) override {
    const std::string path = new_path();
    const std::string aside = path + ".part";
    const File file(open(aside.c_str(), O_WRONLY | O_CREAT | O_EXCL, 0644));
    // A folder can't be synchronised through the adapter. The file can, once more: its new name goes with it.
    if (file.descriptor >= 0 && write_down(file, batch) &&
        rename(aside.c_str(), (path + ".events").c_str()) == 0 && fsync(file.descriptor) == 0) {
      return {};
    }
    const auto why = failed();
    unlink(aside.c_str());
    return why;
  }
};

/// The native host at `http://host[:port]` or `https://…`.
class HttpOrigin final : public BlockingOrigin {
 public:
  explicit HttpOrigin(std::string_view url) {
    const auto parsed = Url::parse(url);
    if (!parsed || (parsed->scheme() != "https" && parsed->scheme() != "http")) return;
    tls_ = parsed->scheme() == "https";
    authority_ = parsed->authority();
  }

  Result<Response> ask(const Request& request) override {
    if (authority_.empty()) return fail("origin_unconfigured", "No origin_url is configured.");
    const Handle handle = wasi_fetch_new(make_fields(request.headers));
    const auto method =
        static_cast<std::int32_t>(std::ranges::find(kMethods, request.method) - kMethods.begin());
    wasi_fetch_method(handle, method, request.method.data(), request.method.size());
    wasi_fetch_scheme(handle, 1, tls_ ? 1 : 0, nullptr, 0);
    HandleResult body{};
    if (wasi_fetch_authority(handle, 1, authority_.data(), authority_.size()) != 0 ||
        wasi_fetch_target(handle, 1, request.target.data(), request.target.size()) != 0) {
      return fail("origin_unreachable", "the request can't be made");
    }
    wasi_fetch_body(handle, &body);
    SentResult sent{};
    wasi_fetch_send(handle, 0, 0, &sent);
    if (sent.error != 0) return fail("origin_unreachable", "the native host can't be asked");
    write_body(body.handle, request.body);
    const Handle ready = wasi_future_subscribe(sent.handle);
    wasi_poll_block(ready);
    wasi_poll_drop(ready);
    ArrivedResult arrived{};
    wasi_future_get(sent.handle, &arrived);
    wasi_future_drop(sent.handle);
    if (arrived.some == 0 || arrived.taken_before != 0 || arrived.response.error != 0) {
      return fail("origin_unreachable", "the native host does not answer");
    }
    return read(arrived.response.handle);
  }

 private:
  static constexpr std::size_t kMaxAnswer = std::size_t{1} << 20;

  static Result<Response> read(Handle handle) {
    Response response;
    response.status = wasi_answer_status(handle);
    response.headers = take_headers(wasi_answer_headers(handle));
    HandleResult body{};
    wasi_answer_consume(handle, &body);
    auto bytes = take_body(body, kMaxAnswer);
    wasi_answer_drop(handle);
    if (bytes) {
      response.body = *std::move(bytes);
      return response;
    }
    if (bytes.error() == BodyFault::too_large) {
      return fail("origin_too_large", "the native host answered with more than 1 MiB");
    }
    return fail("origin_unreachable", "the native host broke off its answer");
  }

  bool tls_ = false;
  std::string authority_;
};

/// The host keeps the Host header to itself, and tells what was in it.
void add_host(Handle incoming, Headers& headers) {
  OptionalSlice authority{};
  wasi_request_authority(incoming, &authority);
  if (authority.some == 0) return;
  const std::string host = take(authority.text);
  if (!headers.has("Host")) headers.add("host", host);
}

void serve(Handle incoming, Handle out) {
  Request request;
  request.method = take_method(incoming);
  OptionalSlice target{};
  wasi_request_target(incoming, &target);
  request.target = target.some != 0 ? take(target.text) : "/";
  request.headers = take_headers(wasi_request_headers(incoming));
  add_host(incoming, request.headers);
  const EnvironmentConfig config;
  const std::size_t limit = body_limit(request, config);
  if (announces_more(request.headers, limit)) {
    wasi_request_drop(incoming);
    return send(out, request, body_too_large());
  }
  HandleResult consumed{};
  wasi_request_consume(incoming, &consumed);
  auto body = take_body(consumed, limit);
  wasi_request_drop(incoming);
  if (!body) return send(out, request, body_too_large());
  request.body = *std::move(body);

  FolderKv kv;
  HttpOrigin origin(config.get("origin_url").value_or(""));
  IngestEvents hop(origin, std::string(config.get("ingest_secret").value_or("")));
  FolderEvents folder;
  BlockingEvents& events = config.get("ingest_secret") ? static_cast<BlockingEvents&>(hop) : folder;
  send(out, request, answer(request, kv, events, origin, config));
}

}  // namespace
}  // namespace skerry::guest

extern "C" {

/// The canonical ABI's allocator: what the host returns to us lies in memory from here.
__attribute__((export_name("cabi_realloc"))) void* skerry_cabi_realloc(void* old, std::size_t, std::size_t,
                                                                       std::size_t size) {
  // NOLINTNEXTLINE(cppcoreguidelines-owning-memory): the host owns it until it returns
  void* memory = realloc(old, size);
  if (memory == nullptr && size > 0) __builtin_trap();
  return memory;
}

__attribute__((export_name("wasi:http/incoming-handler@0.2.12#handle"))) void skerry_handle(
    skerry::guest::Handle request, skerry::guest::Handle out) {
  skerry::guest::serve(request, out);
}
}
