#include "native-host/http/server.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <latch>
#include <mutex>
#include <optional>
#include <thread>

#include <doctest/doctest.h>
#include <unistd.h>

#include "native-host/http/access_log.hpp"
#include "native-host/http/test_client.hpp"
#include "native-host/http/test_server.hpp"

namespace skerry::http {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using SteadyClock = std::chrono::steady_clock;

/// A server with handlers that tests need.
class TestServer {
 public:
  explicit TestServer(Options options = {}) {
    if (options.listen.empty()) options.listen = {{.host = "127.0.0.1"}};
    options.log = &log;
    auto started = Server::start(std::move(options), [this](const Request& head) { return route(head); });
    REQUIRE(started);
    server = std::move(*started);
  }

  ~TestServer() { server.reset(); }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] Address address() const { return server->addresses().at(0); }

  /// What waits for its answer, once there are `count` of them.
  std::vector<std::pair<const Request*, Later>> take_waiting(std::size_t count) {
    std::unique_lock lock(mutex_);
    arrived_.wait_for(lock, 10s, [&] { return waiting_.size() >= count; });
    return std::exchange(waiting_, {});
  }

  Lines log;
  std::string large = std::string(30 << 20, 'L');
  std::latch entered{1};
  std::latch leave{1};
  std::unique_ptr<Server> server;

 private:
  const Handler* route(const Request& head) {
    if (head.path() == "/echo") return &echo_;
    if (head.path() == "/large") return &large_;
    if (head.path() == "/throw") return &throw_;
    if (head.path() == "/forge") return &forge_;
    if (head.path() == "/wait") return &wait_;
    if (head.path() == "/later") return &later_;
    if (head.path() == "/threads") return &threads_;
    if (head.path() == "/soon") return &soon_;
    if (head.path() == "/never") return &never_;
    if (head.path() == "/throw-later") return &throw_later_;
    return nullptr;
  }
  static Response echo(const Request& request) { return {200, {}, request.target + "\n" + request.body}; }

  Handler echo_{.respond =
                    [](const Request& request) {
                      return Response{200,
                                      {{"x-method", request.method}, {"x-client", request.client}},
                                      request.target + "\n" + request.body};
                    },
                .max_body_bytes = 1 << 20};
  Handler large_{.respond = [this](const Request&) { return Response{200, {}, Body(large, nullptr)}; }};
  Handler throw_{.respond = [](const Request&) -> Response { throw std::runtime_error("no luck"); }};
  Handler forge_{.respond = [](const Request&) { return Response{200, {{"x", "a\r\nset-cookie: b"}}, "x"}; }};
  Handler wait_{.respond = [this](const Request&) {
    entered.count_down();
    leave.wait();
    return Response{200, {}, "done"};
  }};

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<std::pair<const Request*, Later>> waiting_;
  Handler later_{.respond_later =
                     [this](const Request& request, Later later) {
                       std::lock_guard lock(mutex_);
                       waiting_.emplace_back(&request, std::move(later));
                       arrived_.notify_all();
                     },
                 .max_waiting = 3};
  /// Goes to another thread and back to the worker's.
  Handler threads_{.respond_later = [this](const Request& request, Later later) {
    const auto here = std::this_thread::get_id();
    post([&request, here, later = std::move(later)]() mutable {
      auto worker = later.worker();
      worker([&request, here, later = std::move(later)]() mutable {
        later(here == std::this_thread::get_id() ? echo(request) : Response{500, {}, {}});
      });
    });
  }};
  Handler soon_{.respond_later = [](const Request& request, Later later) { later(echo(request)); }};
  Handler never_{.respond_later = [](const Request&, const Later&) {}};
  Handler throw_later_{
      .respond_later = [](const Request&, const Later&) { throw std::runtime_error("no luck"); }};

  void post(Work work) {
    std::lock_guard lock(pool_mutex_);
    pool_work_.push_back(std::move(work));
    pool_wake_.notify_one();
  }
  void work(const std::stop_token& stop) {
    std::unique_lock lock(pool_mutex_);
    while (pool_wake_.wait(lock, stop, [this] { return !pool_work_.empty(); })) {
      auto batch = std::exchange(pool_work_, {});
      lock.unlock();
      for (auto& one : batch) one();
      batch.clear();
      lock.lock();
    }
  }
  std::mutex pool_mutex_;
  std::condition_variable_any pool_wake_;
  std::vector<Work> pool_work_;
  std::vector<std::jthread> pool_;

 public:
  void start_threads(int count) {
    for (int i = 0; i < count; ++i) pool_.emplace_back([this](const std::stop_token& stop) { work(stop); });
  }
};

constexpr std::string_view kGet = "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kLater = "GET /later HTTP/1.1\r\nHost: a\r\n\r\n";

