#include "native-host/publish/document.hpp"

#include <vector>

#include <doctest/doctest.h>

#include "shared/metrics/snapshot.hpp"

namespace skerry::publish {
namespace {

std::string digest_of(const char* text) {
  const auto document = make_document("k", text);
  REQUIRE_MESSAGE(document, text);
  return document->digest;
}

constexpr const char* kView =
    R"({"format":1,"update_duration":12,"last_updated_at":"2026-11-21T08:05:12.345Z","latest":[)"
    R"({"timestamp":"2026-11-21T08:00:00","delay":312.345,"collector_id":"rrc00"}]})";

TEST_CASE("a document knows its time") {
  const auto view = make_document("latest", kView);
  REQUIRE(view);
  CHECK(view->key == "latest");
  CHECK(view->value == kView);
  CHECK(format_rfc3339(view->as_of) == "2026-11-21T08:05:12.345Z");
  const auto health =
      make_document("health", R"({"format":1,"checked_at":"2026-11-21T08:05:12Z","checks":[]})");
  CHECK(format_rfc3339(health->as_of) == "2026-11-21T08:05:12Z");
}

TEST_CASE("metrics know their time, and never differ") {
  const auto at = *parse_rfc3339("2026-11-21T08:05:12.345Z");
  const auto first = make_document("metrics", metrics::render_snapshot(at, {}, "# EOF\n"));
  REQUIRE(first);
  CHECK(first->as_of == at);
  const auto second = make_document(
      "metrics", metrics::render_snapshot(at + std::chrono::minutes(1), {.backup_versions = 3}, "# EOF\n"));
  REQUIRE(second);
  CHECK(second->as_of > at);
  CHECK(second->digest == first->digest);
  CHECK(second->value != first->value);
  CHECK(make_document("metrics", kView).error().code == "document_invalid");
}

TEST_CASE("what changes with the time alone is no change") {
  struct Case {
    const char* text;
    bool same;
  };
  for (const auto& [text, same] : std::vector<Case>{
           {R"({"format":1,"update_duration":9,"last_updated_at":"2026-11-21T08:10:00Z","latest":[)"
            R"({"timestamp":"2026-11-21T08:00:00","delay":600,"collector_id":"rrc00"}]})",
            true},
           {R"({"format":1,"last_updated_at":"2026-11-21T08:10:00Z","latest":[)"
            R"({"timestamp":"2026-11-21T08:05:00","delay":600,"collector_id":"rrc00"}]})",
            false},
           {R"({"format":1,"last_updated_at":"2026-11-21T08:10:00Z","latest":[)"
            R"({"timestamp":"2026-11-21T08:00:00","delay":600,"collector_id":"rrc00"},{"delay":1}]})",
            false},
           {R"({"format":2,"last_updated_at":"2026-11-21T08:10:00Z","latest":[)"
            R"({"timestamp":"2026-11-21T08:00:00","delay":600,"collector_id":"rrc00"}]})",
            false},
           {R"({"format":1,"last_updated_at":"2026-11-21T08:10:00Z","latest":[]})", false},
       }) {
    CAPTURE(text);
    CHECK((digest_of(text) == digest_of(kView)) == same);
  }
  CHECK(
      digest_of(R"({"checked_at":"2026-11-21T08:10:00Z","checks":[{"name":"a","ok":true,"message":"1"}]})") ==
      digest_of(R"({"checked_at":"2026-11-21T08:11:00Z","checks":[{"name":"a","ok":true,"message":"2"}]})"));
  CHECK(digest_of(R"({"checked_at":"2026-11-21T08:10:00Z","checks":[{"name":"a","ok":true}]})") !=
        digest_of(R"({"checked_at":"2026-11-21T08:10:00Z","checks":[{"name":"a","ok":false}]})"));
  CHECK(digest_of(R"({"last_updated_at":"2026-11-21T08:10:00Z","series":[["a","b"]]})") !=
        digest_of(R"({"last_updated_at":"2026-11-21T08:10:00Z","series":[["a"],["b"]]})"));
}

TEST_CASE("what is no document is refused") {
  for (const char* text :
       {"", "null", "[]", "{}", R"({"last_updated_at":5})", R"({"last_updated_at":"yesterday"})",
        R"({"last_updated_at":"2026-11-21T08:10:00Z")",
        R"({"last_updated_at":"2026-11-21T08:10:00Z","a":[{])",
        R"({"last_updated_at":"2026-11-21T08:10:00Z","a":[{"b" 1}]})",
        R"({"last_updated_at":"2026-11-21T08:10:00Z"} x)"}) {
    CAPTURE(text);
    const auto document = make_document("k", text);
    CHECK(!document);
    if (!document) CHECK(document.error().code == "document_invalid");
  }
}

}  // namespace
}  // namespace skerry::publish
