#include "native-host/http/response_head.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

constexpr std::string_view kDate = "Sat, 21 Nov 2026 08:00:00 GMT";

std::string head_of(const Response& response, Framing framing = {}) {
  framing.date = kDate;
  std::string out;
  append_response_head(out, response, framing);
  return out;
}

TEST_CASE("a head has the handler's fields and the server's") {
  CHECK(head_of({200, {{"ETag", "\"a\""}}, "hello"}) ==
        "HTTP/1.1 200 OK\r\nETag: \"a\"\r\nContent-Length: 5\r\nDate: Sat, 21 Nov 2026 08:00:00 GMT\r\n"
        "Server: skerry\r\n\r\n");
}

TEST_CASE("framing is the server's, not the handler's") {
  Response response{200,
                    {{"Content-Length", "999"},
                     {"transfer-encoding", "chunked"},
                     {"connection", "close"},
                     {"Keep-Alive", "timeout=5"},
                     {"Server", "mine"},
                     {"Date", "then"}},
                    "hello"};
  CHECK(head_of(response) == "HTTP/1.1 200 OK\r\nServer: mine\r\nDate: then\r\nContent-Length: 5\r\n\r\n");
}

TEST_CASE("the length and the connection follow the request and the status") {
  struct Case {
    const char* what;
    Response response;
    Framing framing;
    const char* has;
    const char* has_not;
  };
  for (const auto& [what, response, framing, has, has_not] : std::vector<Case>{
           {"HEAD with a body", {200, {}, "hello"}, {.head_request = true}, "Content-Length: 5\r\n", "none"},
           {"HEAD with a length",
            {200, {{"content-length", "36000"}}, {}},
            {.head_request = true},
            "Content-Length: 36000\r\n",
            "length: 0"},
           {"HEAD with a forged length",
            {200, {{"content-length", "1, 2"}}, {}},
            {.head_request = true},
            "Content-Length: 0\r\n",
            "1, 2"},
           {"204", {204, {}, {}}, {}, "204 No Content\r\n", "content-length"},
           {"304", {304, {{"etag", "\"a\""}}, {}}, {}, "etag: \"a\"\r\n", "content-length"},
           {"closing", {200, {}, {}}, {.keep_alive = false}, "Connection: close\r\n", "keep-alive"},
           {"HTTP/1.0 that stays", {200, {}, {}}, {.http_1_0 = true}, "Connection: keep-alive\r\n", "close"},
           {"no reason phrase", {299, {}, {}}, {}, "HTTP/1.1 299 ", "\r\r"},
       }) {
    CAPTURE(what);
    auto head = head_of(response, framing);
    CHECK(head.find(has) != std::string::npos);
    CHECK(head.find(has_not) == std::string::npos);
    CHECK(head.ends_with("\r\n\r\n"));
    CHECK(head.find("\r\n\r\n") == head.size() - 4);
  }
}

TEST_CASE("what would forge a response is not sent") {
  CHECK(is_sendable({200, {{"a", "b"}}, {}}));
  CHECK(!is_sendable({200, {{"a", "b\r\nc: d"}}, {}}));
  CHECK(!is_sendable({200, {{"a b", "c"}}, {}}));
  CHECK(!is_sendable({200, {{"", "c"}}, {}}));
  CHECK(!is_sendable({101, {}, {}}));
  CHECK(!is_sendable({0, {}, {}}));
  CHECK(!is_sendable({600, {}, {}}));
}

TEST_CASE("a handler can close the connection") {
  CHECK(asks_to_close({200, {{"Connection", " Close "}}, {}}));
  CHECK(!asks_to_close({200, {{"Connection", "keep-alive"}}, {}}));
  CHECK(!asks_to_close({200, {}, {}}));
}

}  // namespace
}  // namespace skerry::http
