#include "shared/events/event.hpp"

#include <doctest/doctest.h>

using namespace skerry;
using namespace skerry::events;

namespace {

Event example() {
  return {.id = "0193e5a0-0000-7000-8000-000000000001",
          .received = *parse_rfc3339("2026-11-21T08:00:00Z"),
          .client = "2001:db8::1",
          .host = "trk.example.com",
          .path = "/t/w",
          .query = "wor=king&wor=%20",
          .user_agent = "curl/7.88.1 with spaces",
          .body = std::string("{\"a\":\"\0\xff\"}", 10),
          .hints = {{"country", "DE"}, {"city", ""}}};
}

Event with_everything() {
  auto event = example();
  event.key = "phc_1";
  event.sdk = "posthog-node";
  event.sdk_version = "5.1.0";
  event.outer = R"({"sentAt":"2026-11-21T08:00:01Z"})";
  event.method = "HEAD";
  return event;
}

std::string record_of(const Event& event) {
  std::string batch;
  REQUIRE(append_event(batch, event));
  return batch.substr(4);
}

std::string further(std::initializer_list<std::pair<char, std::string>> fields) {
  auto record = record_of(Event{.id = "x"});
  record[0] = 2;
  record += std::string{static_cast<char>(fields.size()), 0, 0, 0};
  for (const auto& [which, value] : fields)
    record += which + std::string{static_cast<char>(value.size()), 0, 0, 0} + value;
  return record;
}

}  // namespace

TEST_CASE("an event comes back as it was") {
  auto keyed = Event{.id = "x"};
  keyed.key = "k";
  for (const auto& event : {example(), Event{.id = "x"}, with_everything(), keyed}) {
    std::string batch;
    REQUIRE(append_event(batch, event));
    BatchReader reader(batch);
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(decode_event(*record).value() == event);
    CHECK(event_id(*record).value() == event.id);
    CHECK(event_name(*record).value() == EventName{.id = event.id, .key = event.key});
    CHECK_FALSE(reader.next());
    CHECK(reader.complete());
    CHECK(check_batch(batch).value() == 1);
  }
}

TEST_CASE("a batch that was cut anywhere, or has more behind it, is refused") {
  std::string batch;
  REQUIRE(append_event(batch, example()));
  const auto first = batch.size();
  REQUIRE(append_event(batch, Event{.id = "x"}));
  for (std::size_t size = 0; size < batch.size(); ++size) {
    CAPTURE(size);
    CHECK(check_batch(std::string_view(batch).substr(0, size)).has_value() == (size == first));
  }
  CHECK(check_batch(batch).value() == 2);
  CHECK_FALSE(check_batch(batch + '\0'));
}

TEST_CASE("a record that was cut, has more behind it or another version is refused") {
  for (const auto& record : {record_of(example()), record_of(with_everything())}) {
    for (std::size_t size = 0; size < record.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(decode_event(std::string_view(record).substr(0, size)));
      if (record[0] == 2) CHECK_FALSE(event_name(std::string_view(record).substr(0, size)));
    }
    CHECK_FALSE(decode_event(record + 'x'));
    for (const char version : {0, 3, record[0] == 1 ? 2 : 1}) {
      auto other = record;
      other[0] = version;
      CAPTURE(int{version});
      CHECK_FALSE(decode_event(other));
      if (version != 1 && version != 2) {
        CHECK_FALSE(event_id(other));
        CHECK_FALSE(event_name(other));
      }
    }
  }
}

TEST_CASE("an event without further fields is of version 1, byte for byte") {
  const std::string plain(
      "\x01\0\0\0\0\0\0\0\0\x01\0\0\0x\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 42);
  CHECK(record_of(Event{.id = "x"}) == plain);
  CHECK(decode_event(plain).value() == Event{.id = "x"});
  CHECK(record_of(with_everything()).front() == 2);
}

TEST_CASE(
    "further fields come in their order, each once and with a value; those of later versions are passed "
    "over") {
  struct Case {
    std::string record;
    std::optional<std::string> key;  ///< nothing: refused
  };
  for (const auto& [record, key] : {Case{further({}), ""},
                                    {further({{1, "k"}}), "k"},
                                    {further({{2, "sdk"}, {4, "{}"}}), ""},
                                    {further({{1, "k"}, {77, "later"}}), "k"},
                                    {further({{0, "k"}}), std::nullopt},
                                    {further({{2, "sdk"}, {1, "k"}}), std::nullopt},
                                    {further({{1, "k"}, {1, "l"}}), std::nullopt},
                                    {further({{1, ""}}), std::nullopt},
                                    {further({{1, "k"}}) + "x", std::nullopt}}) {
    CAPTURE(record);
    const auto event = decode_event(record);
    REQUIRE(event.has_value() == key.has_value());
    if (!key) continue;
    CHECK(event->key == *key);
    CHECK(event_name(record).value() == EventName{.id = "x", .key = *key});
  }
}

TEST_CASE("what an id may be") {
  struct Case {
    std::string id;
    bool good;
  };
  for (const auto& [id, good] : {Case{"", false},
                                 {"a", true},
                                 {"ümlaut", true},
                                 {std::string(200, 'x'), true},
                                 {std::string(201, 'x'), false},
                                 {"a\nb", false},
                                 {"a\x7f", false}}) {
    CAPTURE(id);
    CHECK(is_event_id(id) == good);
    std::string batch;
    REQUIRE(append_event(batch, Event{.id = id}));
    CHECK(check_batch(batch).has_value() == good);
  }
}

TEST_CASE("an event that is too large leaves the batch as it was") {
  std::string batch = "x";
  const auto refused = append_event(batch, Event{.id = "a", .body = std::string(kMaxRecord, 'b')});
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == "event_too_large");
  CHECK(batch == "x");
}

TEST_CASE("events of one request are written as if each were alone") {
  const BatchWriter writer(example());
  std::string together, apart;
  auto event = example();
  for (const auto& [id, body] :
       {std::pair<std::string, std::string>{"a", ""}, {"b", "{}"}, {"c", std::string(1'000, 'x')}}) {
    event.id = id;
    event.body = body;
    const auto before = together.size();
    REQUIRE(writer.append(together, id, body));
    CHECK(together.size() - before == writer.size(id, body));
    REQUIRE(append_event(apart, event));
  }
  CHECK(together == apart);
  CHECK(check_batch(together).value() == 3);
}

TEST_CASE("a record of the largest size fits") {
  const BatchWriter writer(example());
  std::string batch;
  const auto room = kMaxRecord + 4 - writer.size("a", "");
  CHECK_FALSE(writer.append(batch, "a", std::string(room + 1, 'b')));
  REQUIRE(writer.append(batch, "a", std::string(room, 'b')));
  CHECK(batch.size() == kMaxRecord + 4);
  CHECK(check_batch(batch).value() == 1);
}
