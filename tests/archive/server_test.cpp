#include "tests/archive/server.hpp"

#include <array>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "shared/gzip.hpp"
#include "tests/archive/collectors.hpp"
#include "tests/archive/replica.hpp"

using namespace skerry;
using namespace skerry::archive;
using namespace std::string_literals;
using namespace std::chrono_literals;

namespace {

namespace asio = boost::asio;

/// The replica on a free port, in a thread of its own.
class Running {
 public:
  Running() : thread_([this] { server_.run(); }) {}
  ~Running() {
    server_.stop();
    thread_.join();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

  [[nodiscard]] std::string address() const { return server_.address(); }

 private:
  Replica replica_{parse_collectors(built_in_collectors()).value(),
                   SimClock::parse("2026-11-21T08:00:00Z", 0).value()};
  Server server_ = Server::listen("127.0.0.1:0", replica_).value();
  std::thread thread_;
};

struct Answer {
  int status = 0;
  Headers headers;
  std::string body;
  bool complete = false;  ///< the body is as long as the head says
};

/// One connection that says exactly what it is told to.
class Connection {
 public:
  explicit Connection(const std::string& address) {
    const auto colon = address.rfind(':');
    socket_.connect({asio::ip::make_address(address.substr(0, colon)),
                     static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))});
  }

  void send(const std::string& bytes) {
    boost::system::error_code error;
    asio::write(socket_, asio::buffer(bytes), error);
  }

  Answer receive(bool with_body = true) {
    boost::system::error_code error;
    const auto head_size = asio::read_until(socket_, asio::dynamic_buffer(received_), "\r\n\r\n", error);
    Answer answer;
    if (error) return answer;
    std::string_view head(received_.data(), head_size - 2);
    answer.status = std::stoi(std::string(head.substr(9, 3)));
    head.remove_prefix(head.find("\r\n") + 2);
    for (auto end = head.find("\r\n"); end != head.npos; end = head.find("\r\n")) {
      const auto line = head.substr(0, end);
      answer.headers.add(line.substr(0, line.find(':')), trim(line.substr(line.find(':') + 1)));
      head.remove_prefix(end + 2);
    }
    received_.erase(0, head_size);
    const auto length = std::stoul(std::string(answer.headers.get("Content-Length").value_or("0")));
    if (!with_body) return answer;
    if (received_.size() < length) {
      asio::read(socket_, asio::dynamic_buffer(received_), asio::transfer_exactly(length - received_.size()),
                 error);
    }
    answer.body = received_.substr(0, length);
    answer.complete = answer.body.size() == length;
    received_.erase(0, length);
    return answer;
  }

  Answer get(const std::string& target, const std::string& fields = "") {
    send("GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n");
    return receive();
  }

  /// True once the server has closed the connection.
  bool closed() {
    boost::system::error_code error;
    std::array<char, 1> byte{};
    return asio::read(socket_, asio::buffer(byte), error) == 0;
  }

 private:
  asio::io_context context_;
  asio::ip::tcp::socket socket_{context_};
  std::string received_;
};

const std::string kMonth = "/data.ris.ripe.net/rrc00/2026.11/";

}  // namespace

