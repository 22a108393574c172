#include "native-host/http/request_reader.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace skerry::http {
namespace {

constexpr std::uint64_t kBodyLimit = 1000;

struct Outcome {
  std::vector<Request> requests;
  std::optional<Refusal> refusal;
};

/// Feeds a stream in pieces, as a connection does.
Outcome read_stream(std::string_view stream, std::size_t piece, RequestReader::Limits limits = {}) {
  RequestReader reader(limits);
  Outcome outcome;
  std::size_t begin = 0;
  for (std::size_t end = 0; end < stream.size();) {
    end = std::min(end + piece, stream.size());
    while (begin < end) {
      auto took = reader.read(stream.substr(begin, end - begin));
      if (!took) {
        outcome.refusal = took.error();
        return outcome;
      }
      begin += *took;
      if (reader.state() == RequestReader::State::body) {
        if (auto fits = reader.limit_body(kBodyLimit); !fits) {
          outcome.refusal = fits.error();
          return outcome;
        }
      }
      if (reader.state() == RequestReader::State::done) {
        outcome.requests.push_back(reader.request());
        reader.next();
      } else if (*took == 0) {
        break;
      }
    }
  }
  return outcome;
}

TEST_CASE("a request is refused with the status that says why") {
  struct Case {
    std::string what;
    std::string stream;
    int status;
  };
  const std::string get = "GET / HTTP/1.1\r\nHost: a\r\n";
  const std::string post = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::vector<Case> cases = {
      {"no host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two hosts", get + "Host: b\r\n\r\n", 400},
      {"the same host twice", get + "Host: a\r\n\r\n", 400},
      {"host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      {"host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400},
      {"host with a space", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400},
      {"host with a word for a port", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", 400},
      {"host with a broken IPv6", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400},
      {"two lengths", post + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"the same length twice", post + "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400},
      {"a list of lengths that differ", post + "Content-Length: 5, 6\r\n\r\nhello", 400},
      {"a list of equal lengths", post + "Content-Length: 5, 5\r\n\r\nhello", 400},
      {"a list of equal lengths without a space", post + "Content-Length: 5,5\r\n\r\nhello", 400},
      {"a list that ends with a comma", post + "Content-Length: 5,\r\n\r\nhello", 400},
      {"a list that begins with a comma", post + "Content-Length: ,5\r\n\r\nhello", 400},
      {"a list with nothing in it", post + "Content-Length: 5,,5\r\n\r\nhello", 400},
      {"equal lengths in two fields and a list", post + "Content-Length: 5, 5\r\nContent-Length: 5\r\n\r\n",
       400},
      {"length with a parameter", post + "Content-Length: 5;a=b\r\n\r\nhello", 400},
      {"quoted length", post + "Content-Length: \"5\"\r\n\r\nhello", 400},
      {"length with a point", post + "Content-Length: 5.0\r\n\r\nhello", 400},
      {"length with an exponent", post + "Content-Length: 5e0\r\n\r\nhello", 400},
      {"length of two numbers", post + "Content-Length: 5 5\r\n\r\nhello", 400},
      {"length with a thousands separator", post + "Content-Length: 0_5\r\n\r\nhello", 400},
      {"a list of codings", post + "Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked after a comma", post + "Transfer-Encoding: , chunked\r\n\r\n0\r\n\r\n", 501},
      {"chunked with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 501},
      {"quoted chunked", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 501},
      {"a space before the colon of the length", post + "Content-Length : 5\r\n\r\nhello", 400},
      {"hexadecimal chunk size with its prefix",
       post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n", 400},
      {"negative length", post + "Content-Length: -5\r\n\r\nhello", 400},
      {"signed length", post + "Content-Length: +5\r\n\r\nhello", 400},
      {"hexadecimal length", post + "Content-Length: 0x5\r\n\r\nhello", 400},
      {"empty length", post + "Content-Length:\r\n\r\nhello", 400},
      {"length above 2^64", post + "Content-Length: 99999999999999999999\r\n\r\n", 400},
      {"length and chunked", post + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunked and length", post + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
      {"chunked twice", post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", 400},
      {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"gzip as a transfer coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501},
      {"chunked not last", post + "Transfer-Encoding: chunked, identity\r\n\r\n", 501},
      {"identity", post + "Transfer-Encoding: identity\r\n\r\n", 501},
      {"chunked with a trick", post + "Transfer-Encoding: xchunked\r\n\r\n", 501},
      {"chunked after a vertical tab",
       post + "Transfer-Encoding: \x0b"
              "chunked\r\n\r\n",
       400},
      {"space before the colon", get + "X : y\r\n\r\n", 400},
      {"space before a name", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"empty name", get + ": y\r\n\r\n", 400},
      {"no colon", get + "nothing\r\n\r\n", 400},
      {"NUL in a value", get + std::string("X: a\0b\r\n\r\n", 10), 400},
      {"bare CR in a value", get + "X: a\rb\r\n\r\n", 400},
      {"bare LF ends a line", get + "X: a\nY: b\r\n\r\n", 400},
      {"bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"HTTP/0.9", "GET /\r\n", 400},
      {"no version", "GET / \r\n\r\n", 400},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"another protocol", "GET / RTSP/1.0\r\n\r\n", 400},
      {"two spaces", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"method with a brace", "G{T / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), 400},
      {"CONNECT", "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n", 501},
      {"asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"relative target", "GET latest HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"another scheme", "GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target without a host", "GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"target with a user", "GET http://u:p@a/x HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"control byte in the target", "GET /\x01 HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab in the target", "GET /\t HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"unknown expectation", post + "Expect: more\r\n\r\n", 417},
      {"target of 40,000 bytes", "GET /" + std::string(40'000, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n", 414},
      {"target of a megabyte", "GET /" + std::string(1 << 20, 'a'), 414},
      {"method of a megabyte", std::string(1 << 20, 'A'), 414},
      {"field of a megabyte", get + "X: " + std::string(1 << 20, 'a') + "\r\n\r\n", 431},
      {"empty lines without end",
       [] {
         std::string lines;
         for (int i = 0; i < 1000; ++i) lines += "\r\n";
         return lines;
       }(),
       400},
      {"name of a megabyte", get + std::string(1 << 20, 'a'), 431},
      {"a megabyte of small fields",
       get +
           [] {
             std::string fields;
             while (fields.size() < (1 << 20)) fields += "X: y\r\n";
             return fields;
           }() +
           "\r\n",
       431},
      {"body above the limit", post + "Content-Length: 1001\r\n\r\n", 413},
      {"body of 2 GB", post + "Content-Length: 2147483648\r\n\r\n", 413},
      {"chunk above the limit", post + "Transfer-Encoding: chunked\r\n\r\n3e9\r\n", 413},
      {"chunks above the limit",
       post + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + std::string(1000, 'a') + "\r\n1\r\na\r\n", 413},
      {"chunk size above 2^64", post + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\n", 400},
      {"chunk size is no number", post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n", 400},
      {"signed chunk size", post + "Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n", 400},
      {"chunk without its end", post + "Transfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n", 400},
      {"chunk line of a megabyte",
       post + "Transfer-Encoding: chunked\r\n\r\n1;a=" + std::string(1 << 20, 'x') + "\r\n", 400},
      {"trailer of a megabyte",
       post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(1 << 20, 'x') + "\r\n\r\n", 400},
      {"a folded field", get + "X: a\r\n b\r\n\r\n", 400},
      {"a field folded with a tab", get + "X: a\r\n\tb\r\n\r\n", 400},
      {"an empty fold", get + "X: a\r\n \r\n\r\n", 400},
      {"a folded Transfer-Encoding", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400},
      {"a folded Content-Length", post + "Content-Length:\r\n 5\r\n\r\nhello", 400},
      {"line feed in a quoted extension",
       post + "Transfer-Encoding: chunked\r\n\r\n1;a=\"\n\"\r\na\r\n0\r\n\r\n", 400},
      {"escaped line feed in a quoted extension",
       post + "Transfer-Encoding: chunked\r\n\r\n1;a=\"\\\n\"\r\na\r\n0\r\n\r\n", 400},
      {"NUL in a quoted extension",
       post + "Transfer-Encoding: chunked\r\n\r\n1;a=\"" + std::string(1, '\0') + "\"\r\na\r\n0\r\n\r\n",
       400},
      {"NUL in the last chunk's extension",
       post + "Transfer-Encoding: chunked\r\n\r\n0;a=\"" + std::string(1, '\0') + "\"\r\n\r\n", 400},
      {"a folded trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\n b\r\n\r\n", 400},
      {"a line feed in a trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\nY: b\r\n\r\n", 400},
      {"length in a trailer", post + "Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n", 400},
  };
  for (const auto& [what, stream, status] : cases) {
    for (std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{4096}, stream.size()}) {
      if (piece < 7 && stream.size() > 100'000) continue;
      CAPTURE(what);
      CAPTURE(piece);
      auto outcome = read_stream(stream, piece);
      CHECK(outcome.requests.empty());
      REQUIRE(outcome.refusal);
      CHECK(outcome.refusal->status == status);
      CHECK(!outcome.refusal->error.message.empty());
    }
  }
}

TEST_CASE("requests are read however they are cut") {
  const std::string stream =
      "\r\n\r\nGET /a?b=c HTTP/1.1\r\nHost: x.example:8080\r\nX-Empty:\r\nX-Space: \t a b \t\r\n\r\n"
      "POST /p HTTP/1.1\r\nhost: [::1]:80\r\ncontent-length: 5\r\n\r\nhello"
      "PUT /c HTTP/1.1\r\nHOST:\r\nTransfer-Encoding: Chunked\r\n\r\n"
      "3;ext=\"a b\"\r\nabc\r\n00A\r\n0123456789\r\n0\r\nX-Trailer: t\r\n\r\n"
      "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET HTTP://b.example?q HTTP/1.1\r\nHost: a\r\n\r\n"
      "BREW /caf\xc3\xa9/%zz\xff HTTP/1.1\r\nHost: a\r\nX: \xc3\xa9\xff\r\n\r\n"
      "GET /old HTTP/1.0\r\n\r\n";
  for (std::size_t piece = 1; piece <= stream.size(); ++piece) {
    CAPTURE(piece);
    auto [requests, refusal] = read_stream(stream, piece);
    REQUIRE(!refusal);
    REQUIRE(requests.size() == 7);
    CHECK(requests[0].method == "GET");
    CHECK(requests[0].target == "/a?b=c");
    CHECK(requests[0].headers == Headers{{"Host", "x.example:8080"}, {"X-Empty", ""}, {"X-Space", "a b"}});
    CHECK(requests[1].body == "hello");
    CHECK(requests[2].body == "abc0123456789");
    CHECK(!requests[2].headers.has("x-trailer"));
    CHECK(requests[3].target == "*");
    CHECK(requests[4].target == "/?q");
    CHECK(requests[4].headers.get("host") == "b.example");
    CHECK(requests[5].method == "BREW");
    CHECK(requests[5].target == "/caf\xc3\xa9/%zz\xff");
    CHECK(requests[5].headers.get("x") == "\xc3\xa9\xff");
    CHECK(requests[6].target == "/old");
  }
}

TEST_CASE("a body is not judged by the size of what follows it") {
  const std::string get = "GET /" + std::string(200, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string many;
  for (int i = 0; i < 8; ++i) many += get;
  const RequestReader::Limits limits{.header_bytes = 1024, .target_bytes = 512};
  for (const std::string body :
       {"Content-Length: 2\r\n\r\nok", "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"}) {
    std::string stream = "POST / HTTP/1.1\r\nHost: a\r\n";
    stream.append(body).append(many);
    auto [requests, refusal] = read_stream(stream, stream.size(), limits);
    CHECK(!refusal);
    CHECK(requests.size() == 9);
  }
}

TEST_CASE("a connection stays open as version and Connection say") {
  struct Case {
    const char* head;
    bool keep_alive;
  };
  for (const auto& [head, keep_alive] : std::vector<Case>{
           {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
           {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", false},
           {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, CLOSE\r\n\r\n", false},
           {"GET / HTTP/1.0\r\n\r\n", false},
           {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
       }) {
    CAPTURE(head);
    RequestReader reader({});
    REQUIRE(reader.read(head).has_value());
    REQUIRE(reader.state() == RequestReader::State::done);
    CHECK(reader.keep_alive() == keep_alive);
  }
}

TEST_CASE("100-continue is expected by HTTP/1.1 alone") {
  RequestReader reader({});
  REQUIRE(reader.read("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 1\r\n\r\n"));
  CHECK(reader.expects_continue());
  RequestReader old({});
  REQUIRE(old.read("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n"));
  CHECK(!old.expects_continue());
}

TEST_CASE("many small fields within the limit are fine") {
  std::string stream = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 0; i < 5000; ++i) stream += "X: y\r\n";
  stream += "\r\n";
  auto outcome = read_stream(stream, 4096);
  REQUIRE(!outcome.refusal);
  CHECK(outcome.requests.at(0).headers.size() == 5001);
}

}  // namespace
}  // namespace skerry::http
