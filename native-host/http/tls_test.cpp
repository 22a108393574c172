#include "native-host/http/tls.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <latch>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/http/event_stream.hpp"
#include "native-host/http/exchange.hpp"
#include "native-host/http/test_client.hpp"
#include "native-host/http/test_server.hpp"

namespace skerry::http {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

struct Free {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

/// A pair of files, made by a test.
class Pair {
 public:
  Pair() {
    static int count = 0;
    folder_ = fs::temp_directory_path() /
              ("skerry-tls-" + std::to_string(::getpid()) + "-" + std::to_string(++count));
    fs::create_directories(folder_);
  }
  ~Pair() { fs::remove_all(folder_); }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  [[nodiscard]] TlsFiles files() const { return {folder_ / "certificate.pem", folder_ / "key.pem"}; }

  /// Writes a new pair, self-signed, for `name`.
  void make(const std::string& name) const {
    const std::unique_ptr<EVP_PKEY, Free> key(EVP_EC_gen("P-256"));
    const std::unique_ptr<X509, Free> certificate(X509_new());
    X509_set_version(certificate.get(), 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 3600L * 24 * 365);
    X509_set_pubkey(certificate.get(), key.get());
    auto* subject = X509_get_subject_name(certificate.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>(name.data()),
                               static_cast<int>(name.size()), -1, 0);
    X509_set_issuer_name(certificate.get(), subject);
    REQUIRE(X509_sign(certificate.get(), key.get(), EVP_sha256()) > 0);
    const File to_key(std::fopen(files().key.c_str(), "we"), &std::fclose);
    const File to_certificate(std::fopen(files().certificate.c_str(), "we"), &std::fclose);
    REQUIRE(PEM_write_PrivateKey(to_key.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    REQUIRE(PEM_write_X509(to_certificate.get(), certificate.get()) == 1);
  }

  static void cut(const fs::path& path) { fs::resize_file(path, fs::file_size(path) / 2); }

 private:
  fs::path folder_;
};

/// A client that speaks TLS.
class TlsClient {
 public:
  /// What it says first goes in pieces of `step` bytes, where that is not 0.
  explicit TlsClient(const Address& address, int version = TLS1_3_VERSION,
                     std::string_view alpn = "\x08http/1.1", std::size_t step = 0)
      : client_(address), context_(SSL_CTX_new(TLS_client_method())) {
    SSL_CTX_set_min_proto_version(context_.get(), TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context_.get(), version);
    SSL_CTX_set_security_level(context_.get(), 0);
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_alpn_protos(ssl_.get(), reinterpret_cast<const unsigned char*>(alpn.data()),
                        static_cast<unsigned>(alpn.size()));
    if (step > 0) {
      const auto hello = hello_of(ssl_.get());
      for (std::size_t at = 0; at < hello.size(); at += step) client_.send(hello.substr(at, step));
    }
    SSL_set_fd(ssl_.get(), client_.fd());
    connected_ = SSL_connect(ssl_.get()) == 1;
    ERR_clear_error();
  }

  /// The bytes of a ClientHello.
  static std::string hello() {
    const std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_client_method()));
    const std::unique_ptr<SSL, Free> ssl(SSL_new(context.get()));
    return hello_of(ssl.get());
  }

  [[nodiscard]] bool connected() const { return connected_; }
  /// Beneath TLS.
  [[nodiscard]] const Client& socket() const { return client_; }
  [[nodiscard]] std::string name() const {
    const std::unique_ptr<X509, Free> certificate(SSL_get1_peer_certificate(ssl_.get()));
    char text[256] = "";
    if (certificate)
      X509_NAME_get_text_by_NID(X509_get_subject_name(certificate.get()), NID_commonName, text, sizeof(text));
    return text;
  }
  [[nodiscard]] std::string alpn() const {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(ssl_.get(), &name, &size);
    return {reinterpret_cast<const char*>(name), size};
  }
  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto count = SSL_write(ssl_.get(), bytes.data(), static_cast<int>(bytes.size()));
      if (count <= 0) return;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  std::string until(std::string_view mark) {
    while (input_.find(mark) == std::string::npos && receive()) {
    }
    const auto size = std::min(input_.find(mark), input_.size() - mark.size()) + mark.size();
    auto out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }
  std::string take(std::size_t size) {
    while (input_.size() < size && receive()) {
    }
    auto out = input_.substr(0, size);
    input_.erase(0, out.size());
    return out;
  }
  /// True if the stream ends, and in an orderly way.
  bool ended() {
    while (receive()) {
    }
    return last_error_ == SSL_ERROR_ZERO_RETURN;
  }
  std::string ask(std::string_view path) {
    send("GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n");
    const auto head = until("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? "" : take(std::strtoull(head.c_str() + at + 16, nullptr, 10));
  }

 private:
  static std::string hello_of(SSL* ssl) {
    auto* sent = BIO_new(BIO_s_mem());
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), sent);
    SSL_connect(ssl);
    ERR_clear_error();
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(sent, &bytes);
    return {bytes, static_cast<std::size_t>(size)};
  }

