// The server alone, without the program around it.
//   http_bench upload GIGABYTES ROUNDS
//       GB/s of a body of that many GiB into a handler that drops it, and into the fastest reader of a socket
//       there is: recv(2) into one buffer. The same client, another process, sends to both. {"ours", "rival",
//       "ours_cpu", "rival_cpu"}: the latter in seconds of processor time for a GB, for the reader alone
//   http_bench idle CONNECTIONS
//       resident memory of a server with that many connections, each of which had a request answered and is
//       idle since. {"MB", "KB_each"}
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/http/exchange.hpp"
#include "native-host/http/server.hpp"

using namespace skerry;

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::uint64_t kGiB = std::uint64_t{1} << 30U;

[[noreturn]] void give_up(const char* what) {
  std::perror(what);
  std::exit(1);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// A child process that serves: it writes its port into the pipe, and ends when it is told to.
class Served {
 public:
  explicit Served(const std::function<void(int out)>& serve) {
    std::array<int, 2> out{};
    if (::pipe(out.data()) != 0) give_up("pipe");
    child_ = ::fork();
    if (child_ < 0) give_up("fork");
    if (child_ == 0) {
      serve(out[1]);
      ::_exit(0);
    }
    ::close(out[1]);
    if (::read(out[0], &port_, sizeof(port_)) != sizeof(port_)) give_up("the server's port");
    ::close(out[0]);
  }
  ~Served() {
    if (child_ > 0) end();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return child_; }
  /// Ends it; the seconds of processor time that it took.
  double end() {
    rusage used{};
    ::kill(child_, SIGKILL);
    ::wait4(std::exchange(child_, -1), nullptr, 0, &used);
    const auto seconds = [](const timeval& time) {
      return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
  }

 private:
  pid_t child_ = -1;
  std::uint16_t port_ = 0;
};

Task<void> drop(http::Exchange& exchange) {
  std::uint64_t size = 0;
  while (true) {
    const auto piece = co_await exchange.read();
    if (!piece) co_return;
    if (piece->empty()) break;
    size += piece->size();
  }
  std::ignore = co_await exchange.respond({200, {}, std::to_string(size)});
}

void serve_ours(int out) {
  const http::Handler sink{.serve = drop, .max_body_bytes = ~std::uint64_t{0}};
  const http::Handler hello{.respond = [](const Request&) { return Response{200, {}, "hello"}; }};
  auto server = http::Server::start(
      {.listen = {{.host = "127.0.0.1"}}, .max_connections = 100'000, .idle_timeout = std::chrono::hours(1)},
      [&](const Request& head) { return head.path() == "/sink" ? &sink : &hello; });
  if (!server) give_up("the server");
  const auto port = (*server)->addresses().at(0).port;
  if (::write(out, &port, sizeof(port)) < 0) give_up("write");
  while (true) ::pause();
}

void serve_rival(int out) {
  const int door = ::socket(AF_INET, SOCK_STREAM, 0);
  if (door < 0) give_up("socket");
  sockaddr_in name{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof(name);
  if (::bind(door, reinterpret_cast<sockaddr*>(&name), size) != 0 || ::listen(door, 16) != 0 ||
      ::getsockname(door, reinterpret_cast<sockaddr*>(&name), &size) != 0)
    give_up("listen");
  const std::uint16_t port = ntohs(name.sin_port);
  if (::write(out, &port, sizeof(port)) < 0) give_up("write");
  std::vector<char> buffer(std::size_t{256} * 1024);
  while (true) {
    const int fd = ::accept(door, nullptr, nullptr);
    if (fd < 0) give_up("accept");
    auto got = ::recv(fd, buffer.data(), buffer.size(), 0);
    const std::string_view head(buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    const auto end = head.find("\r\n\r\n");
    const auto at = head.find("Content-Length: ");
    if (end == std::string_view::npos || at == std::string_view::npos) give_up("the request's head");
    auto left = std::strtoull(head.data() + at + 16, nullptr, 10) - (head.size() - end - 4);
    while (left > 0) {
      got = ::recv(fd, buffer.data(), buffer.size(), 0);
      if (got <= 0) break;
      left -= static_cast<std::uint64_t>(got);
    }
    constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    if (::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) < 0) give_up("send");
    ::close(fd);
  }
}

int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in name{
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0)
    give_up("connect");
  return fd;
}

void send_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto count = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) give_up("send");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void await_answer(int fd) {
  std::array<char, 4096> answer{};
  const auto got = ::recv(fd, answer.data(), answer.size(), 0);
  if (got < 12 || !std::string_view(answer.data(), 12).ends_with(" 200")) give_up("the answer");
}

/// GB/s of one upload.
double upload(std::uint16_t port, std::uint64_t bytes) {
  static const std::string piece(std::size_t{1} << 20U, 'u');
  const int fd = connect_to(port);
  const auto start = Clock::now();
  send_all(fd, "POST /sink HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n");
  for (auto left = bytes; left > 0;) {
    const auto count = std::min<std::uint64_t>(left, piece.size());
    send_all(fd, std::string_view(piece).substr(0, count));
    left -= count;
  }
  await_answer(fd);
  const std::chrono::duration<double> took = Clock::now() - start;
  ::close(fd);
  return static_cast<double>(bytes) / took.count() / 1e9;
}

int measure_upload(double gibibytes, int rounds) {
  const auto bytes = static_cast<std::uint64_t>(gibibytes * static_cast<double>(kGiB));
  Served ours(serve_ours);
  Served rival(serve_rival);
  std::vector<double> of_ours;
  std::vector<double> of_rival;
  for (const auto* served : {&ours, &rival}) upload(served->port(), bytes / 8 + 1);  // warm
  for (int round = 0; round < rounds; ++round) {
    of_ours.push_back(upload(ours.port(), bytes));
    of_rival.push_back(upload(rival.port(), bytes));
  }
  const auto each = static_cast<double>(bytes) * (rounds + 0.125) / 1e9;
  std::printf("{\"ours\": %.4g, \"rival\": %.4g, \"ours_cpu\": %.4g, \"rival_cpu\": %.4g}\n", median(of_ours),
              median(of_rival), ours.end() / each, rival.end() / each);
  return 0;
}

double resident_megabytes(pid_t pid) {
  const auto path = "/proc/" + std::to_string(pid) + "/statm";
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "re"), &std::fclose);
  unsigned long all = 0;
  unsigned long resident = 0;
  if (!file || std::fscanf(file.get(), "%lu %lu", &all, &resident) != 2) give_up("statm");
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

int measure_idle(unsigned connections) {
  rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < connections + 100) give_up("RLIMIT_NOFILE");
  const Served ours(serve_ours);
  const auto before = resident_megabytes(ours.pid());
  for (unsigned i = 0; i < connections; ++i) {
    const int fd = connect_to(ours.port());
    send_all(fd, "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n");
    await_answer(fd);
  }
  const auto after = resident_megabytes(ours.pid());
  std::printf("{\"MB\": %.4g, \"KB_each\": %.4g}\n", after, (after - before) * 1e3 / connections);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> args(argv + 1, argv + argc);
  if (args.size() == 3 && args[0] == "upload") return measure_upload(std::atof(argv[2]), std::atoi(argv[3]));
  if (args.size() == 2 && args[0] == "idle") return measure_idle(static_cast<unsigned>(std::atoi(argv[2])));
  if (args.size() == 1 && args[0] == "serve") {
    const Served ours(serve_ours);
    std::printf("%u\n", ours.port());
    std::fflush(stdout);
    ::pause();
  }
  std::fprintf(stderr, "usage: http_bench upload GIGABYTES ROUNDS | idle CONNECTIONS | serve\n");
  return 2;
}
