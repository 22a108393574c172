#include "shared/ingest.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace skerry::ingest {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;

constexpr Time kNow{std::chrono::milliseconds(1'795'248'372'000)};
constexpr std::string_view kSecret = "a shared secret";

std::string code(const Result<void>& result) {
  return result ? "ok" : result.error().code;
}

Headers headers(std::string_view time, std::string_view signature) {
  Headers out;
  out.add("x-skerry-time", time);
  out.add("x-skerry-signature", signature);
  return out;
}

/// The body comes in pieces of five bytes.
Result<void> verify(std::string_view secret, const Headers& fields, std::string_view body, Time now) {
  auto verifier = Verifier::begin(secret, fields, now);
  if (!verifier) return std::unexpected(verifier.error());
  for (; body.size() > 5; body.remove_prefix(5)) verifier->update(body.substr(0, 5));
  verifier->update(body);
  return verifier->finish();
}

TEST_CASE("a signature is what openssl computes") {
  // printf 'v1\n1795248372000\nthe batch' | openssl dgst -sha256 -hmac 'a shared secret'
  CHECK(sign(kSecret, kNow, "the batch") ==
        "v1=f56a74081bfc6168d35ddac927725e590eff75d3ec2ab514c3984b73adad1544");
}

TEST_CASE("what was signed is taken, within five minutes either way") {
  const Request request = signed_request(kSecret, kNow, "bat\0ch"s);
  CHECK(request.method == "POST");
  CHECK(request.target == "/ingest");
  CHECK(request.headers.get("content-type") == "application/vnd.skerry.events");
  CHECK(request.headers.get("x-skerry-time") == "1795248372000");
  for (const auto& [later, expected] :
       std::vector<std::pair<std::chrono::milliseconds, std::string>>{{0ms, "ok"},
                                                                      {5min, "ok"},
                                                                      {-5min, "ok"},
                                                                      {5min + 1ms, "signature_expired"},
                                                                      {-5min - 1ms, "signature_expired"},
                                                                      {24h * 365, "signature_expired"}}) {
    CAPTURE(later.count());
    CHECK(code(verify(kSecret, request.headers, request.body, kNow + later)) == expected);
  }
}

TEST_CASE("what was not is refused; what the head alone tells comes first") {
  const std::string body = "batch";
  const std::string good = sign(kSecret, kNow, body);
  CHECK(code(verify(kSecret, headers("1795248372000", good), body, kNow)) == "ok");
  CHECK(code(verify("", headers("1795248372000", good), body, kNow)) == "ingest_closed");
  CHECK(code(verify("", headers("1795248372000", sign("", kNow, body)), body, kNow)) == "ingest_closed");

  std::string flipped = good;
  flipped.back() = flipped.back() == '0' ? '1' : '0';
  const std::vector<std::pair<Headers, std::string>> cases{
      {{}, body},
      {headers("1795248372000", ""), body},
      {headers("", good), body},
      {headers("1795248372001", good), body},
      {headers("01795248372000", good), body},
      {headers("1795248372000", flipped), body},
      {headers("1795248372000", good.substr(3)), body},
      {headers("1795248372000", "v2" + good.substr(2)), body},
      {headers("1795248372000", good + "0"), body},
      {headers("1795248372000", sign("another secret", kNow, body)), body},
      {headers("1795248372000", good), "batch2"},
      {headers("1795248372000", good), ""},
  };
  for (const auto& [fields, bytes] : cases) {
    CAPTURE(fields.joined("x-skerry-time"));
    CAPTURE(fields.joined("x-skerry-signature"));
    CHECK(code(verify(kSecret, fields, bytes, kNow)) == "signature_invalid");
    const auto head = code(verify_head(kSecret, fields, kNow + 24h));
    CHECK(code(verify(kSecret, fields, bytes, kNow + 24h)) == head);
    CHECK(head != "ok");
  }
}

