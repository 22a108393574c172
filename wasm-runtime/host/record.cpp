#include "wasm-runtime/host/record.hpp"

#include <cstring>
#include <optional>

#include "wasm-runtime/abi/abi.hpp"

namespace skerry::sandbox {

void Record::write(std::span<char> room) const {
  std::memcpy(room.data(), head.data(), head.size());
  if (!bulk.empty()) std::memcpy(room.data() + head.size(), bulk.data(), bulk.size());
}

Record encode(const Request& request) {
  abi::Writer head;
  head.reserve(512 + request.target.size());
  head.str(request.method);
  head.str(request.target);
  head.str(request.client);
  head.fields(request.headers);
  head.fields(request.hints);
  head.u32(static_cast<std::uint32_t>(request.body.size()));
  return {head.take(), request.body};
}

Record encode(const KvPort::Value& value) {
  if (!value) return {abi::encode_kv_get(std::nullopt), {}};
  abi::Writer head;
  head.u32(0);
  head.u32(1);
  head.u32(static_cast<std::uint32_t>(value->size()));
  return {head.take(), *value};
}

Record encode(const std::vector<KvPort::Value>& values) {
  std::vector<std::optional<std::string_view>> views;
  views.reserve(values.size());
  for (const auto& value : values)
    views.push_back(value ? std::optional<std::string_view>(*value) : std::nullopt);
  return {abi::encode_kv_get_many(views), {}};
}

Record encode(const Error& error) {
  return {abi::encode_failure(error), {}};
}

Record encode(const Result<void>& done) {
  return done ? encode_done() : encode(done.error());
}

Record encode(const Result<Response>& fetched) {
  if (!fetched) return encode(fetched.error());
  return {abi::encode_origin_fetch(*fetched), {}};
}

Record encode_done() {
  return {abi::encode_done(), {}};
}

}  // namespace skerry::sandbox
