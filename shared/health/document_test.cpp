#include "shared/health/document.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

namespace skerry::health {
namespace {

const Time kNow = *parse_rfc3339("2026-11-21T08:00:00Z");

TEST_CASE("a check says since when it is as it is") {
  const auto first = render(kNow, {{"database", true, "up"}, {"disk", true, "free"}}, "");
  CHECK(first == R"({"format":1,"checked_at":"2026-11-21T08:00:00Z","checks":[)"
                 R"({"name":"database","ok":true,"message":"up","since":"2026-11-21T08:00:00Z"},)"
                 R"({"name":"disk","ok":true,"message":"free","since":"2026-11-21T08:00:00Z"}]})");
  const auto later = kNow + std::chrono::minutes(1);
  const auto second = parse(render(later, {{"database", false, "down"}, {"disk", true, "less"}}, first));
  REQUIRE(second);
  CHECK(second->checked_at == later);
  CHECK(second->checks ==
        std::vector<Check>{{"database", false, "down", later}, {"disk", true, "less", kNow}});
}

TEST_CASE("anything may have been there before") {
  for (const char* previous :
       {"x", "[]", "{}", R"({"format":1,"checked_at":"2026-11-21T08:00:00Z","checks":5})",
        R"({"format":1,"checked_at":"2026-11-21T08:00:00Z","checks":[5,{"name":7},{"name":"a"}]})"}) {
    CAPTURE(previous);
    const auto document = parse(render(kNow, {{"a", true, "\xff\"\n"}}, previous));
    REQUIRE(document);
    CHECK(document->checks == std::vector<Check>{{"a", true, "\xEF\xBF\xBD\"\n", kNow}});
    CHECK(nlohmann::json::accept(render(kNow, {{"\xff", true, "\x01"}}, previous)));
  }
}

TEST_CASE("what is read of a document") {
  struct Case {
    std::string_view checks;
    std::vector<Check> expected;
  };
  const std::vector<Case> cases{
      {"[]", {}},
      {R"([{"name":"a","ok":true,"message":"m","since":"2026-11-21T08:00:00Z"}])", {{"a", true, "m", kNow}}},
      {R"([{"since":"2026-11-21T08:00:00Z","more":{"ok":true},"name":"\u0061"}])", {{"a", false, "", kNow}}},
      {R"([{"name":"a","ok":"true"}])", {{"a", false}}},
      {R"([{"name":"a","ok":1,"message":5,"since":"yesterday"}])", {{"a", false}}},
      {R"([{"name":"a","ok":false,"ok":true}])", {{"a", true}}},
      {R"([5,null,"a",[],{},{"ok":true},{"name":""},{"name":5}])", {}},
      {R"([ {"name" : "a" , "ok" : true} ])", {{"a", true}}},
  };
  for (const auto& [checks, expected] : cases) {
    CAPTURE(checks);
    const auto document =
        parse(R"({"format":1,"checked_at":"2026-11-21T08:00:00Z","checks":)" + std::string(checks) + "}");
    REQUIRE(document);
    CHECK(document->checks == expected);
  }
}

TEST_CASE("what is no document") {
  const std::string good = render(kNow, {{"database", true, "up"}}, "");
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = good;
    return text.replace(text.find(from), from.size(), to);
  };
  REQUIRE(parse(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(parse(good.substr(0, size)));
  for (const std::string& text :
       {std::string("null"), std::string(100'000, '['), std::string(100'000, '{'), good + "x", good + good,
        "[" + good + "]", with("\"format\":1", "\"format\":2"), with("\"format\":1", "\"format\":\"1\""),
        with("\"format\":1,", ""), with("2026-11-21", "yesterday"), with("checked_at", "at"),
        with("\"checks\":[", "\"checks\":{},\"rows\":["), with("\"checks\":", "\"checks\":5,\"rows\":"),
        with("up", "\xff"), with("up", "\xed\xa0\x80")}) {
    CAPTURE(text.substr(0, 200));
    CHECK_FALSE(parse(text));
  }
}

}  // namespace
}  // namespace skerry::health