  bool receive() {
    char bytes[65536];
    const auto count = SSL_read(ssl_.get(), bytes, sizeof(bytes));
    last_error_ = SSL_get_error(ssl_.get(), count);
    ERR_clear_error();
    if (count <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  Client client_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool connected_ = false;
  int last_error_ = 0;
  std::string input_;
};

Handler hello() {
  return {.respond = [](const Request&) { return Response{200, {}, "hello"}; }};
}

TEST_CASE("a server speaks TLS 1.2 and 1.3 with http/1.1, and nothing older") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}}, {.tls = pair.files()});
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsClient client(server.address(), version);
    REQUIRE(client.connected());
    CHECK(client.alpn() == "http/1.1");
    CHECK(client.name() == "first");
    CHECK(client.ask("/") == "hello");
    CHECK(client.ask("/") == "hello");
    client.send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    CHECK(client.ended());
  }
  CHECK(!TlsClient(server.address(), TLS1_1_VERSION).connected());
  CHECK(TlsClient(server.address(), TLS1_3_VERSION, "\x02h2\x08http/1.1").alpn() == "http/1.1");
  CHECK(!TlsClient(server.address(), TLS1_3_VERSION, "\x02h2").connected());
}

TEST_CASE("bodies, files, events and WebSockets go through TLS") {
  const Pair pair;
  pair.make("first");
  const std::string large(3'000'000, 'L');
  const File file(std::tmpfile(), &std::fclose);
  REQUIRE(std::fwrite(large.data(), 1, large.size(), file.get()) == large.size());
  REQUIRE(std::fflush(file.get()) == 0);
  Hub hub;
  Found<int> followed;
  Routed server({{"/count",
                  {.serve = [](Exchange& exchange) -> Task<void> {
                     const auto all = co_await exchange.read_all(std::size_t{1} << 30U);
                     if (all) std::ignore = co_await exchange.respond({200, {}, std::to_string(all->size())});
                   },
                   .max_body_bytes = 1 << 30}},
                 {"/file", {.serve = [&](Exchange& exchange) -> Task<void> {
                    std::ignore = exchange.begin({.length = large.size()});
                    std::ignore = co_await exchange.send_file(::fileno(file.get()), 0, large.size());
                    std::ignore = co_await exchange.end();
                  }}},
                 {"/events", {.serve = [&](Exchange& exchange) -> Task<void> {
                    auto stream = EventStream::begin(exchange, {});
                    stream->follow(hub);
                    followed.put(1);
                    std::ignore = co_await stream->run();
                  }}},
                 {"/socket", {.serve = [](Exchange& exchange) -> Task<void> {
                    auto socket = co_await exchange.upgrade({});
                    if (!socket) co_return;
                    const auto message = co_await socket->read();
                    if (message) std::ignore = co_await socket->write(message->data);
                  }}}},
                {.tls = pair.files()});
  TlsClient client(server.address());
  client.send("POST /count HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3000000\r\n\r\n");
  CHECK(client.until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send(large);
  client.until("\r\n\r\n");
  CHECK(client.take(7) == "3000000");
  const bool is_same = client.ask("/file") == large;
  CHECK(is_same);

  TlsClient events(server.address());
  events.send("GET /events HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(followed.get());
  hub.publish({.data = "news"});
  CHECK(events.until("data: news\n\n").ends_with("data: news\n\n"));

  TlsClient socket(server.address());
  socket.send(
      "GET /socket HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: "
      "websocket\r\nSec-WebSocket-Version: "
      "13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  socket.until("\r\n\r\n");
  socket.send(std::string_view("\x81\x82\0\0\0\0hi", 8));
  CHECK(socket.take(4) == "\x81\x02hi");
}

TEST_CASE("a certificate is replaced without an open connection's notice") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}}, {.tls = pair.files()});
  TlsClient open(server.address());
  CHECK(open.ask("/") == "hello");
  SUBCASE("by the call") {
    pair.make("second");
    CHECK(server.server->reload());
    CHECK(TlsClient(server.address()).name() == "second");
  }
  SUBCASE("by itself, after the files") {
    pair.make("second");
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (TlsClient(server.address()).name() != "second" && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(50ms);
    CHECK(TlsClient(server.address()).name() == "second");
    CHECK(server.log.take().at(0).find("replaced") != std::string::npos);
  }
  SUBCASE("not by half a file, a missing one or another's key") {
    const Pair other;
    other.make("other");
    const std::vector<std::pair<const char*, std::function<void()>>> ways = {
        {"tls_certificate_unreadable", [&] { Pair::cut(pair.files().certificate); }},
        {"tls_key_unreadable", [&] { Pair::cut(pair.files().key); }},
        {"tls_key_unreadable", [&] { fs::remove(pair.files().key); }},
        {"tls_mismatch",
         [&] { fs::copy_file(other.files().key, pair.files().key, fs::copy_options::overwrite_existing); }}};
    for (const auto& [code, spoil] : ways) {
      CAPTURE(code);
      pair.make("bad");
      spoil();
      const auto reloaded = server.server->reload();
      REQUIRE(!reloaded);
      CHECK(reloaded.error().code == code);
      CHECK(TlsClient(server.address()).name() == "first");
    }
    pair.make("whole");
    CHECK(server.server->reload());
    CHECK(TlsClient(server.address()).name() == "whole");
  }
  CHECK(open.ask("/") == "hello");
  CHECK(open.name() == "first");
}

