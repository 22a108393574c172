#include "wasm-runtime/abi/abi.hpp"

#include <algorithm>
#include <bit>
#include <utility>

static_assert(std::endian::native == std::endian::little, "records are little-endian");

namespace skerry::abi {
namespace {

constexpr std::uint32_t kOk = 0;
constexpr std::uint32_t kFailed = 1;
constexpr std::size_t kFieldSize = 8;  // at least: two empty strings

/// What may stand in a request line: visible ASCII, no spaces.
bool is_target(std::string_view target) {
  return target.starts_with('/') && std::ranges::all_of(target, [](char c) { return c > ' ' && c < '\x7f'; });
}

bool are_fields(const Headers& headers) {
  return std::ranges::all_of(headers, [](const Headers::Field& field) {
    return is_token(field.name) && is_field_value(field.value);
  });
}

Headers read_headers(Reader& in) {
  Headers headers;
  const std::uint32_t count = in.count(kFieldSize);
  headers.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string_view name = in.str();
    headers.add(name, in.str());
  }
  return headers;
}

Error violation() {
  return {"abi_violation", "the host sent a record that can't be read"};
}

/// Reads the status word of an answer: nothing where the result follows, else the failure.
std::optional<Error> read_failure(Reader& in) {
  const std::uint32_t status = in.u32();
  if (in.ok() && status == kOk) return std::nullopt;
  if (status != kFailed) return violation();
  const std::string_view code = in.str();
  Error error{std::string(code), std::string(in.str())};
  return in.finished() ? error : violation();
}

std::optional<std::string_view> read_value(Reader& in) {
  if (!in.flag()) return std::nullopt;
  return in.str();
}

void write_value(Writer& out, const std::optional<std::string_view>& value) {
  out.u32(value ? 1 : 0);
  if (value) out.str(*value);
}

}  // namespace

std::string encode_settings(const Settings& settings) {
  Writer out;
  out.fields(settings);
  return out.take();
}

std::optional<Settings> decode_settings(std::string_view record) {
  Reader in(record);
  const Headers fields = read_headers(in);
  if (!in.finished()) return std::nullopt;
  return Settings(fields.begin(), fields.end());
}

std::string encode_request(const Request& request) {
  Writer out;
  out.reserve(512 + request.target.size() + request.body.size());
  out.str(request.method);
  out.str(request.target);
  out.str(request.client);
  out.fields(request.headers);
  out.fields(request.hints);
  out.str(request.body);
  return out.take();
}

std::optional<Request> decode_request(std::string_view record) {
  Reader in(record);
  Request request;
  request.method = in.str();
  request.target = in.str();
  request.client = in.str();
  request.headers = read_headers(in);
  const Headers hints = read_headers(in);
  request.hints.assign(hints.begin(), hints.end());
  request.body = in.str();
  if (!in.finished()) return std::nullopt;
  return request;
}

std::string encode_response(const Response& response) {
  Writer out;
  out.reserve(512);
  out.u32(static_cast<std::uint32_t>(response.status));
  out.fields(response.headers);
  return out.take();
}

std::optional<Response> decode_response(std::string_view record, Body body) {
  Reader in(record);
  Response response;
  const std::uint32_t status = in.u32();
  response.headers = read_headers(in);
  if (!in.finished() || status < 200 || status > 599) return std::nullopt;
  if (!are_fields(response.headers)) return std::nullopt;
  response.status = static_cast<int>(status);
  response.body = std::move(body);
  return response;
}

std::string encode_call(const Call& call) {
  Writer out;
  if (const auto* get = std::get_if<KvGet>(&call)) {
    out.u32(std::to_underlying(Operation::kv_get));
    out.str(get->key);
  } else if (const auto* many = std::get_if<KvGetMany>(&call)) {
    out.u32(std::to_underlying(Operation::kv_get_many));
    out.u32(static_cast<std::uint32_t>(many->keys.size()));
    for (const std::string& key : many->keys) out.str(key);
  } else if (const auto* put = std::get_if<KvPut>(&call)) {
    out.u32(std::to_underlying(Operation::kv_put));
    out.str(put->key);
  } else if (const auto* send = std::get_if<EventsSend>(&call)) {
    out.u32(std::to_underlying(Operation::events_send));
    out.u32(send->count);
  } else if (const auto* fetch = std::get_if<OriginFetch>(&call)) {
    out.u32(std::to_underlying(Operation::origin_fetch));
    out.str(fetch->request.method);
    out.str(fetch->request.target);
    out.fields(fetch->request.headers);
  }
  return out.take();
}