TEST_CASE("a head is judged without a body") {
  const std::string good = sign(kSecret, kNow, "");
  const std::vector<std::tuple<Headers, Time, std::string>> cases{
      {headers("1795248372000", good), kNow, "ok"},
      {headers("1795248372000", "v1=" + std::string(64, '0')), kNow, "ok"},  // only the body tells
      {headers("1795248372000", good), kNow + 6min, "signature_expired"},
      {headers("1795248372000", good), kNow - 6min, "signature_expired"},
      {{}, kNow, "signature_invalid"},
      {headers("", good), kNow, "signature_invalid"},
      {headers("1795248372000 ", good), kNow, "signature_invalid"},
      {headers("99999999999999999999", good), kNow, "signature_invalid"},
      {headers("1795248372000", ""), kNow, "signature_invalid"},
      {headers("1795248372000", good + "0"), kNow, "signature_invalid"},
      {headers("1795248372000", good.substr(0, good.size() - 1)), kNow, "signature_invalid"},
      {headers("1795248372000", "v1=" + std::string(64, 'F')), kNow, "signature_invalid"},
      {headers("1795248372000", "v1=" + std::string(64, 'g')), kNow, "signature_invalid"},
  };
  for (const auto& [fields, now, expected] : cases) {
    CAPTURE(fields.joined("x-skerry-time"));
    CAPTURE(fields.joined("x-skerry-signature"));
    CHECK(code(verify_head(kSecret, fields, now)) == expected);
  }
  CHECK(code(verify_head("", headers("1795248372000", good), kNow)) == "ingest_closed");
}

TEST_CASE("times that are none are refused even when they are signed") {
  for (const std::int64_t far : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    const Time time{std::chrono::milliseconds(far)};
    CHECK(code(verify(kSecret, headers(std::to_string(far), sign(kSecret, time, "b")), "b", kNow)) ==
          "signature_expired");
  }
}

TEST_CASE("an answer says whether to come again") {
  const std::vector<std::tuple<int, std::string, std::string>> cases{
      {400, R"({"code":"batch_invalid"})", "events_refused"},
      {403, R"({"code":"signature_expired"})", "events_unavailable"},
      {404, "", "events_unavailable"},
      {413, "", "events_refused"},
      {408, "", "events_unavailable"},
      {429, "", "events_unavailable"},
      {503, R"({"error":"…","code":"events_full"})", "events_full"},
      {503, R"({"code":"events_unavailable"})", "events_unavailable"},
      {500, "", "events_unavailable"},
      {502, "<html>", "events_unavailable"},
      {301, "", "events_unavailable"},
      {0, "", "events_unavailable"},
  };
  for (const auto& [status, body, expected] : cases) {
    CAPTURE(status);
    CHECK(code(read_answer(status, body, 3)) == expected);
  }
}

// The same cases as in wasm-runtime/js/origin.test.mjs.
TEST_CASE("events are taken where /ingest itself says so of all of them, and nowhere else") {
  for (const auto* body :
       {R"({"status":"ok","accepted":3,"duplicates":0})", R"({"status":"ok","accepted":0,"duplicates":3})",
        R"( { "duplicates" : 1, "more": [{}], "accepted" : 2, "status" : "ok" } )"}) {
    CAPTURE(body);
    CHECK(code(read_answer(200, body, 3)) == "ok");
    for (const std::uint32_t count : {0U, 2U, 4U})
      CHECK(code(read_answer(200, body, count)) == "events_garbled");
    for (const int status : {201, 202, 204, 299})
      CHECK(code(read_answer(status, body, 3)) == "events_garbled");
  }
  for (const auto* body : {
           "",
           "ok",
           "<!doctype html><title>Sign in</title>",
           "null",
           "{}",
           "[]",
           "3",
           R"("ok")",
           R"({"status":"ok"})",
           R"({"status":"ok","accepted":3})",
           R"({"status":"ok","duplicates":3})",
           R"({"accepted":3,"duplicates":0})",
           R"({"status":"Ok","accepted":3,"duplicates":0})",
           R"({"status":"down","accepted":3,"duplicates":0})",
           R"({"status":true,"accepted":3,"duplicates":0})",
           R"({"status":"ok","accepted":0,"duplicates":0})",
           R"({"status":"ok","accepted":2,"duplicates":0})",
           R"({"status":"ok","accepted":3,"duplicates":3})",
           R"({"status":"ok","accepted":4,"duplicates":-1})",
           R"({"status":"ok","accepted":2.5,"duplicates":0.5})",
           R"({"status":"ok","accepted":"3","duplicates":0})",
           R"({"status":"ok","accepted":3,"duplicates":null})",
           R"({"status":"ok","accepted":18446744073709551615,"duplicates":4})",
           R"({"status":"ok","accepted":3,"dropped":0,"rejected":0,"errors":[]})",
           R"({"status":"ok","accepted":3,"duplicates":0)",
           R"({"status":"ok","accepted":3,"duplicates":0} x)",
           R"([{"status":"ok","accepted":3,"duplicates":0}])",
           R"({"answer":{"status":"ok","accepted":3,"duplicates":0}})",
       }) {
    CAPTURE(body);
    const auto taken = read_answer(200, body, 3);
    CHECK(code(taken) == "events_garbled");
    CHECK(taken.error().kind == ErrorKind::unavailable);
  }
}

}  // namespace
}  // namespace skerry::ingest
