#include "wasm-runtime/host/record.hpp"

#include <doctest/doctest.h>

#include "wasm-runtime/abi/abi.hpp"

using namespace skerry;
using namespace skerry::sandbox;

namespace {

std::string bytes(const Record& record) {
  std::string room(record.size(), '?');
  record.write(room);
  return room;
}

std::shared_ptr<const std::string> shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

}  // namespace

TEST_CASE("records are those of the boundary") {
  const Request requests[] = {
      {},
      {"POST",
       "/a?b=%00",
       {{"Accept", "*/*"}, {"accept", ""}},
       std::string(100'000, 'x'),
       "::1",
       {{"country", "DE"}}},
      {"", "", {}, std::string("\0\r\n", 3), ""},
  };
  for (const Request& request : requests) CHECK(bytes(encode(request)) == abi::encode_request(request));

  const KvPort::Value large = shared(std::string(50'000, 'y'));
  const KvPort::Value empty = shared("");
  CHECK(bytes(encode(large)) == abi::encode_kv_get(*large));
  CHECK(bytes(encode(empty)) == abi::encode_kv_get(""));
  CHECK(bytes(encode(KvPort::Value())) == abi::encode_kv_get(std::nullopt));
  CHECK(bytes(encode(std::vector{large, KvPort::Value(), empty})) ==
        abi::encode_kv_get_many({*large, std::nullopt, ""}));

  const Error error{"kv_unavailable", "The file is locked."};
  CHECK(bytes(encode(error)) == abi::encode_failure(error));
  CHECK(bytes(encode_done()) == abi::encode_done());
}
