#include "functions/tracker/post.hpp"

#include <doctest/doctest.h>

#include "functions/tracker/peers/peers.hpp"
#include "shared/gzip.hpp"

using namespace skerry;
using namespace skerry::functions;

namespace {

Request posted(std::string body, std::string_view type = "", std::string target = "/") {
  Request request;
  request.target = std::move(target);
  request.method = "POST";
  request.body = std::move(body);
  if (!type.empty()) request.headers.add("Content-Type", type);
  return request;
}

/// `json …`, `form …`, `nothing`, or the error's code.
std::string decoded(const Peer& peer, const Request& request) {
  std::string storage;
  const auto text = decode_body({.peer = peer}, request, storage);
  if (!text) return text.error().code;
  switch (text->kind) {
    case Text::Kind::nothing: return "nothing";
    case Text::Kind::json: return "json " + std::string(text->view);
    case Text::Kind::form: return "form " + std::string(text->view);
  }
  return "";
}

/// `id=body` of each event, its fault behind it; or the error's code.
std::string read(const Peer& peer, std::string_view text) {
  const auto post = read_post({.peer = peer}, text);
  if (!post) return post.error().code;
  std::string out = post->list ? "list" : "one";
  for (const auto& [body, id, fault] : post->items) {
    out += ' ' + std::string(id) + '=' + std::string(body);
    if (fault != Fault::none) out += '!' + std::string(code_of(fault));
  }
  if (!post->keys.key().empty()) out += " key " + std::string(post->keys.key());
  if (post->keys.several()) out += " and others";
  return out;
}

constexpr std::string_view kUuid1 = "0193e5a0-0000-7000-8000-000000000001";
constexpr std::string_view kUuid2 = "0193e5a0-0000-7000-8000-000000000002";

std::string v1_event(std::string_view members) {
  return R"({"uuid":")" + std::string(kUuid1) + R"(",)" + std::string(members) + "}";
}

}  // namespace

TEST_CASE("whose manners a path has") {
  struct Case {
    std::string_view path;
    const Peer& peer;
  };
  for (const auto& [path, peer] : {
           Case{"/", kGeneric},
           {"", kGeneric},
           {"/t/w", kGeneric},
           {"/t/batch", kGeneric},
           {"/v1/track", kSegment},
           {"/v1/batch/", kSegment},
           {"/v1/b", kSegment},
           {"/v1/m", kGeneric},
           {"/v1/projects/k/settings", kSegment},
           {"/sourceConfig/", kRudderstack},
           {"/flags", kPosthog},
           {"/decide/", kPosthog},
           {"/array/k/config", kPosthog},
           {"/array/k/config.js", kPosthog},
           {"/array/k/config.mjs", kGeneric},
           {"/api/event", kPlausible},
           {"/api/send/", kUmami},
           {"/api/batch", kUmami},
           {"/v1/", kGeneric},
           {"/v1/track/x", kGeneric},
           {"/v2/track", kGeneric},
           {"/beacon/v1/batch", kRudderstack},
           {"/pixel/v1/page", kRudderstack},
           {"/i/v0/e", kPosthog},
           {"/i/v0/e/", kPosthog},
           {"/e/", kPosthog},
           {"/batch", kPosthog},
           {"/engage", kPosthog},
           {"/e//", kGeneric},
           {"/E", kGeneric},
           {"/i/v1/analytics/events", kPosthogV1},
           {"/i", kSnowplow},
           {"/ice.png", kSnowplow},
           {"/com.snowplowanalytics.snowplow/tp2", kSnowplow},
           {"/com.snowplowanalytics.snowplow", kGeneric},
       }) {
    CAPTURE(std::string(path));
    CHECK(peer_of(path).name == peer.name);
  }
}

