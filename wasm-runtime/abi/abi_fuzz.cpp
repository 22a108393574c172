#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>

#include "wasm-runtime/abi/abi.hpp"

using namespace skerry;
using namespace skerry::abi;

namespace {

void check(bool holds) {
  if (!holds) std::abort();
}

template <class T, class Encode>
void same_again(std::string_view record, const std::optional<T>& decoded, Encode encode) {
  if (decoded) check(encode(*decoded) == record);
}

}  // namespace

/// Any bytes as any record: each is refused, or encodes to the same bytes again. There is one encoding of
/// everything.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A block of its exact size, so that AddressSanitizer sees a read past its end.
  const auto exact = std::make_unique<char[]>(size);
  std::memcpy(exact.get(), data, size);
  const std::string_view record(exact.get(), size);

  same_again(record, decode_settings(record), encode_settings);
  same_again(record, decode_request(record), encode_request);
  same_again(record, decode_response(record, Body()), encode_response);
  same_again(record, decode_call(record, "body"), encode_call);

  if (const auto value = decode_kv_get(std::string(record))) {
    check(encode_kv_get(*value) == record);
  } else if (value.error().code != "abi_violation") {
    check(encode_failure(value.error()) == record);
  }
  if (const auto values = decode_kv_get_many(record)) {
    check(encode_kv_get_many({values->begin(), values->end()}) == record);
  }
  if (const auto response = decode_origin_fetch(std::string(record))) {
    check(encode_origin_fetch(*response) == record);
  }
  if (decode_done(record)) check(encode_done() == record);
  return 0;
}