TEST_CASE("many requests on one connection") {
  Running server;
  Connection connection(server.address());
  const auto plain = connection.get(kMonth);
  CHECK(plain.status == 200);
  CHECK(plain.complete);
  CHECK(plain.body.starts_with("<html>"));
  CHECK(plain.body.ends_with("</html>\r\n"));

  const auto packed = connection.get(kMonth, "Accept-Encoding: gzip\r\n");
  CHECK(packed.headers.get("Content-Encoding") == "gzip");
  CHECK(gunzip(packed.body, 10 << 20) == plain.body);

  const std::string etag(plain.headers.get("ETag").value());
  const auto unchanged = connection.get(kMonth, "If-None-Match: " + etag + "\r\n");
  CHECK(unchanged.status == 304);
  CHECK(unchanged.body.empty());

  CHECK(connection.get("/nothing").status == 404);

  connection.send("HEAD " + kMonth + " HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto head = connection.receive(false);
  CHECK(head.status == 200);
  CHECK(head.headers.get("Content-Length") == std::to_string(plain.body.size()));

  const Collector rrc00{"rrc00", Project::riperis, "data.ris.ripe.net", "/rrc00"};
  const auto file =
      files_in_month(rrc00, std::chrono::year(2026) / 11, parse_rfc3339("2026-11-21T08:00:00Z").value())
          .back();
  connection.send("HEAD /rrc00" + file_path(Project::riperis, file) + " HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(connection.receive(false).headers.get("Content-Length") == std::to_string(file.size));
  CHECK(connection.get("/rrc00" + file_path(Project::riperis, file)).status == 501);

  // Pipelined, and the last one asks for the end.
  connection.send(
      "GET /rrc00/ HTTP/1.1\r\nHost: x\r\n\r\nGET /rrc01/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(connection.receive().status == 200);
  const auto last = connection.receive();
  CHECK(last.status == 200);
  CHECK(last.headers.get("Connection") == "close");
  CHECK(connection.closed());
}

TEST_CASE("hostile requests get an error, and the server goes on") {
  struct Case {
    std::string bytes;
    int status;
  };
  Running server;
  for (const auto& [bytes, status] : {
           Case{"GET /rrc00/../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET /rrc00/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET /rrc00/%00 HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET /rrc00/\0 HTTP/1.1\r\nHost: x\r\n\r\n"s, 400},
           Case{"GET /rrc00\xff/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET http://data.ris.ripe.net/rrc00/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET * HTTP/1.1\r\nHost: x\r\n\r\n", 404},
           Case{"GET /" + std::string(1 << 20, 'a') + " HTTP/1.1\r\nHost: x\r\n\r\n", 431},
           Case{"GET / HTTP/1.1\r\nX: " + std::string(1 << 20, 'a') + "\r\n\r\n", 431},
           Case{"PUT /_control/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 2000000000\r\n\r\n", 413},
           Case{"PUT /_control/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n" +
                    std::string(100000, '2'),
                413},
           Case{"PUT /_control/clock HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nsoon", 400},
           Case{"DELETE /rrc00/ HTTP/1.1\r\nHost: x\r\n\r\n", 405},
           Case{"nonsense\r\n\r\n", 400},
           Case{"\x16\x03\x01 a TLS hello\r\n\r\n", 400},
       }) {
    CAPTURE(bytes.substr(0, 80));
    Connection connection(server.address());
    connection.send(bytes);
    CHECK(connection.receive().status == status);
  }
  for (int i = 0; i < 50; ++i)
    Connection(server.address()).send("GET " + kMonth + " HTTP/1.1\r\n\r\n");  // and gone
  CHECK(Connection(server.address()).get("/rrc00/").status == 200);
}

TEST_CASE("a truncating fault cuts the body and the connection") {
  Running server;
  const std::string fault = R"({"prefix": "/data.ris.ripe.net/rrc00/", "truncate_at": 1000})";
  Connection control(server.address());
  control.send("PUT /_control/fault HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(fault.size()) +
               "\r\n\r\n" + fault);
  CHECK(control.receive().status == 204);

  Connection connection(server.address());
  const auto cut = connection.get(kMonth);
  CHECK(cut.status == 200);
  CHECK(cut.body.size() == 1000);
  CHECK(!cut.complete);
  CHECK(connection.closed());

  control.send("DELETE /_control/fault HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(control.receive().status == 204);
  CHECK(Connection(server.address()).get(kMonth).complete);
}

namespace {

/// All bytes that come until the connection ends, and whether it was reset.
struct Raw {
  std::string bytes;
  bool reset = false;
};

Raw read_all(const std::string& address, const std::string& request) {
  asio::io_context context;
  asio::ip::tcp::socket socket(context);
  const auto colon = address.rfind(':');
  socket.connect({asio::ip::make_address(address.substr(0, colon)),
                  static_cast<std::uint16_t>(std::stoi(address.substr(colon + 1)))});
  boost::system::error_code error;
  Raw raw;
  asio::write(socket, asio::buffer(request), error);
  if (!error) asio::read(socket, asio::dynamic_buffer(raw.bytes), error);
  raw.reset = error == asio::error::connection_reset || error == asio::error::broken_pipe;
  return raw;
}

void set_fault(const std::string& address, const std::string& fault) {
  Connection control(address);
  control.send("DELETE /_control/fault HTTP/1.1\r\nHost: x\r\n\r\n");
  REQUIRE(control.receive().status == 204);
  control.send("PUT /_control/fault HTTP/1.1\r\nHost: x\r\nContent-Length: " + std::to_string(fault.size()) +
               "\r\n\r\n" + fault);
  REQUIRE(control.receive().status == 204);
}

std::string body_of(const std::string& raw) {
  const auto end = raw.find("\r\n\r\n");
  return end == raw.npos ? "" : raw.substr(end + 4);
}

const std::string kGet = "GET " + kMonth + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("connections are reset where a fault says so") {
  Running server;
  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "reset_at": "request"})");
  auto raw = read_all(server.address(), kGet);
  CHECK(raw.reset);
  CHECK(raw.bytes.empty());
  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "reset_at": 0})");
  raw = read_all(server.address(), kGet);
  CHECK(raw.reset);
  CHECK(raw.bytes.ends_with("\r\n\r\n"));
  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "reset_at": 1000})");
  raw = read_all(server.address(), kGet);
  CHECK(raw.reset);
  CHECK(body_of(raw.bytes).size() == 1000);
  set_fault(server.address(), R"({"prefix": "/", "reset_at": "accept", "times": 2})");
  for (int i = 0; i < 2; ++i) {
    raw = read_all(server.address(), kGet);
    CHECK(raw.reset);
    CHECK(raw.bytes.empty());
  }
  CHECK(Connection(server.address()).get(kMonth).complete);
}

