#include "wasm-runtime/abi/abi.hpp"

#include <functional>
#include <memory>

#include <doctest/doctest.h>

namespace skerry::abi {
namespace {

using namespace std::string_literals;

/// A copy in a block of its exact size, so that AddressSanitizer sees a read past the record's end.
class Exact {
 public:
  explicit Exact(std::string_view bytes)
      : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
    bytes.copy(bytes_.get(), size_);
  }
  [[nodiscard]] std::string_view view() const { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_;
};

/// What was decoded; without it the test ends.
template <class T>
T decoded(std::optional<T> value) {
  REQUIRE(value);
  return *std::move(value);  // NOLINT(bugprone-unchecked-optional-access): REQUIRE does not go on then
}

const Settings kSettings{{"view_promise_seconds", "900"}, {"", ""}, {"n\0ul"s, "\xff"}};

Request some_request() {
  Request request;
  request.method = "POST";
  request.target = "/v2/latest?project=ris&x=\xff";
  request.client = "2001:db8::1";
  request.headers = {{"Accept", "a"}, {"accept", "b"}, {"", ""}};
  request.hints = {{"country", "DE"}, {"", "\xff"}};
  request.body = "bo\0dy"s;
  return request;
}

Request some_fetch() {
  Request request;
  request.method = "PUT";
  request.target = "/internal/health?a=%zz&b";
  request.headers = {{"Accept", "a"}, {"accept", "\xff"}};
  request.body = "bo\0dy"s;
  return request;
}

Response some_response() {
  Response response;
  response.status = 404;
  response.headers = {{"Content-Type", "application/json"}, {"ETag", "\"\xff\""}, {"X-Empty", ""}};
  return response;
}

TEST_CASE("settings come back") {
  CHECK(decode_settings(encode_settings(kSettings)) == kSettings);
  CHECK(decode_settings(encode_settings({})) == Settings{});
}

TEST_CASE("requests come back") {
  for (const Request& request : {some_request(), Request{}}) {
    const Request back = decoded(decode_request(encode_request(request)));
    CHECK(back.method == request.method);
    CHECK(back.target == request.target);
    CHECK(back.client == request.client);
    CHECK(back.headers == request.headers);
    CHECK(back.hints == request.hints);
    CHECK(back.body == request.body);
  }
}

TEST_CASE("responses come back, the body beside them") {
  const Response back = decoded(decode_response(encode_response(some_response()), Body("body")));
  CHECK(back.status == 404);
  CHECK(back.headers == some_response().headers);
  CHECK(back.body.view() == "body");
}

TEST_CASE("a response that could forge another is refused") {
  for (const int status : {200, 304, 599}) {
    CHECK(decode_response(encode_response({.status = status, .headers = {}, .body = {}}), Body()));
  }
  for (const int status : {-1, 0, 100, 199, 600, 65'736}) {
    CHECK_FALSE(decode_response(encode_response({.status = status, .headers = {}, .body = {}}), Body()));
  }
  for (const Headers::Field& field : {Headers::Field{"A", "1\r\nSet-Cookie: x"},
                                      {"A", "\n"},
                                      {"A", "\r"},
                                      {"A", "\0"s},
                                      {"", "x"},
                                      {"A:", "x"},
                                      {"A B", "x"},
                                      {"A\r\nB", "x"}}) {
    CAPTURE(field.name);
    CAPTURE(field.value);
    CHECK_FALSE(decode_response(encode_response({.status = 200, .headers = {field}, .body = {}}), Body()));
  }
}

TEST_CASE("calls come back, their bulk beside the record") {
  const Call get = decoded(decode_call(encode_call(KvGet{"latest"}), ""));
  CHECK(std::get<KvGet>(get).key == "latest");

  for (const auto& keys : {std::vector<std::string>{}, {"a"}, {"a", "", "k\0\xff"s}}) {
    const Call many = decoded(decode_call(encode_call(KvGetMany{keys}), ""));
    CHECK(std::get<KvGetMany>(many).keys == keys);
  }

  const KvPut call{"key", "value"};
  CHECK(encode_call(call).find("value") == std::string::npos);
  const Call put = decoded(decode_call(encode_call(call), call.value));
  CHECK(std::get<KvPut>(put).key == "key");
  CHECK(std::get<KvPut>(put).value == "value");

  const EventsSend events{"\0batch"s, 3};
  CHECK(encode_call(events) == "\4\0\0\0\3\0\0\0"s);
  CHECK(bulk_of(events) == events.batch);
  const Call send = decoded(decode_call(encode_call(events), bulk_of(events)));
  CHECK(std::get<EventsSend>(send).batch == events.batch);
  CHECK(std::get<EventsSend>(send).count == 3);

  const OriginFetch question{some_fetch()};
  CHECK(bulk_of(question) == question.request.body);
  const Call fetch = decoded(decode_call(encode_call(question), bulk_of(question)));
  const Request& asked = std::get<OriginFetch>(fetch).request;
  CHECK(asked.method == "PUT");
  CHECK(asked.target == question.request.target);
  CHECK(asked.headers == question.request.headers);
  CHECK(asked.body == question.request.body);
  CHECK(asked.client.empty());
  CHECK(bulk_of(KvGet{"latest"}).empty());
}

TEST_CASE("a request to the origin that could forge another is refused") {
  const auto takes = [](const auto& change) {
    Request request = some_fetch();
    change(request);
    return decode_call(encode_call(OriginFetch{request}), "").has_value();
  };
  CHECK(takes([](Request&) {}));
  for (const std::string& method : {""s, "GET /"s, "GET\r\n"s, "G\0T"s}) {
    CAPTURE(method);
    CHECK_FALSE(takes([&](Request& request) { request.method = method; }));
  }
  for (const std::string& target :
       {""s, "livez"s, "http://other/"s, "/a b"s, "/a\r\nX: y"s, "/\0"s, "/\xff"s}) {
    CAPTURE(target);
    CHECK_FALSE(takes([&](Request& request) { request.target = target; }));
  }
  for (const Headers::Field& field : {Headers::Field{"A", "1\r\nB: 2"}, {"", "x"}, {"A B", "x"}}) {
    CAPTURE(field.name);
    CHECK_FALSE(takes([&](Request& request) { request.headers = {field}; }));
  }
}

TEST_CASE("a call has at most 100 keys and a known operation") {
  CHECK(decode_call(encode_call(KvGetMany{std::vector<std::string>(kMaxKeys)}), ""));
  CHECK_FALSE(decode_call(encode_call(KvGetMany{std::vector<std::string>(kMaxKeys + 1)}), ""));
  for (const std::uint32_t operation : {0U, 6U, 0x100U, 0xffffffffU}) {
    Writer out;
    out.u32(operation);
    out.str("key");
    CHECK_FALSE(decode_call(out.bytes(), ""));
  }
}

TEST_CASE("answers come back") {
  CHECK(decode_kv_get(encode_kv_get("value")).value() == Kv::Value("value"));
  CHECK(decode_kv_get(encode_kv_get("")).value() == Kv::Value(""));
  CHECK(decode_kv_get(encode_kv_get(std::nullopt)).value() == Kv::Value());
  CHECK(decode_kv_get_many(encode_kv_get_many({"a", std::nullopt, ""})).value() ==
        std::vector<Kv::Value>{"a", std::nullopt, ""});
  CHECK(decode_kv_get_many(encode_kv_get_many({})).value() == std::vector<Kv::Value>{});
  CHECK(decode_done(encode_done()).has_value());

  Response answer = some_response();
  answer.body = "bo\0dy"s;
  const Response back = decode_origin_fetch(encode_origin_fetch(answer)).value();
  CHECK(back.status == 404);
  CHECK(back.headers == answer.headers);
  CHECK(back.body.view() == answer.body.view());
  for (const int status : {-1, 0, 99, 1000}) {
    answer.status = status;
    CHECK(decode_origin_fetch(encode_origin_fetch(answer)).error().code == "abi_violation");
  }
}

TEST_CASE("failures come back from every kind of answer") {
  for (const Error& error : {Error{"kv_unavailable", "it sleeps"}, Error{"", ""}}) {
    const std::string record = encode_failure(error);
    CHECK(decode_kv_get(record).error() == error);
    CHECK(decode_kv_get_many(record).error() == error);
    CHECK(decode_origin_fetch(record).error() == error);
    CHECK(decode_done(record).error() == error);
  }
}

TEST_CASE("flags and states are 0 or 1") {
  const std::string present = encode_kv_get("v");
  for (const char odd : {'\2', '\x7f', '\xff'}) {
    for (const std::size_t at : {0, 1, 3, 4, 5, 7}) {
      std::string record = present;
      record[at] = odd;
      CAPTURE(at);
      CHECK(decode_kv_get(record).error().code == "abi_violation");
    }
  }
}

/// Every record with what reads it; true where it was taken.
struct Kind {
  std::string name;
  std::string record;
  std::function<bool(std::string_view)> reads;
};

std::vector<Kind> every_kind() {
  const auto settings = [](std::string_view r) { return decode_settings(r).has_value(); };
  const auto request = [](std::string_view r) { return decode_request(r).has_value(); };
  const auto response = [](std::string_view r) { return decode_response(r, Body()).has_value(); };
  const auto call = [](std::string_view r) { return decode_call(r, "").has_value(); };
  const auto get = [](std::string_view r) { return decode_kv_get(std::string(r)).has_value(); };
  const auto get_many = [](std::string_view r) { return decode_kv_get_many(r).has_value(); };
  const auto fetch = [](std::string_view r) { return decode_origin_fetch(std::string(r)).has_value(); };
  const auto done = [](std::string_view r) { return decode_done(r).has_value(); };
  const auto failure = [](std::string_view r) { return decode_done(r).error().code == "code"; };
  return {
      {"settings", encode_settings(kSettings), settings},
      {"no settings", encode_settings({}), settings},
      {"request", encode_request(some_request()), request},
      {"response", encode_response(some_response()), response},
      {"kv.get", encode_call(KvGet{"latest"}), call},
      {"kv.get_many", encode_call(KvGetMany{{"a", "", "b"}}), call},
      {"kv.put", encode_call(KvPut{"key", ""}), call},
      {"events.send", encode_call(EventsSend{"", 1}), call},
      {"origin.fetch", encode_call(OriginFetch{some_fetch()}), call},
      {"value", encode_kv_get("value"), get},
      {"no value", encode_kv_get(std::nullopt), get},
      {"values", encode_kv_get_many({"a", std::nullopt, ""}), get_many},
      {"response of the origin", encode_origin_fetch(some_response()), fetch},
      {"done", encode_done(), done},
      {"failure", encode_failure({"code", "message"}), failure},
  };
}

TEST_CASE("a record is taken whole, and neither shorter nor longer") {
  for (const auto& [name, record, reads] : every_kind()) {
    CAPTURE(name);
    CHECK(reads(Exact(record).view()));
    for (std::size_t n = 0; n < record.size(); ++n) {
      CAPTURE(n);
      CHECK_FALSE(reads(Exact(record.substr(0, n)).view()));
    }
    CHECK_FALSE(reads(Exact(record + '\0').view()));
    CHECK_FALSE(reads(Exact(record + record).view()));
  }
}

TEST_CASE("counts and lengths larger than the record are refused") {
  for (const auto& [name, record, reads] : every_kind()) {
    CAPTURE(name);
    for (std::size_t at = 0; at + 4 <= record.size(); ++at) {
      CAPTURE(at);
      for (const std::uint32_t huge : {0xffffffffU, 0x80000000U, 0x7fffffffU}) {
        std::string damaged = record;
        std::memcpy(damaged.data() + at, &huge, 4);
        reads(Exact(damaged)
                  .view());  // it may be text that was changed; nothing is read or allocated beyond it
      }
    }
  }
  Writer settings;
  settings.u32(2);
  settings.str("one");
  settings.str("field");
  CHECK_FALSE(decode_settings(settings.bytes()));
  Writer values;
  values.u32(0);
  values.u32(0xffffffff);
  values.u32(0);
  CHECK(decode_kv_get_many(values.bytes()).error().code == "abi_violation");
}

TEST_CASE("Reader") {
  Writer out;
  out.u32(7);
  out.str("ab");
  out.u32(1);
  out.u32(2);
  const std::string record = out.take();
  CHECK(record == "\7\0\0\0\2\0\0\0ab\1\0\0\0\2\0\0\0"s);

  Reader in(record);
  CHECK(in.u32() == 7);
  CHECK(in.str() == "ab");
  CHECK(in.flag());
  CHECK(in.ok());
  CHECK_FALSE(in.finished());
  CHECK_FALSE(in.flag());
  CHECK_FALSE(in.ok());
  CHECK(in.u32() == 0);
  CHECK(in.str().empty());
  CHECK(in.count(1) == 0);
  CHECK_FALSE(in.finished());

  CHECK(Reader("").finished());
  const std::string seven =
      "\1\0\0\0"
      "1234567"s;
  Reader counting(seven);
  CHECK(counting.count(8) == 0);
  CHECK_FALSE(counting.ok());
}

}  // namespace
}  // namespace skerry::abi