TEST_CASE("the end of the certificate in use is known") {
  const Pair pair;
  pair.make("first.example");
  const auto keeper = TlsKeeper::open(pair.files());
  REQUIRE(keeper);
  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto left = (*keeper)->end() - now;
  CHECK(left > 364 * 24h);
  CHECK(left <= 366 * 24h);
}

TEST_CASE("a server doesn't start with files that can't be used") {
  const Pair pair;
  const auto start = [&] {
    return Server::start({.listen = {{.host = "127.0.0.1"}}, .tls = pair.files()},
                         [](const Request&) { return nullptr; });
  };
  auto started = start();
  REQUIRE(!started);
  CHECK(started.error().code == "tls_certificate_unreadable");
  CHECK(started.error().kind == ErrorKind::not_found);
  CHECK(started.error().message.find("certificate.pem") != std::string::npos);
  REQUIRE(mkfifo(pair.files().certificate.c_str(), 0600) == 0);
  CHECK(start().error().message.contains("is no regular file"));
  fs::remove(pair.files().certificate);
  fs::create_directory(pair.files().certificate);
  CHECK(start().error().message.contains("is no regular file"));
  fs::remove(pair.files().certificate);
  std::ofstream(pair.files().certificate) << "no PEM";
  CHECK(start().error().kind == ErrorKind::damaged);
  pair.make("first");
  const Pair other;
  other.make("other");
  fs::copy_file(other.files().key, pair.files().key, fs::copy_options::overwrite_existing);
  CHECK(start().error().code == "tls_mismatch");
}