TEST_CASE("requests on one connection are answered in order, pipelined or not") {
  TestServer server;
  Client client(server.address());
  CHECK(client.ask("GET /echo?1 HTTP/1.1\r\nHost: a\r\n\r\n").body == "/echo?1\n");
  client.send(
      "GET /echo?2 HTTP/1.1\r\nHost: a\r\n\r\nPOST /echo?3 HTTP/1.1\r\nHost: a\r\nContent-Length: "
      "3\r\n\r\nabc"
      "GET /none HTTP/1.1\r\nHost: a\r\n\r\nGET /echo?4 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  CHECK(client.read().body == "/echo?2\n");
  CHECK(client.read().body == "/echo?3\nabc");
  auto missing = client.read();
  CHECK(missing.status == 404);
  CHECK(missing.body.find("\"code\":\"not_found\"") != std::string::npos);
  auto last = client.read();
  CHECK(last.body == "/echo?4\n");
  CHECK(last.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(last.head.find("x-client: 127.0.0.1\r\n") != std::string::npos);
  CHECK(client.closed());
}

TEST_CASE("a thousand pipelined requests get a thousand answers") {
  TestServer server;
  Client client(server.address());
  std::string all;
  for (int i = 0; i < 1000; ++i) all += "GET /echo?" + std::to_string(i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
  std::thread sender([&] { client.send(all); });
  for (int i = 0; i < 1000; ++i) CHECK(client.read().body == "/echo?" + std::to_string(i) + "\n");
  sender.join();
}

TEST_CASE("HEAD and HTTP/1.0") {
  TestServer server;
  Client client(server.address());
  client.send("HEAD /large HTTP/1.1\r\nHost: a\r\n\r\n");
  auto head = client.read(true);
  CHECK(head.status == 200);
  CHECK(head.head.find("Content-Length: 31457280\r\n") != std::string::npos);
  CHECK(client.ask("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").body == "/echo\n");
  auto last = client.ask("GET /echo HTTP/1.0\r\n\r\n");
  CHECK(last.head.find("Connection: close\r\n") != std::string::npos);
  CHECK(client.closed());
}

TEST_CASE("a chunked body, and one after 100 Continue") {
  TestServer server;
  Client client(server.address());
  CHECK(client.ask("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
            .body == "/echo\nabc");
  client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  CHECK(client.read().status == 100);
  CHECK(client.ask("xyz").body == "/echo\nxyz");
  // A body that is too large is refused instead.
  CHECK(client.ask("PUT /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2000000\r\n\r\n")
            .status == 413);
  CHECK(client.closed());
  // So is one that nobody wants.
  Client lost(server.address());
  CHECK(
      lost.ask("PUT /none HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n").status ==
      404);
  CHECK(lost.closed());
}

TEST_CASE("a large response reaches a reader that takes its time") {
  TestServer server;
  Client client(server.address());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  // More is under way than all buffers hold; the worker serves others meanwhile.
  CHECK(Client(server.address()).ask(kGet).status == 200);
  CHECK(client.take(server.large.size()) == server.large);
  CHECK(client.ask(kGet).status == 200);
}

TEST_CASE("hostile streams get their status, then the end") {
  struct Case {
    std::string what;
    std::string head;
    int status;
  };
  TestServer server;
  for (const auto& [what, head, status] : std::vector<Case>{
           {"a header block of a megabyte",
            "GET /echo HTTP/1.1\r\nHost: a\r\nX: " + std::string(1 << 20, 'x'), 431},
           {"a target of 40,000 bytes", "GET /" + std::string(40'000, 'x') + " HTTP/1.1\r\n", 414},
           {"a body of 2 GB", "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2147483648\r\n\r\n", 413},
           {"chunks without end", "PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n", 413},
           {"two lengths", "PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
            400},
           {"TLS", "\x16\x03\x01", 400},
       }) {
    CAPTURE(what);
    Client client(server.address());
    REQUIRE(client.send(head));
    // It goes on sending, as a client does that doesn't look; the answer must reach it all the same.
    const std::string more = "10000\r\n" + std::string(65536, 'x') + "\r\n";
    for (int i = 0; i < 40; ++i) client.send(more);
    auto answer = client.read();
    CHECK(answer.status == status);
    CHECK(answer.head.find("Connection: close\r\n") != std::string::npos);
    CHECK(answer.head.find("Content-Type: application/json\r\n") != std::string::npos);
    CHECK(answer.body.starts_with("{\"error\":"));
  }
  CHECK(Client(server.address()).ask(kGet).status == 200);
}

TEST_CASE("a handler that fails gives 500 and a line in the log") {
  TestServer server;
  Client client(server.address());
  CHECK(client.ask("GET /throw HTTP/1.1\r\nHost: a\r\n\r\n").status == 500);
  CHECK(client.ask("GET /forge HTTP/1.1\r\nHost: a\r\n\r\n").status == 500);
  CHECK(client.ask(kGet).status == 200);
  auto lines = server.log.take();
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].find("no luck") != std::string::npos);
}

TEST_CASE("slow clients are cut off") {
  TestServer server({.idle_timeout = 200ms, .request_timeout = 200ms});
  SUBCASE("an idle connection closes without a word") {
    Client client(server.address());
    CHECK(client.ask(kGet).status == 200);
    CHECK(client.closed());
  }
  SUBCASE("half a head gets 408") {
    Client client(server.address());
    client.send("GET /echo HTTP/1.1\r\nHost:");
    CHECK(client.read().status == 408);
    CHECK(client.closed());
  }
  SUBCASE("a head that trickles gets 408") {
    Client client(server.address());
    const auto head = "GET /echo HTTP/1.1\r\nHost: a\r\nX: " + std::string(1000, 'x');
    for (const char byte : head) {
      if (client.hears(20ms)) break;
      client.send({&byte, 1});
    }
    CHECK(client.hears(0ms));
    CHECK(client.read().status == 408);
  }
  SUBCASE("a body that stalls gets 408") {
    Client client(server.address());
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
    CHECK(client.read().status == 408);
  }
  SUBCASE("a body that trickles gets 408") {
    Client client(server.address());
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n");
    for (int i = 0; i < 1000 && !client.hears(10ms); ++i) client.send("x");
    CHECK(client.read().status == 408);  // all of it would be 200
  }
  SUBCASE("a body that came fast and trickles then gets 408") {
    Client client(server.address());
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n" +
                std::string(999'000, 'x'));
    for (int i = 0; i < 500 && !client.hears(20ms); ++i) client.send("x");
    CHECK(client.hears(0ms));
    CHECK(client.read().status == 408);
  }
  SUBCASE("a chunked body that came fast and trickles then gets 408") {
    Client client(server.address());
    client.send("PUT /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n80000\r\n" +
                std::string(0x80000, 'x') + "\r\n");
    for (int i = 0; i < 200 && !client.hears(50ms); ++i) client.send("1\r\nx\r\n");
    CHECK(client.hears(0ms));
    CHECK(client.read().status == 408);
  }
  SUBCASE("who doesn't read the response") {
    Client client(server.address());
    client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
    // The client would only hear of it by reading.
    auto until = SteadyClock::now() + 30s;
    while (server.server->open_connections() > 0 && SteadyClock::now() < until)
      std::this_thread::sleep_for(20ms);
    CHECK(server.server->open_connections() == 0);
  }
}

TEST_CASE("beyond the limit of connections there is 503") {
  TestServer server({.max_connections = 2});
  Client first(server.address());
  Client second(server.address());
  first.send(kLater);
  second.send(kLater);
  auto waiting = server.take_waiting(2);
  {
    Client third(server.address());
    auto answer = third.ask(kGet);
    CHECK(answer.status == 503);
    CHECK(answer.head.find("Retry-After: 1\r\n") != std::string::npos);
    CHECK(third.closed());
  }
  for (auto& [request, later] : waiting) later({200, {}, "done"});
  CHECK(first.read().body == "done");
  CHECK(first.ask(kGet).status == 200);
}

TEST_CASE("at the limit nobody leaves for a peer that has too many already") {
  TestServer server({.max_connections = 2, .per_peer = {.connections = 2}});
  Client first(server.address());
  Client second(server.address());
  CHECK(first.ask(kGet).status == 200);
  CHECK(second.ask(kGet).status == 200);
  {
    Client third(server.address());
    CHECK(third.read().status == 503);
  }
  CHECK(first.ask(kGet).status == 200);
  CHECK(second.ask(kGet).status == 200);
}

TEST_CASE("at the limit who has been idle longest makes room, and who is served does not") {
  TestServer server({.max_connections = 20, .idle_timeout = 1h, .request_timeout = 1h});
  Client busy(server.address());
  busy.send(kLater);
  auto waiting = server.take_waiting(1);
  std::vector<std::unique_ptr<Client>> idle;
  for (int i = 0; i < 200; ++i) {
    CAPTURE(i);
    auto& client = *idle.emplace_back(std::make_unique<Client>(server.address()));
    REQUIRE(client.ask(kGet).status == 200);
    // The one before is younger than those that had to go.
    if (i > 0) CHECK(idle[static_cast<std::size_t>(i) - 1]->ask(kGet).status == 200);
  }
  for (std::size_t i = 0; i < 170; ++i) CHECK(idle[i]->closed());
  waiting[0].second({200, {}, "done"});
  CHECK(busy.read().body == "done");
}

TEST_CASE("at the limit who comes to a worker that has none to spare gets the place of another's") {
  TestServer server({.workers = 2, .max_connections = 2, .idle_timeout = 1h, .request_timeout = 1h});
  // They come to the workers in turns.
  Client busy(server.address());
  busy.send(kLater);
  auto waiting = server.take_waiting(1);
  Client idle(server.address());
  REQUIRE(idle.ask(kGet).status == 200);
  Client third(server.address());
  CHECK(third.ask(kGet).status == 200);
  CHECK(idle.closed());
  CHECK(third.ask(kGet).status == 200);
  waiting[0].second({200, {}, "done"});
  CHECK(busy.read().body == "done");
}

TEST_CASE("one peer has its part of the connections and requests, another its own") {
  TestServer server(
      {.listen = {{.host = "127.0.0.1"}, {.path = "/tmp/skerry-peers-" + std::to_string(::getpid())}},
       .per_peer = {.connections = 2}});
  Client first(server.address());
  Client second(server.address());
  CHECK(first.ask(kGet).status == 200);
  CHECK(second.ask(kGet).status == 200);
  {
    Client third(server.address());
    const auto answer = third.read();
    CHECK(answer.status == 429);
    CHECK(answer.head.contains("Retry-After: 1\r\n"));
    CHECK(answer.body.contains("too_many_connections"));
    CHECK(third.closed());
  }
  Client other(server.server->addresses()[1]);
  CHECK(other.ask(kGet).status == 200);
  first.close();
  for (int status = 0; status != 200;) {
    Client again(server.address());
    status = again.ask(kGet).status;
    REQUIRE((status == 200 || status == 429));
  }
}

TEST_CASE("beyond its rate a peer's requests are refused, and it may come back") {
  TestServer server({.per_peer = {.requests = 1}});
  Client client(server.address());
  int answered = 0;
  Client::Answer refused;
  for (int i = 0; i < 100'000 && refused.status == 0; ++i) {
    const auto answer = client.ask(kGet);
    if (answer.status == 200) ++answered;
    if (answer.status != 200) refused = answer;
  }
  CHECK(answered >= 2);
  CHECK(refused.status == 429);
  CHECK(refused.body.contains("too_many_requests"));
  CHECK(refused.head.contains("Retry-After: 1\r\n"));
  for (int status = 0; status != 200;) {
    Client again(server.address());
    status = again.ask(kGet).status;
    REQUIRE((status == 200 || status == 429));
  }
}

TEST_CASE("whom a proxy names has a rate of its own") {
  TestServer server({.per_peer = {.requests = 1, .unlimited = {*Prefix::parse("127.0.0.1")}},
                     .named_client = [](const Request& head) {
                       return skerry::Address::parse(head.headers.get("X-Real-IP").value_or(""));
                     }});
  const auto ask = [&](const std::string& client) {
    Client proxy(server.address());
    return proxy.ask("GET /echo HTTP/1.1\r\nHost: x\r\nX-Real-IP: " + client + "\r\n\r\n");
  };
  Client::Answer refused;
  for (int i = 0; i < 100'000 && refused.status == 0; ++i) {
    const auto answer = ask("192.0.2.1");
    if (answer.status != 200) refused = answer;
  }
  CHECK(refused.status == 429);
  CHECK(refused.body.contains("too_many_requests"));
  CHECK(ask("192.0.2.2").status == 200);
  for (int i = 0; i < 10; ++i) CHECK(ask("nobody").status == 200);
}

TEST_CASE("many clients on several workers") {
  TestServer server({.workers = 3});
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(9);
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      for (int c = 0; c < 10; ++c) {
        Client client(server.address());
        for (int i = 0; i < 20; ++i) {
          auto mark = std::to_string((t * 1000) + i);
          std::string request = "POST /echo?" + mark;
          request.append(" HTTP/1.1\r\nHost: a\r\nContent-Length: ").append(std::to_string(mark.size()));
          request.append("\r\n\r\n").append(mark);
          auto expected = "/echo?" + mark;
          expected.append("\n").append(mark);
          good += client.ask(request).body == expected;
        }
      }
    });
  // Others come and go in the middle of things.
  threads.emplace_back([&] {
    for (int i = 0; i < 100; ++i) {
      Client client(server.address());
      client.send(
          std::string_view("PUT /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc").substr(0, i));
    }
  });
  for (auto& thread : threads) thread.join();
  CHECK(good == 1600);
}

TEST_CASE("a graceful stop lets running requests end") {
  TestServer server({.workers = 2});
  auto address = server.address();
  Client idle(address);
  CHECK(idle.ask(kGet).status == 200);
  Client busy(address);
  busy.send("GET /wait HTTP/1.1\r\nHost: a\r\n\r\n");
  server.entered.wait();
  std::thread stopper([&] { server.server->stop(1h); });
  CHECK(idle.closed());  // its worker is the other one
  server.leave.count_down();
  auto answer = busy.read();
  CHECK(answer.body == "done");
  CHECK(busy.closed());
  stopper.join();
  CHECK(!Client(address).connected());
  server.server->stop(1s);
}

TEST_CASE("the deadline of a stop closes what is left") {
  TestServer server({.idle_timeout = 1h, .request_timeout = 1h});
  Client half(server.address());
  CHECK(half.ask(std::string(kGet) + "GET /echo HT").status == 200);
  Client client(server.address());
  client.send("GET /large HTTP/1.1\r\nHost: a\r\n\r\n");
  CHECK(client.until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
  server.server->stop(50ms);  // would take an hour otherwise
  CHECK(half.closed());
  CHECK(client.rest().size() < server.large.size());
}

TEST_CASE("the access log has a line for each request") {
  std::mutex mutex;
  std::string log;
  Options options;
  options.access_log = [&](std::string&& lines) {
    std::lock_guard lock(mutex);
    log += lines;
  };
  options.access_line = [](std::string& out, const Request& request, AccessEntry entry) {
    const auto client = "from " + request.client;
    if (!request.client.empty()) entry.client = client;
    append_access_line(out, entry);
  };
  TestServer server(options);
  {
    Client client(server.address());
    client.ask("GET /echo?\"\xff HTTP/1.1\r\nHost: a\r\nUser-Agent: \"quoted\"\r\n\r\n");
    client.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
    Client(server.address()).ask("BAD\r\n\r\n");
  }
  server.server->stop(1s);
  std::lock_guard lock(mutex);
  CHECK(std::ranges::count(log, '\n') == 3);
  CHECK(log.find(R"("client":"from 127.0.0.1","method":"GET","target":"/none")") != std::string::npos);
  // What was refused for its head names its peer all the same.
  CHECK(log.find(R"("client":"127.0.0.1","method":"","target":"","status":400)") != std::string::npos);
  CHECK(log.find("\"status\":400") != std::string::npos);
  CHECK(log.find("\"target\":\"/none\",\"status\":404") != std::string::npos);
}

TEST_CASE("a Unix socket serves too") {
  Address address{.path = "/tmp/skerry-server-" + std::to_string(::getpid()) + ".sock"};
  TestServer server({.listen = {address, {.host = "127.0.0.1"}}});
  CHECK(Client(address).ask(kGet).head.find("x-client: unix\r\n") != std::string::npos);
  CHECK(Client(server.server->addresses().at(1)).ask(kGet).status == 200);
}

TEST_CASE("an answer may come later, from any thread, and the order stays") {
  TestServer server;
  Client client(server.address());
  client.send(
      "POST /later?1 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"
      "GET /soon?2 HTTP/1.1\r\nHost: a\r\n\r\n"
      "GET /later?3 HTTP/1.1\r\nHost: a\r\n\r\n");
  Client other(server.address());
  auto first = server.take_waiting(1);
  REQUIRE(first.size() == 1);
  // The worker serves others meanwhile.
  CHECK(other.ask(kGet).status == 200);
  CHECK(other.ask("GET /soon HTTP/1.1\r\nHost: a\r\n\r\n").body == "/soon\n");
  first[0].second({200, {}, first[0].first->target + first[0].first->body});
  CHECK(client.read().body == "/later?1abc");
  CHECK(client.read().body == "/soon?2\n");
  auto second = server.take_waiting(1);
  REQUIRE(second.size() == 1);
  CHECK(second[0].first->target == "/later?3");
  second[0].second({200, {{"Connection", "close"}}, "end"});
  CHECK(client.read().body == "end");
  CHECK(client.closed());
}

TEST_CASE("bodies in memory have a bound together, and small ones pass it by") {
  TestServer server({.max_memory = 100'000});
  const auto post = [](std::size_t size) {
    return "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  Client first(server.address());
  REQUIRE(first.send(post(60'000)));
  auto waiting = server.take_waiting(1);
  REQUIRE(waiting.size() == 1);
  {
    Client second(server.address());
    REQUIRE(second.send(post(90'000)));
    const auto refused = second.read();
    CHECK(refused.status == 503);
    CHECK(refused.body.contains("too_many_bodies"));
    CHECK(refused.head.contains("Retry-After: 1"));
    CHECK(second.closed());
  }
  Client small(server.address());
  REQUIRE(small.send(post(8000)));
  auto little = server.take_waiting(1);
  REQUIRE(little.size() == 1);
  little[0].second({200, {}, "small"});
  CHECK(small.read().body == "small");
  waiting[0].second({200, {}, "first"});
  CHECK(first.read().body == "first");
  // A body whose length is known takes no more room than that.
  {
    Client exact(server.address());
    REQUIRE(exact.send(post(39'000)));
    auto third = server.take_waiting(1);
    REQUIRE(third.size() == 1);
    third[0].second({200, {}, "exact"});
    CHECK(exact.read().body == "exact");
  }
  // The next request of the connection finds its room given back.
  REQUIRE(first.send(post(60'000)));
  waiting = server.take_waiting(1);
  REQUIRE(waiting.size() == 1);
  waiting[0].second({200, {}, "again"});
  CHECK(first.read().body == "again");
}

TEST_CASE("beyond its share of the memory a client is refused, and the others are not") {
  struct Case {
    std::string name;
    Options options;
    std::string field;   // of who has too much
    std::string others;  // of somebody else who comes the same way; empty: there is none
  };
  const auto named = [](const Request& head) {
    return skerry::Address::parse(head.headers.get("X-Real-IP").value_or(""));
  };
  for (const auto& each :
       std::vector<Case>{{"by its address", {.per_peer = {.memory = 200'000}}, "", ""},
                         {"by its name",
                          {.per_peer = {.memory = 200'000, .unlimited = {*Prefix::parse("127.0.0.1")}},
                           .named_client = named},
                          "X-Real-IP: 192.0.2.1\r\n",
                          "X-Real-IP: 192.0.2.2\r\n"}}) {
    CAPTURE(each.name);
    auto options = each.options;
    options.listen = {{.host = "127.0.0.1"}, {.path = "/tmp/skerry-share-" + std::to_string(::getpid())}};
    options.max_memory = 1'000'000;
    options.request_timeout = 1h;
    TestServer server(std::move(options));
    const auto post = [](std::size_t size, const std::string& field) {
      return "POST /later HTTP/1.1\r\nHost: a\r\n" + field + "Content-Length: " + std::to_string(size) +
             "\r\n\r\n" + std::string(size, 'x');
    };
    const auto served = [&](Client& client, const std::string& request) {
      REQUIRE(client.send(request));
      auto answers = server.take_waiting(1);
      REQUIRE(answers.size() == 1);
      answers[0].second({200, {}, "served"});
      CHECK(client.read().body == "served");
    };
    Client first(server.address());
    // Alone, it may have a body that is larger than the share.
    served(first, post(600'000, each.field));
    Client second(server.address());
    REQUIRE(first.send(post(50'000, each.field)));
    REQUIRE(second.send(post(50'000, each.field)));
    auto waiting = server.take_waiting(2);
    REQUIRE(waiting.size() == 2);
    const auto refused = [&](const std::string& request, std::string_view code) {
      Client third(server.address());
      third.send(request);
      const auto answer = third.read();
      CHECK(answer.status == 429);
      CHECK(answer.body.contains(code));
      CHECK(answer.head.contains("Retry-After: 1\r\n"));
      CHECK(third.closed());
    };
    refused(post(110'000, each.field), "too_many_bodies");
    refused(
        "GET /echo HTTP/1.1\r\nHost: a\r\n" + each.field + "X-Long: " + std::string(60'000, 'x') + "\r\n\r\n",
        "too_many_heads");
    Client small(server.address());
    served(small, post(8000, each.field));
    Client unlimited(server.server->addresses()[1]);
    served(unlimited, post(400'000, ""));
    if (!each.others.empty()) {
      Client proxy(server.address());
      served(proxy, post(200'000, each.others));
      // The next request of the connection is another's.
      served(proxy, post(200'000, "X-Real-IP: 192.0.2.3\r\n"));
      served(proxy, post(400'000, ""));
    }
    for (auto& [request, later] : waiting) later({200, {}, "late"});
    CHECK(first.read().body == "late");
    CHECK(second.read().body == "late");
  }
}

TEST_CASE("heads count as well, and who goes makes room") {
  TestServer server({.max_memory = 300'000, .request_timeout = 1h});
  const std::string half = "GET /echo HTTP/1.1\r\nHost: a\r\nX-Long: " + std::string(40'000, 'x');
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<pollfd> answers;
  // Each needs a buffer of 64 KiB: the one that comes to it last has no room, and is told at once.
  for (int i = 0; i < 5; ++i) {
    auto& client = *clients.emplace_back(std::make_unique<Client>(server.address()));
    REQUIRE(client.send(half));
    answers.push_back({.fd = client.fd(), .events = POLLIN, .revents = 0});
  }
  REQUIRE(::poll(answers.data(), answers.size(), 60'000) == 1);
  const auto last = std::ranges::find_if(answers, [](const pollfd& each) { return each.revents != 0; });
  const auto refused = clients[static_cast<std::size_t>(last - answers.begin())]->read();
  CHECK(refused.status == 503);
  CHECK(refused.body.contains("too_many_heads"));
  CHECK(refused.head.contains("Retry-After: 1\r\n"));
  {
    Client small(server.address());
    CHECK(small.ask(kGet).status == 200);
  }
  clients.clear();
  for (int status = 0; status != 200;) {
    Client again(server.address());
    status = again.ask(half + "\r\n\r\n").status;
    REQUIRE((status == 200 || status == 503));
  }
}

TEST_CASE("a body that was refused makes room at once, whatever its client does then") {
  TestServer server({.max_memory = 2'000'000});
  const auto post = [](std::size_t size) {
    return "POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  Client first(server.address());
  Client second(server.address());
  REQUIRE(first.send(post(500'000)));
  REQUIRE(second.send(post(500'000)));
  auto waiting = server.take_waiting(2);
  REQUIRE(waiting.size() == 2);
  std::vector<std::unique_ptr<Client>> refused;
  for (int i = 0; i < 3; ++i) {
    auto& client = *refused.emplace_back(std::make_unique<Client>(server.address()));
    client.send(post(1'020'000));
    CHECK(client.read().status == 503);
  }
  Client next(server.address());
  REQUIRE(next.send(post(150'000)));
  auto more = server.take_waiting(1);
  REQUIRE(more.size() == 1);
  more[0].second({200, {}, "next"});
  CHECK(next.read().body == "next");
}

TEST_CASE("a body that a handler takes whole counts as well") {
  std::atomic<int> entered = 0;
  Routed server({{"/all", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const auto all = co_await exchange.read_all(800'000);
                    if (!all) co_return;
                    ++entered;
                    const auto never = exchange.make_signal();
                    if (all->size() < 600'000) co_await exchange.wait(*never, {}, Exchange::Until::stopping);
                    co_await exchange.respond({200, {}, std::to_string(all->size())});
                  }}}},
                {.max_memory = 1'000'000});
  const auto post = [](std::size_t size) {
    return "POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n" +
           std::string(size, 'x');
  };
  {
    Client alone(server.address());
    CHECK(alone.ask(post(650'000)).body == "650000");
    CHECK(alone.ask(post(650'000)).body == "650000");
  }
  Client first(server.address());
  REQUIRE(first.send(post(500'000)));
  while (entered < 3) std::this_thread::yield();
  Client second(server.address());
  const auto refused = second.ask(post(650'000));
  CHECK(refused.status == 503);
  CHECK(refused.body.contains("too_many_bodies"));
  CHECK(refused.head.contains("Retry-After: 1"));
}

TEST_CASE("a handler's whole body is a part of its client's share") {
  Found<ErrorKind> failed;
  Found<int> entered;
  Routed server({{"/all", {.serve = [&](Exchange& exchange) -> Task<void> {
                    const auto all = co_await exchange.read_all(800'000);
                    if (!all) failed.put(all.error().kind);
                    if (!all) co_return;
                    entered.put(1);
                    const auto never = exchange.make_signal();
                    co_await exchange.wait(*never, {}, Exchange::Until::stopping);
                    co_await exchange.respond({200, {}, "late"});
                  }}}},
                {.per_peer = {.memory = 250'000}, .max_memory = 1'000'000});
  const std::string post =
      "POST /all HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n" + std::string(200'000, 'x');
  Client first(server.address());
  REQUIRE(first.send(post));
  REQUIRE(entered.get());
  Client second(server.address());
  second.send(post);
  const auto refused = second.read();
  CHECK(refused.status == 429);
  CHECK(refused.body.contains("too_many_bodies"));
  CHECK(refused.head.contains("Retry-After: 1\r\n"));
  CHECK(failed.get() == ErrorKind::busy);
}

TEST_CASE("a Later that gives no answer, or one that can't be sent, is 500") {
  TestServer server;
  Client client(server.address());
  CHECK(client.ask("GET /never HTTP/1.1\r\nHost: a\r\n\r\n").status == 500);
  CHECK(client.ask("GET /throw-later HTTP/1.1\r\nHost: a\r\n\r\n").status == 500);
  client.send(kLater);
  server.take_waiting(1).clear();
  CHECK(client.read().status == 500);
  client.send(kLater);
  server.take_waiting(1).at(0).second({200, {{"x", "a\r\nset-cookie: b"}}, "x"});
  CHECK(client.read().status == 500);
  CHECK(client.ask(kGet).status == 200);
  CHECK(server.log.take().size() == 5);
}

TEST_CASE("a client may go away before its answer comes") {
  TestServer server;
  Client client(server.address());
  client.send("POST /later HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc");
  auto waiting = server.take_waiting(1);
  REQUIRE(waiting.size() == 1);
  client.close();
  CHECK(Client(server.address()).ask(kGet).status == 200);
  CHECK(waiting[0].first->body == "abc");
  waiting[0].second({200, {}, std::string(1 << 20, 'x')});
  CHECK(Client(server.address()).ask(kGet).status == 200);
}

TEST_CASE("so many requests wait, and no more") {
  TestServer server;
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<Client>(server.address()));
    clients.back()->send(kLater);
  }
  auto waiting = server.take_waiting(3);
  REQUIRE(waiting.size() == 3);
  Client more(server.address());
  const auto refused = more.ask(kLater);
  CHECK(refused.status == 503);
  CHECK(refused.head.find("Retry-After: 1\r\n") != std::string::npos);
  CHECK(refused.body.find("too_many_waiting") != std::string::npos);
  CHECK(more.ask(kGet).status == 200);
  waiting.pop_back();
  CHECK(clients[2]->read().status == 500);
  more.send(kLater);
  CHECK(server.take_waiting(1).size() == 1);
}

TEST_CASE("a stop waits for answers") {
  TestServer server({.workers = 2});
  Client idle(server.address());
  CHECK(idle.ask(kGet).status == 200);
  Client one(server.address());
  one.send(kLater);
  Client two(server.address());
  two.send(kLater);
  auto waiting = server.take_waiting(2);
  REQUIRE(waiting.size() == 2);
  std::thread stopper([&] { server.server->stop(1h); });
  CHECK(idle.closed());
  for (auto& [request, later] : waiting) later({200, {}, "in time"});
  stopper.join();
  CHECK(one.read().body == "in time");
  CHECK(two.read().body == "in time");
}

TEST_CASE("a stop does not wait longer than its grace") {
  TestServer server({.workers = 2});
  Client client(server.address());
  client.send(kLater);
  auto waiting = server.take_waiting(1);
  REQUIRE(waiting.size() == 1);
  server.server->stop(50ms);  // would never end otherwise
  CHECK(client.closed());
  auto worker = waiting[0].second.worker();
  server.server.reset();
  CHECK(waiting[0].first->target == "/later");
  waiting[0].second({200, {}, "too late"});
  bool ran = false;
  worker([&] { ran = true; });
  CHECK(!ran);
}

TEST_CASE("many answers from many threads") {
  TestServer server({.workers = 2});
  server.start_threads(3);
  std::atomic<int> good = 0;
  std::vector<std::thread> threads;
  threads.reserve(9);
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, t] {
      Client client(server.address());
      std::string all;
      for (int i = 0; i < 200; ++i)
        all += "GET /threads?" + std::to_string((t * 1000) + i) + " HTTP/1.1\r\nHost: a\r\n\r\n";
      client.send(all);
      for (int i = 0; i < 200; ++i)
        good += client.read().body == "/threads?" + std::to_string((t * 1000) + i) + "\n";
    });
  threads.emplace_back([&] {
    for (int i = 0; i < 100; ++i) Client(server.address()).send("GET /threads HTTP/1.1\r\nHost: a\r\n\r\n");
  });
  for (auto& thread : threads) thread.join();
  CHECK(good == 1600);
  // It stops with answers under way.
  Client last(server.address());
  for (int i = 0; i < 100; ++i) last.send("GET /threads HTTP/1.1\r\nHost: a\r\n\r\n");
  server.server->stop(0ms);
}

TEST_CASE("each answer is observed") {
  std::mutex mutex;
  std::vector<int> of_handler;
  std::vector<int> of_none;
  const auto into = [&](std::vector<int>& list) {
    return [&](int status, std::chrono::nanoseconds time) {
      std::lock_guard lock(mutex);
      CHECK(time > 0ns);
      CHECK(time < 5s);
      list.push_back(status);
    };
  };
  const Handler handler{.respond = [](const Request&) { return Response{204, {}, {}}; },
                        .observe = into(of_handler)};
  auto server = Server::start({.listen = {{.host = "127.0.0.1"}}, .observe = into(of_none)},
                              [&](const Request& head) { return head.path() == "/" ? &handler : nullptr; });
  REQUIRE(server);
  Client client((*server)->addresses().at(0));
  client.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  client.ask("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  Client another((*server)->addresses().at(0));
  another.ask("GET /none HTTP/1.1\r\nHost: a\r\n\r\n");
  another.ask("BAD\r\n\r\n");
  (*server)->stop(1s);
  CHECK(of_handler == std::vector{204, 413});
  CHECK(of_none == std::vector{404, 400});
}

TEST_CASE("a held port is an error") {
  TestServer server;
  auto second = Server::start({.listen = {server.address()}}, [](const Request&) { return nullptr; });
  REQUIRE(!second);
  CHECK(second.error().code == "address_in_use");
}

}  // namespace
}  // namespace skerry::http
