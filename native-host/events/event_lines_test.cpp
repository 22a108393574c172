#include "native-host/events/event_lines.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::events {
namespace {

Event example() {
  return {.id = "id-1",
          .received = *parse_rfc3339("2026-11-21T08:00:00.25Z"),
          .client = "203.0.113.9",
          .host = "trk.example.com",
          .path = "/t/w/",
          .query = "wor=king",
          .user_agent = "curl/7.88.1",
          .body = R"({"a":1})",
          .hints = {{"country", "DE"}, {"city", "Köln"}}};
}

}  // namespace

TEST_CASE("the type is what the body says, or the last segment of the path") {
  struct Case {
    const char* path;
    const char* body;
    const char* type;
  };
  for (const auto& [path, body, type] : {Case{"/t/w", "", "w"},
                                         {"/t/w//", "", "w"},
                                         {"/", "", "/"},
                                         {"", "", "/"},
                                         {"/bud", "{}", "bud"},
                                         {"x", "[]", "x"},
                                         {"/t/batch", R"({"id":"1","type":"page"})", "page"},
                                         {"/t/batch", R"({"type":7,"a":{"type":"b"}})", "batch"},
                                         {"/t/batch", R"({"type":""})", "batch"},
                                         {"/api/event", R"({"name":"pageview","url":"/"})", "pageview"},
                                         {"/i/v0/e", R"({"event":"$pageview","name":"x"})", "$pageview"},
                                         {"/v1/track", R"({"event":"signup","type":"track"})", "track"},
                                         {"/t/batch", R"({"a":1,"type":"page")", "page"},
                                         {"/t/batch", R"({"a":"type)", "batch"}}) {
    Event event;
    event.path = path;
    event.body = body;
    CAPTURE(body);
    CHECK(event_type(event) == type);
  }
  CHECK(EventFilter{}.takes(example()));
  CHECK(EventFilter{.type = "w", .path = "/t"}.takes(example()));
  CHECK_FALSE(EventFilter{.type = "t", .path = ""}.takes(example()));
  CHECK_FALSE(EventFilter{.type = "", .path = "/x"}.takes(example()));
  Event named = example();
  named.body = R"({"event":"signup","type":"track"})";
  for (const auto& [word, taken] :
       {std::pair{"track", true}, {"signup", true}, {"w", false}, {"sign", false}})
    CHECK(EventFilter{.type = word, .path = ""}.takes(named) == taken);
  CHECK_FALSE(EventFilter{.type = "", .path = "/w"}.takes(example()));
}

TEST_CASE("an event is one line, whatever is in it") {
  CHECK(event_text({.number = 12}, example()) ==
        "12 2026-11-21T08:00:00.250Z w 203.0.113.9 trk.example.com /t/w/?wor=king {\"a\":1}\n");
  Event hostile;
  hostile.id = "x";
  hostile.path = "/\x1b[2J\n";
  hostile.body = std::string("\0\r\xff", 3) + std::string(300, 'x');
  const auto text = event_text({.number = 1}, hostile);
  CHECK(std::ranges::count_if(text, [](char c) { return static_cast<unsigned char>(c) < ' '; }) == 1);
  CHECK(text.ends_with("… (303 bytes)\n"));
  const auto json = event_json({.number = 1}, hostile);
  CHECK(json.find('\n') == json.size() - 1);
  CHECK(nlohmann::json::parse(json)["path"] == hostile.path);
}

TEST_CASE("an event as JSON") {
  CHECK(nlohmann::json::parse(event_json({.number = 12}, example())) == nlohmann::json::parse(R"({
    "number": 12, "entry": null, "id": "id-1", "received": "2026-11-21T08:00:00.250Z", "client": "203.0.113.9",
    "host": "trk.example.com", "path": "/t/w/", "query": "wor=king", "user_agent": "curl/7.88.1",
    "body": "{\"a\":1}", "hints": {"country": "DE", "city": "Köln"}})"));
  Event sent = example();
  sent.key = "phc_1";
  sent.sdk = "posthog-node";
  sent.sdk_version = "5.70.0";
  sent.outer = R"({"sentAt":"2026-11-21T08:00:00Z"})";
  sent.method = "HEAD";
  const auto json = nlohmann::json::parse(event_json({.number = 12}, sent));
  CHECK(json["key"] == "phc_1");
  CHECK(json["sdk"] == "posthog-node");
  CHECK(json["sdk_version"] == "5.70.0");
  CHECK(json["outer"] == sent.outer);
  CHECK(json["method"] == "HEAD");
}

TEST_CASE("who sent an event is shown where it is known") {
  auto event = example();
  event.key = "phc_1";
  event.sdk = "posthog-node";
  event.sdk_version = "5.1.0";
  event.outer = R"({"sentAt":"now"})";
  event.method = "HEAD";
  const auto json = nlohmann::json::parse(event_json({.number = 12}, event));
  CHECK(json["key"] == "phc_1");
  CHECK(json["sdk"] == "posthog-node");
  CHECK(json["sdk_version"] == "5.1.0");
  CHECK(json["outer"] == event.outer);
  CHECK(json["method"] == "HEAD");
  CHECK_FALSE(nlohmann::json::parse(event_json({.number = 12}, example())).contains("key"));
}

TEST_CASE("an event in the stream has the same form") {
  CHECK(event_text({.entry = "1790000000000-3"}, example()).starts_with("1790000000000-3 2026-11-21T"));
  const auto there = nlohmann::json::parse(event_json({.entry = "1790000000000-3"}, example()));
  auto here = nlohmann::json::parse(event_json({.number = 12}, example()));
  CHECK(there["entry"] == "1790000000000-3");
  CHECK(there["number"].is_null());
  here["entry"] = there["entry"];
  here["number"] = nullptr;
  CHECK(there == here);
  // Each member once.
  Event keyed = example();
  keyed.key = "phc_1";
  keyed.sdk = "posthog-node";
  keyed.sdk_version = "5.1.0";
  keyed.outer = "{}";
  keyed.method = "HEAD";
  const auto line = event_json({.number = 1}, keyed);
  for (const auto* name : {R"("key":)", R"("sdk":)", R"("sdk_version":)", R"("outer":)", R"("method":)"})
    CHECK(line.find(name) == line.rfind(name));
}

TEST_CASE("the stream's figures stand before the log's") {
  LogReport report{.folder = "events", .first = 1, .next = 3, .readers = {{"redis", 2}}, .waiting = 1};
  report.stream = StreamReport{.key = "skerry:events",
                               .entries = 5,
                               .bytes = 2'000,
                               .first = EntryId{17'000, 0},
                               .last = EntryId{18'000, 1},
                               .groups = {{.name = "kafka", .last = {17'500, 0}, .pending = 1, .behind = 3},
                                          {.name = "odd\x1b", .last = {0, 0}}}};
  CHECK(report_text(report) ==
        "skerry:events in Redis\n"
        "  entries   5 (17000-0 to 18000-1), 2.0 kB\n"
        "events\n"
        "  records   2 (numbers 1 to 2)\n"
        "  segments  0, 0 B of 0 B\n"
        "  waiting   1 record for Redis\n"
        "  reader    redis: 1 record to go\n"
        "  reader    kafka in Redis: 3 entries to go, 1 given to it and not acknowledged\n"
        "  reader    odd\\u001b in Redis: Redis can't tell how far it is, 0 given to it and not "
        "acknowledged\n");
  const auto json = nlohmann::json::parse(report_json(report));
  CHECK(json["stream"] ==
        nlohmann::json::parse(
            R"({"key":"skerry:events","entries":5,"bytes":2000,"first":"17000-0","last":"18000-1"})"));
  CHECK(json["waiting"] == 1);
  CHECK(json["readers"][1] ==
        nlohmann::json::parse(
            R"({"name":"kafka","in":"redis","next":null,"entry":"17500-0","lag":3,"pending":1})"));
  CHECK(json["readers"][2]["lag"].is_null());
}

TEST_CASE("the log's figures") {
  LogReport report{.folder = ".skerry/events",
                   .segments = 2,
                   .bytes = 8'000'000,
                   .max_bytes = 1'000'000'000,
                   .first = 11,
                   .next = 21,
                   .oldest = parse_rfc3339("2026-11-21T08:00:00Z"),
                   .readers = {{"kafka", 15}, {"lost", 0}, {"old", 3}}};
  CHECK(report_text(report) ==
        ".skerry/events\n"
        "  records   10 (numbers 11 to 20), from 2026-11-21T08:00:00Z on\n"
        "  segments  2, 8.0 MB of 1.0 GB\n"
        "  reader    kafka: 6 records to go\n"
        "  reader    lost: its position is damaged, it begins again at the oldest record\n"
        "  reader    old: 10 records to go\n");
  const auto json = nlohmann::json::parse(report_json(report));
  CHECK(json["records"] == 10);
  CHECK(
      json["readers"][0] ==
      nlohmann::json::parse(R"({"name":"kafka","in":"log","next":15,"entry":null,"lag":6,"pending":null})"));
  CHECK(json["stream"].is_null());
  CHECK_FALSE(json.contains("verified"));
  CHECK(report_text(report).ends_with(readers_text(report)));
  const auto readers = nlohmann::json::parse(readers_json(report));
  CHECK(readers["next"] == 21);
  CHECK(readers["readers"] == json["readers"]);
  report.verified = Verified{.segments = 2, .records = 9, .bytes = 4096};
  CHECK(report_text(report).ends_with("  verified  9 records, 4.1 kB: all well\n"));
  report.verified->damage = {{.sequence = 12, .records = 1, .segment = 10, .offset = 8192, .end = 8300}};
  report.verified->headless = {"x.events"};
  CHECK(report_text(report).ends_with(
      "  damage    1 record from number 12 on can't be read: damage in segment a, bytes 8192 to 8300.\n"
      "  damage    x.events: its header can't be read.\n"));
  CHECK(nlohmann::json::parse(report_json(report))["verified"]["damage"].size() == 1);
}

}  // namespace skerry::events