TEST_CASE("what is no TLS, stalls in its handshake or ends without a word does no harm") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}},
                {.request_timeout = 400ms, .tls = pair.files(), .handshake_timeout = 200ms});
  Client plain(server.address());
  plain.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  plain.rest();
  Client silent(server.address());
  CHECK(silent.rest().empty());
  Client half(server.address());
  half.send(std::string_view("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11));
  half.rest();
  {
    TlsClient leaves(server.address());
    leaves.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  }
  CHECK(TlsClient(server.address()).ask("/") == "hello");
  // A stop doesn't wait for a handshake.
  Client late(server.address());
  server.server->stop(10s);
  CHECK(late.rest().empty());
}

TEST_CASE("a ClientHello may be large and come in pieces, and holds no place before it is whole") {
  const Pair pair;
  pair.make("first");
  // Room for eight handshakes at once.
  Routed server({{"/", hello()}}, {.max_memory = 100'000, .tls = pair.files(), .handshake_timeout = 1h});
  std::string large = "\x08http/1.1";
  while (large.size() < 14'000) large += '\xff' + std::string(255, 'p');
  const auto whole = TlsClient::hello();
  std::vector<std::unique_ptr<Client>> halves;
  for (const auto& half :
       {whole.substr(0, 1), whole.substr(0, 5), whole.substr(0, 9), whole.substr(0, whole.size() - 1)})
    for (int i = 0; i < 10; ++i)
      REQUIRE(halves.emplace_back(std::make_unique<Client>(server.address()))->send(half));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    for (const std::size_t step : std::initializer_list<std::size_t>{0, 1, 4, 5, 9, 100}) {
      CAPTURE(step);
      CHECK(TlsClient(server.address(), version, "\x08http/1.1", step).ask("/") == "hello");
    }
    CHECK(TlsClient(server.address(), version, large).ask("/") == "hello");
    CHECK(TlsClient(server.address(), version, large, 1000).ask("/") == "hello");
  }
  for (auto& half : halves) CHECK(!half->hears(0ms));
}

TEST_CASE("a ClientHello that is larger than a record, or than its record says, ends the connection") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}}, {.tls = pair.files(), .handshake_timeout = 1h});
  for (const auto& start : {
           std::string_view("\x16\x03\x01\x40\x00\x01\x00\x3f\xfd", 9),
           std::string_view("\x16\x03\x01\x40\x00\x01\x02\x00\x00", 9),
           std::string_view("\x16\x03\x01\x00\x01\x01\x16\x03\x01", 9),
           std::string_view("\x16\x03\x01\x00\x00\x16\x03\x01\x00", 9),
           std::string_view("\x16\x03\x01\x40\x01\x01\x00\x01\x00", 9),
           std::string_view("\x16\x03\x01\xff\xff\x01\x00\x01\x00", 9),
       }) {
    Client client(server.address());
    REQUIRE(client.send(start));
    CHECK(client.closed());
  }
  CHECK(TlsClient(server.address()).ask("/") == "hello");
}

TEST_CASE("of too many handshakes that don't go on the oldest is given up") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}}, {.max_memory = 100'000, .tls = pair.files(), .handshake_timeout = 1h});
  const auto hello = TlsClient::hello();
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 8; ++i) {
    auto& client = *silent.emplace_back(std::make_unique<Client>(server.address()));
    REQUIRE(client.send(hello));
    REQUIRE(!client.take(1).empty());
  }
  TlsClient open(server.address());
  CHECK(open.ask("/") == "hello");
  silent[0]->rest();
  CHECK(silent[0]->closed());
  for (int i = 0; i < 20; ++i) CHECK(TlsClient(server.address()).ask("/") == "hello");
  CHECK(open.ask("/") == "hello");
}

