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

}  // namespace

TEST_CASE("an event comes back as it was") {
  for (const auto& event : {example(), Event{.id = "x"}}) {
    std::string batch;
    REQUIRE(append_event(batch, event));
    BatchReader reader(batch);
    const auto record = reader.next();
    REQUIRE(record);
    CHECK(decode_event(*record).value() == event);
    CHECK(event_id(*record).value() == event.id);
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
  std::string batch;
  REQUIRE(append_event(batch, example()));
  const auto record = batch.substr(4);
  for (std::size_t size = 0; size < record.size(); ++size) {
    CHECK_FALSE(decode_event(std::string_view(record).substr(0, size)));
  }
  CHECK_FALSE(decode_event(record + 'x'));
  auto other = record;
  other[0] = 2;
  CHECK_FALSE(decode_event(other));
  CHECK_FALSE(event_id(other));
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