std::string_view bulk_of(const Call& call) {
  if (const auto* put = std::get_if<KvPut>(&call)) return put->value;
  if (const auto* send = std::get_if<EventsSend>(&call)) return send->batch;
  if (const auto* fetch = std::get_if<OriginFetch>(&call)) return fetch->request.body;
  return {};
}

std::optional<Call> decode_call(std::string_view record, std::string_view body) {
  Reader in(record);
  Call call;
  switch (in.u32()) {
    case std::to_underlying(Operation::kv_get): call = KvGet{std::string(in.str())}; break;
    case std::to_underlying(Operation::kv_get_many): {
      KvGetMany many;
      const std::uint32_t count = in.count(4);
      if (count > kMaxKeys) return std::nullopt;
      for (std::uint32_t i = 0; i < count; ++i) many.keys.emplace_back(in.str());
      call = std::move(many);
      break;
    }
    case std::to_underlying(Operation::kv_put): call = KvPut{std::string(in.str()), std::string(body)}; break;
    case std::to_underlying(Operation::events_send): call = EventsSend{std::string(body), in.u32()}; break;
    case std::to_underlying(Operation::origin_fetch): {
      Request request;
      request.method = in.str();
      request.target = in.str();
      request.headers = read_headers(in);
      request.body = body;
      if (!is_token(request.method) || !is_target(request.target) || !are_fields(request.headers)) {
        return std::nullopt;
      }
      call = OriginFetch{std::move(request)};
      break;
    }
    default: return std::nullopt;
  }
  if (!in.finished()) return std::nullopt;
  return call;
}

std::string encode_failure(const Error& error) {
  Writer out;
  out.u32(kFailed);
  out.str(error.code);
  out.str(error.message);
  return out.take();
}

std::string encode_kv_get(const std::optional<std::string_view>& value) {
  Writer out;
  out.reserve(12 + (value ? value->size() : 0));
  out.u32(kOk);
  write_value(out, value);
  return out.take();
}

std::string encode_kv_get_many(const std::vector<std::optional<std::string_view>>& values) {
  Writer out;
  out.u32(kOk);
  out.u32(static_cast<std::uint32_t>(values.size()));
  for (const auto& value : values) write_value(out, value);
  return out.take();
}

std::string encode_origin_fetch(const Response& response) {
  Writer out;
  out.reserve(512 + response.body.size());
  out.u32(kOk);
  out.u32(static_cast<std::uint32_t>(response.status));
  out.fields(response.headers);
  out.str(response.body.view());
  return out.take();
}

std::string encode_done() {
  Writer out;
  out.u32(kOk);
  return out.take();
}

Result<Kv::Value> decode_kv_get(std::string record) {
  Reader in(record);
  if (auto error = read_failure(in)) return std::unexpected(*std::move(error));
  const auto value = read_value(in);
  if (!in.finished()) return std::unexpected(violation());
  if (!value) return Kv::Value();
  record.erase(0, record.size() - value->size());
  return record;
}

Result<std::vector<Kv::Value>> decode_kv_get_many(std::string_view record) {
  Reader in(record);
  if (auto error = read_failure(in)) return std::unexpected(*std::move(error));
  std::vector<Kv::Value> values(in.count(4));
  for (Kv::Value& value : values) {
    if (const auto bytes = read_value(in)) value = std::string(*bytes);
  }
  if (!in.finished()) return std::unexpected(violation());
  return values;
}

Result<Response> decode_origin_fetch(std::string record) {
  Reader in(record);
  if (auto error = read_failure(in)) return std::unexpected(*std::move(error));
  Response response;
  const std::uint32_t status = in.u32();
  response.headers = read_headers(in);
  const std::size_t size = in.str().size();
  if (!in.finished() || status < 100 || status > 999) return std::unexpected(violation());
  response.status = static_cast<int>(status);
  record.erase(0, record.size() - size);
  response.body = std::move(record);
  return response;
}

Result<void> decode_done(std::string_view record) {
  Reader in(record);
  if (auto error = read_failure(in)) return std::unexpected(*std::move(error));
  if (!in.finished()) return std::unexpected(violation());
  return {};
}

}  // namespace skerry::abi
