#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "shared/http.hpp"
#include "shared/platform.hpp"

/// The records of the boundary between a module and its host, for both sides. The page that defines them is
/// README.md beside this file.
namespace skerry::abi {

inline constexpr std::uint32_t kVersion = 2;
inline constexpr std::size_t kMaxKeys = 100;

enum class State : std::uint32_t { done = 1, waiting = 2 };
enum class Operation : std::uint32_t {
  kv_get = 1,
  kv_get_many = 2,
  kv_put = 3,
  events_send = 4,
  origin_fetch = 5
};

/// What `begin` and `resume` return the address of. Addresses are of the module's memory.
struct Outcome {
  std::uint32_t state = 0;
  std::uint32_t record = 0;
  std::uint32_t record_size = 0;
  std::uint32_t body = 0;
  std::uint32_t body_size = 0;
};
static_assert(sizeof(Outcome) == 20);

using Settings = std::vector<Headers::Field>;

/// What a suspended run waits for.
struct KvGet {
  std::string key;
};
struct KvGetMany {
  std::vector<std::string> keys;
};
struct KvPut {
  std::string key;
  std::string value;  ///< travels as the outcome's body
};
struct EventsSend {
  std::string batch;  ///< travels as the outcome's body
  std::uint32_t count = 0;
};
struct OriginFetch {
  Request request;  ///< without client and hints; its body travels as the outcome's body
};
using Call = std::variant<KvGet, KvGetMany, KvPut, EventsSend, OriginFetch>;

/// Reads a record from the left. After the first item that does not fit, everything reads as empty and `ok()`
/// is false. Strings are views into the record.
class Reader {
 public:
  explicit Reader(std::string_view record) : rest_(record) {}

  std::uint32_t u32() {
    if (rest_.size() < 4) return miss();
    std::uint32_t value = 0;
    std::memcpy(&value, rest_.data(), 4);
    rest_.remove_prefix(4);
    return value;
  }
  std::string_view str() {
    const std::uint32_t size = u32();
    if (rest_.size() < size) {
      miss();
      return {};
    }
    const std::string_view value = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return value;
  }
  /// A word that may be 0 or 1.
  bool flag() {
    const std::uint32_t value = u32();
    return (value <= 1 ? value : miss()) == 1;
  }
  /// A count of items that take at least `item_size` bytes each.
  std::uint32_t count(std::size_t item_size) {
    const std::uint32_t value = u32();
    return value <= rest_.size() / item_size ? value : miss();
  }
  [[nodiscard]] bool ok() const { return ok_; }
  /// True if the record was read whole, with nothing left.
  [[nodiscard]] bool finished() const { return ok_ && rest_.empty(); }

 private:
  std::uint32_t miss() {
    ok_ = false;
    rest_ = {};
    return 0;
  }
  std::string_view rest_;
  bool ok_ = true;
};

class Writer {
 public:
  void u32(std::uint32_t value) {
    char bytes[4];
    std::memcpy(bytes, &value, 4);
    out_.append(bytes, 4);
  }
  void str(std::string_view value) {
    u32(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  template <class Fields>
  void fields(const Fields& fields) {
    u32(static_cast<std::uint32_t>(fields.size()));
    for (const Headers::Field& field : fields) {
      str(field.name);
      str(field.value);
    }
  }
  void reserve(std::size_t size) { out_.reserve(size); }
  [[nodiscard]] const std::string& bytes() const { return out_; }
  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

std::string encode_settings(const Settings& settings);
std::optional<Settings> decode_settings(std::string_view record);

std::string encode_request(const Request& request);
std::optional<Request> decode_request(std::string_view record);

/// Status and headers; the body travels beside the record.
std::string encode_response(const Response& response);
/// Refuses headers that could forge others on the wire: the module is not trusted.
std::optional<Response> decode_response(std::string_view record, Body body);

/// The record without the call's bulk data, which is the outcome's body: `bulk_of`.
std::string encode_call(const Call& call);
std::string_view bulk_of(const Call& call);
/// Refuses requests to the origin that could forge others on the wire: the module is not trusted.
std::optional<Call> decode_call(std::string_view record, std::string_view body);

std::string encode_failure(const Error& error);
std::string encode_kv_get(const std::optional<std::string_view>& value);
std::string encode_kv_get_many(const std::vector<std::optional<std::string_view>>& values);
std::string encode_origin_fetch(const Response& response);
/// The answer to what has no result: `kv.put`, `events.send`.
std::string encode_done();

/// Takes the record over: the value stays where it was received.
Result<Kv::Value> decode_kv_get(std::string record);
Result<std::vector<Kv::Value>> decode_kv_get_many(std::string_view record);
Result<Response> decode_origin_fetch(std::string record);
Result<void> decode_done(std::string_view record);

}  // namespace skerry::abi
