/// The entry for hosts of `wasi:http/incoming-handler@0.2.12`, such as `wasmtime serve`, with all functions
/// of the bundle: a reactor on the lowered imports of the component model (WIT: wasi:http/types,
/// wasi:io/streams; canonical ABI), made a component by ../toolchain/componentize.mjs. The KV store is the
/// preopened folder `/kv`, a file for each key; settings are environment variables, `SKERRY_RESIDENT_SECONDS`
/// for `resident_seconds`.

#include <array>
#include <cerrno>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "wasm-runtime/guest/answer.hpp"
#include "wasm-runtime/guest/blocking_kv.hpp"
#include "wasm-runtime/guest/body_limit.hpp"

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

#define SKERRY_TYPES(name) __attribute__((import_module("wasi:http/types@0.2.12"), import_name(name)))
#define SKERRY_STREAMS(name) __attribute__((import_module("wasi:io/streams@0.2.12"), import_name(name)))
#define SKERRY_ERROR(name) __attribute__((import_module("wasi:io/error@0.2.12"), import_name(name)))
extern "C" {
SKERRY_TYPES("[method]incoming-request.method") void wasi_request_method(Handle, MethodResult*);
SKERRY_TYPES("[method]incoming-request.path-with-query") void wasi_request_target(Handle, OptionalSlice*);
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
SKERRY_ERROR("[resource-drop]error") void wasi_error_drop(Handle);
}
#undef SKERRY_TYPES
#undef SKERRY_STREAMS
#undef SKERRY_ERROR

std::string take(Slice slice) {
  std::string text(slice.data, slice.size);
  if (slice.size > 0) free(slice.data);  // NOLINT(cppcoreguidelines-owning-memory): from cabi_realloc
  return text;
}

std::string take_method(Handle request) {
  constexpr std::array<std::string_view, 9> kMethods{"GET",     "HEAD",    "POST",  "PUT",  "DELETE",
                                                     "CONNECT", "OPTIONS", "TRACE", "PATCH"};
  MethodResult result{};
  wasi_request_method(request, &result);
  return result.tag < kMethods.size() ? std::string(kMethods[result.tag]) : take(result.other);
}

Headers take_headers(Handle request) {
  const Handle fields = wasi_request_headers(request);
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

/// Nothing if the body is longer than `cap` or breaks off.
std::optional<std::string> read_stream(Handle stream, std::size_t cap) {
  constexpr std::int64_t kChunk = std::int64_t{64} * 1024;
  std::string bytes;
  for (;;) {
    StreamResult result{};
    wasi_read(stream, kChunk, &result);
    if (result.error != 0) {
      if (result.failure.tag == 1) return bytes;
      wasi_error_drop(result.failure.handle);
      return std::nullopt;
    }
    bytes += take(result.bytes);
    if (bytes.size() > cap) return std::nullopt;
  }
}

std::optional<std::string> take_body(Handle request) {
  HandleResult body{};
  wasi_request_consume(request, &body);
  if (body.error != 0) return std::nullopt;
  HandleResult stream{};
  wasi_incoming_body_stream(body.handle, &stream);
  std::optional<std::string> bytes;
  if (stream.error == 0) {
    bytes = read_stream(stream.handle, kMaxBody);
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

void send(Handle out, const Request& request, const Response& response) {
  const Handle fields = wasi_fields_new();
  std::array<std::uint32_t, 4> ignored{};
  for (const auto& [name, value] : response.headers) {
    wasi_fields_append(fields, name.data(), name.size(), value.data(), value.size(), ignored.data());
  }
  const Handle handle = wasi_response_new(fields);
  wasi_response_status(handle, response.status);
  HandleResult body{};
  wasi_response_body(handle, &body);
  wasi_response_send(out, 0, handle, 0, 0, 0, 0, 0, 0);
  HandleResult stream{};
  wasi_outgoing_body_write(body.handle, &stream);
  if (request.method != "HEAD") write_stream(stream.handle, response.body.view());
  wasi_output_drop(stream.handle);
  std::array<std::uint64_t, 8> result{};
  wasi_outgoing_body_finish(body.handle, 0, 0, result.data());
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
    {
      const File file(open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644));
      std::string_view rest = value;
      while (file.descriptor >= 0 && !rest.empty()) {
        const ssize_t n = ::write(file.descriptor, rest.data(), rest.size());
        if (n <= 0) break;
        rest.remove_prefix(static_cast<std::size_t>(n));
      }
      if (file.descriptor < 0 || !rest.empty() || fsync(file.descriptor) != 0) {
        return fail("kv_unavailable",
                    "the folder /kv can't be written (errno " + std::to_string(errno) + ")");
      }
    }
    if (rename(aside.c_str(), path.c_str()) != 0) {
      return fail("kv_unavailable", "the folder /kv can't be written (errno " + std::to_string(errno) + ")");
    }
    return {};
  }
};

void serve(Handle incoming, Handle out) {
  Request request;
  request.method = take_method(incoming);
  OptionalSlice target{};
  wasi_request_target(incoming, &target);
  request.target = target.some != 0 ? take(target.text) : "/";
  request.headers = take_headers(incoming);
  auto body = announces_too_much(request.headers) ? std::nullopt : take_body(incoming);
  wasi_request_drop(incoming);
  if (!body) return send(out, request, body_too_large());
  request.body = *std::move(body);

  FolderKv kv;
  const EnvironmentConfig config;
  send(out, request, answer(request, kv, config));
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