TEST_CASE("a record of which a part has come counts as memory") {
  const Pair pair;
  pair.make("first");
  // 75,000 beside the handshakes: four of 17 KiB.
  for (const std::size_t came : std::initializer_list<std::size_t>{1, 3, 5, 300}) {
    CAPTURE(came);
    Routed server({{"/", hello()}}, {.max_memory = 100'000, .request_timeout = 1h, .tls = pair.files()});
    const auto part = (std::string("\x17\x03\x03\x40\x00", 5) + std::string(1000, 'x')).substr(0, came);
    std::vector<std::unique_ptr<TlsClient>> clients;
    std::vector<pollfd> answers;
    for (int i = 0; i < 5; ++i) {
      auto& client = *clients.emplace_back(std::make_unique<TlsClient>(server.address()));
      REQUIRE(client.ask("/") == "hello");
      REQUIRE(client.socket().send(part));
      answers.push_back({.fd = client.socket().fd(), .events = POLLIN, .revents = 0});
    }
    REQUIRE(::poll(answers.data(), answers.size(), 60'000) == 1);
    const auto last = std::ranges::find_if(answers, [](const pollfd& each) { return each.revents != 0; });
    auto& refused = *clients[static_cast<std::size_t>(last - answers.begin())];
    CHECK(refused.until("\r\n\r\n").starts_with("HTTP/1.1 503 "));
    // What comes whole is served.
    CHECK(TlsClient(server.address()).ask("/") == "hello");
    for (auto& client : clients) client.reset();
    while (TlsClient(server.address()).ask("/") != "hello") {
    }
  }
}

TEST_CASE("a record that is sent in part counts as memory, too") {
  const Pair pair;
  pair.make("first");
  const File file(std::tmpfile(), &std::fclose);
  constexpr std::uint64_t kSize = 32'000'000;
  REQUIRE(::ftruncate(::fileno(file.get()), kSize) == 0);
  // 75,000 beside the handshakes: two of these with what is read of the file.
  Routed server({{"/", hello()}, {"/file", {.serve = [&](Exchange& exchange) -> Task<void> {
                                    std::ignore = exchange.begin({.length = kSize});
                                    std::ignore = co_await exchange.send_file(::fileno(file.get()), 0, kSize);
                                    std::ignore = co_await exchange.end();
                                  }}}},
                {.max_memory = 100'000, .request_timeout = 1h, .tls = pair.files()});
  std::vector<std::unique_ptr<TlsClient>> unread;
  for (int i = 0; i < 5; ++i)
    unread.emplace_back(std::make_unique<TlsClient>(server.address()))
        ->send("GET /file HTTP/1.1\r\nHost: a\r\n\r\n");
  while (server.server->open_connections() != 2) std::this_thread::yield();
  CHECK(TlsClient(server.address()).ask("/") == "hello");
}

TEST_CASE("a door without TLS sends everybody to https") {
  const Pair pair;
  pair.make("first");
  Routed server({{"/", hello()}},
                {.tls = pair.files(), .redirect = {{.host = "127.0.0.1"}}, .redirect_port = 8443});
  struct Case {
    std::string request;
    int status;
    const char* location;
  };
  for (const auto& [request, status, location] : std::vector<Case>{
           {"GET /a?b=c HTTP/1.1\r\nHost: x.example:8080\r\n\r\n", 308,
            "Location: https://x.example:8443/a?b=c\r\n"},
           {"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", 308, "Location: https://[::1]:8443/\r\n"},
           {"GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", 308, "Location: https://[::1]:8443/\r\n"},
           {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n", 308,
            "Location: https://a:8443/\r\n"},
           {"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", 308, "Location: https://a:8443\r\n"},
           {"GET / HTTP/1.0\r\n\r\n", 400, "\r\n"},
       }) {
    CAPTURE(request);
    Client client(server.server->addresses().at(1));
    const auto answer = client.ask(request);
    CHECK(answer.status == status);
    CHECK(answer.head.find(location) != std::string::npos);
  }
}

TEST_CASE("a pipeline within TLS holds up nobody who comes fresh") {
  constexpr int kPipelined = 1500;
  Pair pair;
  pair.make("one.example");
  const auto socket =
      (fs::temp_directory_path() / ("skerry-tls-fair-" + std::to_string(::getpid()))).string();
  std::atomic<int> served = 0;
  std::atomic<int> last = 0;
  std::latch go{1};
  Routed server({{"/hog",
                  {.respond =
                       [&](const Request&) {
                         if (++served == 1) go.wait();
                         return Response{200, {}, "hog"};
                       }}},
                 {"/livez",
                  {.respond =
                       [&](const Request&) {
                         last = served.load();
                         return Response{200, {}, "ok"};
                       }}}},
                {.listen = {{.host = "127.0.0.1"}, {.path = socket}}, .tls = pair.files()});
  const auto addresses = server.server->addresses();
  TlsClient hog(addresses[0]);
  REQUIRE(hog.connected());
  std::string pipeline;
  for (int i = 0; i < kPipelined; ++i) pipeline += "HEAD /hog HTTP/1.1\r\nHost: a\r\n\r\n";
  hog.send(pipeline);
  while (served == 0) std::this_thread::yield();
  std::vector<std::unique_ptr<Client>> fresh;
  for (int i = 0; i < 40; ++i) {
    REQUIRE(fresh.emplace_back(std::make_unique<Client>(addresses[1]))
                ->send("GET /livez HTTP/1.1\r\nHost: a\r\n\r\n"));
  }
  go.count_down();
  for (const auto& client : fresh) CHECK(client->read().status == 200);
  CHECK(last.load() < 200);
}

}  // namespace
}  // namespace skerry::http