TEST_CASE("a body's end can be framed in three ways, whole and cut") {
  Running server;
  const auto whole = Connection(server.address()).get(kMonth).body;
  struct Case {
    std::string framing;
    bool cut;
  };
  for (const auto& [framing, cut] : {Case{"length", false},
                                     {"length", true},
                                     {"close", false},
                                     {"close", true},
                                     {"chunked", false},
                                     {"chunked", true}}) {
    CAPTURE(framing);
    CAPTURE(cut);
    set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "framing": ")" + framing + "\"" +
                                    (cut ? R"(, "truncate_at": 1000})" : "}"));
    const auto raw = read_all(server.address(), kGet);
    CHECK(!raw.reset);
    CHECK((raw.bytes.find("Content-Length: ") != raw.bytes.npos) == (framing == "length"));
    CHECK((raw.bytes.find("Transfer-Encoding: chunked") != raw.bytes.npos) == (framing == "chunked"));
    const auto body = body_of(raw.bytes);
    if (framing == "chunked") {
      CHECK(body.ends_with("0\r\n\r\n") == !cut);
      if (cut) CHECK(body == "3e8\r\n" + whole.substr(0, 1000) + "\r\n");
    } else {
      CHECK(body == whole.substr(0, cut ? 1000 : whole.size()));
    }
  }
  const auto raw =
      read_all(server.address(), "HEAD " + kMonth + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(body_of(raw.bytes).empty());
}

TEST_CASE("slow, late and silent answers hold up nobody else") {
  using Clock = std::chrono::steady_clock;
  Running server;
  const auto since = [](Clock::time_point begin) { return Clock::now() - begin; };
  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "stall_at": 500})");
  Connection silent(server.address());
  silent.send(kGet);
  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/", "stall_at": "request"})");
  Connection mute(server.address());
  mute.send(kGet);

  set_fault(server.address(), R"({"prefix": "/data.ris.ripe.net/rrc01/", "delay": 0.3})");
  auto begin = Clock::now();
  CHECK(Connection(server.address()).get("/data.ris.ripe.net/rrc01/").complete);
  CHECK(since(begin) >= 300ms);
  CHECK(since(begin) < 3s);

  const auto size = Connection(server.address()).get("/rrc01/").body.size();
  set_fault(server.address(),
            R"({"prefix": "/data.ris.ripe.net/rrc01/", "slow": )" + std::to_string(size * 2) + "}");
  begin = Clock::now();
  CHECK(Connection(server.address()).get("/data.ris.ripe.net/rrc01/").complete);
  CHECK(since(begin) >= 300ms);  // half a second, less one pause
  CHECK(since(begin) < 3s);
}

TEST_CASE("addresses to listen at") {
  Replica replica({}, SimClock::parse("now", 1).value());
  for (const auto* bad : {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:-1",
                          "localhost:80", ":80", "127.0.0.1:80 "}) {
    CAPTURE(bad);
    const auto server = Server::listen(bad, replica);
    REQUIRE(!server);
    CHECK(server.error().code == "address_invalid");
  }
  const auto first = Server::listen("127.0.0.1:0", replica);
  REQUIRE(first);
  const auto second = Server::listen(first->address(), replica);
  REQUIRE(!second);
  CHECK(second.error().code == "address_unavailable");
}

TEST_CASE("the end of a pipe ends the server") {
  std::array<int, 2> ends{};
  REQUIRE(::pipe2(ends.data(), O_CLOEXEC) == 0);
  Replica replica({}, SimClock::parse("now", 1).value());
  auto server = Server::listen("127.0.0.1:0", replica).value();
  server.stop_at_end_of(ends[0]);
  std::thread thread([&] { server.run(); });
  ::close(ends[1]);
  thread.join();  // would hang otherwise
  ::close(ends[0]);
}