TEST_CASE("what a body is") {
  const std::string json = R"({"a":1})";
  const std::string form = "application/x-www-form-urlencoded";
  struct Case {
    std::string what;
    const Peer& peer;
    Request request;
    std::string expected;
  };
  for (const auto& [what, peer, request, expected] : {
           Case{"nothing", kGeneric, posted(""), "nothing"},
           {"only space", kGeneric, posted(" \r\n\t"), "nothing"},
           {"JSON without a type", kGeneric, posted(json), "json " + json},
           {"JSON as text", kGeneric, posted(json, "text/plain;charset=UTF-8"), "json " + json},
           {"JSON that says it is a form", kGeneric, posted(json, form), "json " + json},
           {"space around it", kSegment, posted("\n [1] \n"), "json [1]"},
           {"gzip", kSegment, posted(gzip(json, 6)), "json " + json},
           {"gzip that lost its end", kSegment, posted(gzip(json, 6).substr(0, 20)), "gzip_truncated"},
           {"gzip that is damaged", kSegment, posted("\x1f\x8b\x08" + std::string(30, 'x')), "gzip_invalid"},
           {"two bytes of gzip", kGeneric, posted("\x1f\x8b"), "body_invalid"},
           {"gzip within gzip", kPosthog, posted(gzip(gzip(json, 6), 6)), "body_invalid"},
           {"a form", kGeneric, posted("a=1&b=2", form), "form a=1&b=2"},
           {"a form with a charset", kGeneric,
            posted("a=1", "Application/X-WWW-Form-Urlencoded; charset=utf-8"), "form a=1"},
           {"a form with data", kGeneric, posted("data=%7B%22a%22%3A1%7D&x=y", form), "json " + json},
           {"a form with base64", kPosthog, posted("data=eyJhIjoxfQ%3D%3D", form), "json " + json},
           {"base64 whose + became a space", kPosthog, posted("data=eyJhIjoi8J+YgCJ9", form),
            "json {\"a\":\"😀\"}"},
           {"data without a type", kPosthog, posted("data=eyJhIjoxfQ=="), "json " + json},
           {"bare base64", kPosthog, posted("eyJhIjoxfQ=="), "json " + json},
           {"base64 of no JSON", kPosthog, posted("Zm9v"), "body_invalid"},
           {"base64 of gzip", kPosthog, posted("data=H4sIAAAAAAACA6tWSlSyMqwFAK+sG1YHAAAA"),
            "json {\"a\":1}"},
           {"gzip of a form", kPosthog, posted(gzip("data=eyJhIjoxfQ==", 6)), "json " + json},
           {"a byte order mark", kSegment, posted("\xEF\xBB\xBF" + json), "json " + json},
           {"a byte order mark with space around it", kGeneric, posted("\n\xEF\xBB\xBF \n" + json),
            "json " + json},
           {"a byte order mark within gzip", kGeneric, posted(gzip("\xEF\xBB\xBF" + json, 6)),
            "json " + json},
           {"a byte order mark within base64", kPosthog, posted("data=77u/eyJhIjoxfQ=="), "json " + json},
           {"only a byte order mark", kGeneric, posted("\xEF\xBB\xBF"), "nothing"},
           {"half of a byte order mark", kGeneric, posted("\xEF\xBB" + json), "body_invalid"},
           {"two byte order marks", kGeneric, posted("\xEF\xBB\xBF\xEF\xBB\xBF" + json), "body_invalid"},
           {"lz64 in a form", kPosthog, posted("data=N4IghiBcCMC%2BQ%3D%3D%3D&compression=lz64", form),
            "json " + json},
           {"lz64 without a type", kPosthog, posted("data=N4IghiBcCMC+Q===&compression=lz64"),
            "json " + json},
           {"lz64 by the query", kPosthog, posted("data=N4IghiBcCMC%2BQ", form, "/e/?compression=lz64&ip=1"),
            "json " + json},
           {"base64 that the query calls lz64", kPosthog,
            posted("data=eyJhIjoxfQ==&compression=base64", form, "/e/?compression=lz64"), "json " + json},
           {"lz64 that nobody calls so", kPosthog, posted("data=N4IghiBcCMC%2BQ%3D%3D%3D", form),
            "body_invalid"},
           {"JSON that is called lz64", kPosthog, posted(json, "", "/e/?compression=lz64"), "json " + json},
           {"lz64 that is cut", kPosthog, posted("data=N4IghiBc&compression=lz64", form), "lz64_invalid"},
           {"lz64 of no JSON", kPosthog, posted("data=IZA=&compression=lz64", form), "body_invalid"},
           {"a lot of lz64", kPosthog,
            posted("data=" + std::string(1'100'000, 'A') + "&compression=lz64", form), "body_too_large"},
           {"a form without data", kPosthog, posted("a=1", form), "body_invalid"},
           {"a form for Segment", kSegment, posted("a=1", form), "body_invalid"},
           {"base64 for Segment", kSegment, posted("eyJhIjoxfQ=="), "body_invalid"},
           {"text", kGeneric, posted("hello", "text/plain"), "body_invalid"},
           {"a number", kGeneric, posted("1"), "body_invalid"},
           {"multipart", kGeneric, posted("--x\r\n", "multipart/form-data; boundary=x"), "body_invalid"},
           {"bytes", kPosthog, posted("\xff\xfe"), "body_invalid"},
           {"too large", kSegment, posted("[" + std::string(512'000, ' ') + "]"), "body_too_large"},
           {"as large as may be", kSegment, posted("[" + std::string(511'998, '1') + "]"),
            "json [" + std::string(511'998, '1') + "]"},
           {"gzip of what is too large", kSegment, posted(gzip(std::string(512'001, ' '), 1)),
            "body_too_large"},
           {"a small bomb", kGeneric, posted(gzip(std::string(60'000, ' '), 9)), "nothing"},
           {"a batch of much that is alike", kSegment, posted(gzip("[" + std::string(500'000, '1') + "]", 9)),
            "json [" + std::string(500'000, '1') + "]"},
           {"a bomb below the limit", kGeneric, posted(gzip(std::string(1'200'000, ' '), 9)),
            "body_too_large"},
           {"a bomb in base64", kPosthog, posted("data=" + std::string("H4sI") + "x"), "body_invalid"},
       }) {
    CAPTURE(what);
    CHECK(decoded(peer, request) == expected);
  }
}

TEST_CASE("what a body is encoded in") {
  struct Case {
    std::string coding, expected;
  };
  for (const auto& [coding, expected] : {
           Case{"", "json {}"},
           {"gzip", "json {}"},
           {"GZIP", "json {}"},
           {"x-gzip", "json {}"},
           {"identity", "json {}"},
           {" gzip , identity", "json {}"},
           {"br", "encoding_unsupported"},
           {"deflate", "encoding_unsupported"},
           {"zstd", "encoding_unsupported"},
           {"compress", "encoding_unsupported"},
           {"gzip, br", "encoding_unsupported"},
           {"gzip, gzip", "encoding_unsupported"},
           {"gzip, x-gzip", "encoding_unsupported"},
           {"gzip;q=1", "encoding_unsupported"},
           {"*", "encoding_unsupported"},
       }) {
    CAPTURE(coding);
    Request request = posted("{}");
    request.headers.add("Content-Encoding", coding);
    CHECK(decoded(kSegment, request) == expected);
    CHECK(status_of(Error{"encoding_unsupported", ""}) == 415);
  }
}

TEST_CASE("what is too deep costs itself") {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string deep = R"({"id":"d","x":)" + nested(513) + '}';
  const std::string flat = R"({"id":"f","x":)" + nested(512) + '}';
  const std::string deepest = R"({"x":)" + nested(100'000) + '}';
  CHECK(read(kGeneric, flat) == "one f=" + flat);
  CHECK(read(kGeneric, deep) == "one d=" + deep + "!too_deep");
  CHECK(read(kGeneric, '[' + flat + ',' + deep + ",{}]") ==
        "list f=" + flat + " d=" + deep + "!too_deep ={}");
  CHECK(read(kGeneric, '[' + deepest + ",{}]") == "list =" + deepest + "!too_deep ={}");
  CHECK(read(kGeneric, '[' + nested(600) + ",{}]") == "list =" + nested(600) + "!event_invalid ={}");
  CHECK(read(kPosthog, R"([{"properties":)" + deep + "},{}]") ==
        R"(list ={"properties":)" + deep + "}!too_deep ={}");
  CHECK(read(kSegment, R"({"batch":[{}],"context":)" + nested(513) + '}') == "too_deep");
  CHECK(read(kSegment, R"({"context":)" + nested(513) + R"(,"batch":[{}]})") == "too_deep");
  CHECK(read(kGeneric, R"([{"x":)" + std::string(600, '[') + "},{}]") == "json_invalid");
  CHECK(read(kGeneric, R"([{"x":)" + std::string(600, '[') + std::string(599, ']') + "}},{}]") ==
        "json_invalid");
}

TEST_CASE("one event or a list") {
  struct Case {
    const Peer& peer;
    std::string text, expected;
  };
  for (
      const auto& [peer, text, expected] : {
          Case{kGeneric, "{}", "one ={}"},
          {kGeneric, R"({"id":"a","x":[1]})", R"(one a={"id":"a","x":[1]})"},
          {kGeneric, R"([{"id":"a"}, {"id":"b"} ])", R"(list a={"id":"a"} b={"id":"b"})"},
          {kGeneric, R"({"batch":[{"id":"a"}],"sent_at":1})", R"(list a={"id":"a"})"},
          {kGeneric, R"({"sent_at":1,"id":"z", "batch" : [ {} ] })", "list ={}"},
          {kGeneric, R"({"batch":{}})", R"(one ={"batch":{}})"},
          {kGeneric, R"({"batch":null})", R"(one ={"batch":null})"},
          {kGeneric, "[1,{},\"x\",null,[{}]]",
           R"(list =1!event_invalid ={} ="x"!event_invalid =null!event_invalid =[{}]!event_invalid)"},
          {kGeneric, "[]", "batch_empty"},
          {kGeneric, R"({"batch":[]})", "batch_empty"},
          {kGeneric, "[{}", "json_invalid"},
          {kGeneric, "[{},]", "json_invalid"},
          {kGeneric, "[{}]x", "json_invalid"},
          {kGeneric, R"({"a":tru})", "json_invalid"},
          {kGeneric, R"({"a":01})", "json_invalid"},
          {kGeneric, R"([{"a":NaN}])", "json_invalid"},
          {kGeneric, R"({"batch":[{"id":"a"}],"x"})", "json_invalid"},
          {kGeneric, R"({"batch":[{"id":"a"},{"id":])", "json_invalid"},
          {kGeneric, R"("text")", "batch_invalid"},
          {kGeneric, "", "batch_invalid"},
          {kGeneric, std::string(100'000, '['), "json_invalid"},
          {kGeneric, "{\"a\":\"\xff\"}", "one ={\"a\":\"\xff\"}"},
          {kSegment, R"({"batch":[{"messageId":"m","type":"track"}],"writeKey":"k"})",
           R"(list m={"messageId":"m","type":"track"} key k)"},
          {kSegment, R"({"type":"page","messageId":"m","writeKey":"k"})",
           R"(one m={"type":"page","messageId":"m","writeKey":"k"} key k)"},
          {kPosthog, R"({"api_key":"k","batch":[{"event":"e","uuid":"u"}]})",
           R"(list u={"event":"e","uuid":"u"} key k)"},
          {kPosthog, R"([{"event":"e","properties":{"a":{},"token":"k"}}])",
           R"(list ={"event":"e","properties":{"a":{},"token":"k"}} key k)"},
          {kPosthog, R"([{"token":"k"},{"token":"l"}])",
           R"(list ={"token":"k"} ={"token":"l"} key k and others)"},
          {kPosthog, R"({"properties":{"a":1,})", "json_invalid"},
          {kGeneric, R"({"token":"k","key":"Enter"})", R"(one ={"token":"k","key":"Enter"})"},
          {kSnowplow,
           R"({"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[{"e":"pv","eid":"i","aid":"k"}]})",
           R"(list i={"e":"pv","eid":"i","aid":"k"} key k)"},
          {kSnowplow, R"({"data":[{"e":"pv"}]})", "batch_invalid"},
          {kSnowplow, R"({"schema":"iglu:x/payload_data/jsonschema/1-0-4","data":[{"e":"pv"}]})",
           "batch_invalid"},
          {kSnowplow,
           R"({"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":{}})",
           "batch_invalid"},
          {kSnowplow,
           R"({"schema":"iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4","data":[]})",
           "batch_empty"},
          {kSnowplow, R"([{"e":"pv"}])", "batch_invalid"},
      }) {
    CAPTURE(text.substr(0, 200));
    CHECK(read(peer, text) == expected);
  }
}

TEST_CASE("which id counts") {
  struct Case {
    std::string members, id;
  };
  const std::string longest(200, 'x');
  for (const auto& [members, id] : {
           Case{R"("id":"a")", "a"},
           {R"("messageId":"a")", "a"},
           {R"("uuid":"a")", "a"},
           {R"("eid":"a")", "a"},
           {R"("event_id":"a")", "a"},
           {R"("event_id":"e","eid":"d","uuid":"c","messageId":"b","id":"a")", "a"},
           {R"("id":"a","messageId":"b")", "a"},
           {R"("id":987654321)", "987654321"},
           {R"("messageId": 987654321 ,"x":1)", "987654321"},
           {R"("id":-5)", "-5"},
           {R"("id":0,"messageId":"b")", "0"},
           {R"("messageId":"b","id":5)", "5"},
           {R"("id":12345678901234567890123,"eid":"d")", "12345678901234567890123"},
           {R"("id":5.5,"messageId":"b")", "b"},
           {R"("id":5e3,"messageId":7)", "7"},
           {R"("id":-0.0)", ""},
           {R"("id":true,"eid":"d")", "d"},
           {"\"id\":" + std::string(200, '1'), std::string(200, '1')},
           {"\"id\":" + std::string(201, '1'), ""},
           {R"("id":"","uuid":"c")", "c"},
           {R"("id":null,"uuid":{"id":"x"},"eid":["x"])", ""},
           {R"("id":"a","id":"b")", "b"},
           {R"("id":"\u00e4\"")", "ä\""},
           {R"("id":"\n","eid":"d")", "d"},
           {R"("id":"\u0000")", ""},
           {R"("x":{"id":"inner"})", ""},
           {R"("ID":"a")", ""},
           {"\"id\":\"\xff\",\"eid\":\"d\"", "d"},
           {R"("id":"\ud800")", ""},
           {R"("id":"\udc01","eid":"d")", "d"},
           {R"("id":"a\ud83d\u0020")", ""},
           {R"("id":"\ud83d\ude00")", "😀"},
           {"\"id\":\"" + longest + "\"", longest},
           {"\"id\":\"" + longest + "x\"", ""},
       }) {
    CAPTURE(members);
    const std::string text = '{' + members + '}';
    const auto post = read_post({.peer = kGeneric}, text);
    REQUIRE(post);
    CHECK(post->items.at(0).id == id);
  }
}

TEST_CASE("PostHog v1 asks for more") {
  const std::string good = v1_event(R"("event":"e","distinct_id":"d")");
  const auto batch = [](const std::string& events) {
    return R"({"created_at":"x","batch":[)" + events + "]}";
  };
  const std::string begin = "list " + std::string(kUuid1) + "=";
  struct Case {
    std::string text, expected;
  };
  std::vector<Case> cases{{batch(good), begin + good},
                          {good, "batch_invalid"},
                          {batch(""), "batch_empty"},
                          {batch(R"({"event":"e","distinct_id":"d"})"), "uuid_invalid"},
                          {batch(R"({"uuid":"x","event":"e","distinct_id":"d"})"), "uuid_invalid"},
                          {batch(R"({"id":"x","event":"e","distinct_id":"d"})"), "uuid_invalid"},
                          {batch(R"({"uuid":5,"event":"e","distinct_id":"d"})"), "uuid_invalid"},
                          {batch(good + ",5"), "uuid_invalid"}};
  for (const std::string_view members :
       {R"("distinct_id":"d")", R"("event":"","distinct_id":"d")", R"("event":1,"distinct_id":"d")"}) {
    cases.push_back({batch(v1_event(members)), begin + v1_event(members) + "!event_name_missing"});
  }
  for (const std::string_view id : {"", " ", "0", "null", "NULL", "undefined", "NaN", "guest", "Anonymous",
                                    "[object Object]", "true", "none"}) {
    const auto event = v1_event(R"("event":"e","distinct_id":")" + std::string(id) + '"');
    cases.push_back({batch(event), begin + event + "!distinct_id_invalid"});
  }
  const auto longest = v1_event(R"("event":"e","distinct_id":")" + std::string(200, 'd') + '"');
  const auto longer = v1_event(R"("event":"e","distinct_id":")" + std::string(201, 'd') + '"');
  cases.push_back({batch(longest), begin + longest});
  cases.push_back({batch(longer), begin + longer + "!distinct_id_invalid"});
  cases.push_back(
      {batch(v1_event(R"("event":"e")")), begin + v1_event(R"("event":"e")") + "!distinct_id_invalid"});
  for (const auto& [text, expected] : cases) {
    CAPTURE(text);
    CHECK(read(kPosthogV1, text) == expected);
  }
}

TEST_CASE("how many, and how large") {
  const auto list = [](std::size_t count) {
    std::string text = "[{}";
    for (std::size_t i = 1; i < count; ++i) text += ",{}";
    return text + ']';
  };
  CHECK(read_post({.peer = kSegment}, list(2500))->items.size() == 2500);
  CHECK(read_post({.peer = kSegment}, list(2501)).error().code == "too_many_events");
  CHECK(read_post({.peer = kGeneric}, list(10'000))->items.size() == 10'000);
  CHECK(status_of(read_post({.peer = kGeneric}, list(10'001)).error()) == 413);

  const std::string full = R"({"a":")" + std::string(std::size_t{32} * 1024 - 8, 'x') + R"("})";
  const std::string over = R"({"a":")" + std::string(std::size_t{32} * 1024 - 7, 'x') + R"("})";
  const auto post = read_post({.peer = kSegment}, '[' + full + ',' + over + ']');
  REQUIRE(post);
  CHECK(post->items[0].fault == Fault::none);
  CHECK(post->items[1].fault == Fault::too_large);
}

TEST_CASE("of equal ids the first event wins") {
  std::vector<Item> items;
  for (const std::string_view id : {"a", "b", "", "a", "", "c", "b", "a"})
    items.push_back({.body = "{}", .id = id});
  CHECK(mark_duplicates(items, 42));
  std::string faults;
  for (const Item& item : items) faults += item.fault == Fault::duplicate ? 'd' : '.';
  CHECK(faults == "...d..dd");

  std::vector<Item> different{
      {.body = "{}", .id = kUuid1}, {.body = "{}", .id = kUuid2}, {.body = "{}", .id = {}}};
  CHECK_FALSE(mark_duplicates(different, 42));
}

TEST_CASE("many ids, all different, for many seeds") {
  constexpr std::size_t kMany = 10'000;
  std::vector<std::string> ids;
  ids.reserve(kMany);
  for (std::size_t i = 0; i < kMany; ++i)
    ids.push_back("0193e5a0-0000-7000-8000-" + std::to_string(100'000'000'000 + i));
  for (const std::uint64_t seed : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}}) {
    std::vector<Item> items;
    items.reserve(kMany + 1);
    for (const auto& id : ids) items.push_back({.body = "{}", .id = id});
    CHECK_FALSE(mark_duplicates(items, seed));
    items.push_back({.body = "{}", .id = ids[5000]});
    CHECK(mark_duplicates(items, seed));
    CHECK(items.back().fault == Fault::duplicate);
  }
}
