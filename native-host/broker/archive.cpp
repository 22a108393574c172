#include "native-host/broker/archive.hpp"

#include <algorithm>
#include <csignal>
#include <utility>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "native-host/broker/fetch.hpp"
#include "native-host/http/listener.hpp"

namespace skerry::broker {
namespace {

/// The replica's usual place, so that the URLs in a view stay good over a restart.
constexpr std::uint16_t kReplicaPort = 8082;
constexpr std::string_view kGreeting = "listening ";

std::filesystem::path replica_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "archive-replica";
}

std::string replica_address() {
  const auto usual = http::Listener::open({.host = "127.0.0.1", .port = kReplicaPort});
  return "127.0.0.1:" + std::to_string(usual ? kReplicaPort : 0);
}

/// The first line that comes out of a pipe, without its end; empty if there is none.
std::string first_line(int descriptor) {
  std::string line;
  for (char c = 0; read(descriptor, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

std::string_view host_of(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  return url.substr(begin + 3, url.find('/', begin + 3) - begin - 3);
}

}  // namespace

std::vector<std::string> probe_urls(std::span<const Collector> collectors) {
  std::vector<std::string> urls;
  for (const auto& collector : collectors) {
    const auto same_host = [&](const std::string& url) { return host_of(url) == host_of(collector.url); };
    if (std::ranges::none_of(urls, same_host)) urls.push_back(collector.url + '/');
  }
  return urls;
}

bool archives_answer(std::span<const Collector> collectors, std::chrono::milliseconds timeout) {
  Fetcher fetcher({.connect_timeout = timeout,
                   .total_timeout = timeout,
                   .attempts = 1,
                   .host_failures = 1,
                   .run_timeout = std::chrono::ceil<std::chrono::seconds>(timeout)});
  for (std::string& url : probe_urls(collectors)) fetcher.add({.url = std::move(url)});
  bool answered = false;
  std::stop_source enough;
  fetcher.run(
      [&](const FetchRequest&, const Result<FetchResponse>& response) {
        if (response || response.error().code.starts_with("http_")) {
          answered = true;
          enough.request_stop();
        }
      },
      enough.get_token());
  return answered;
}

Result<ReplicaProcess> ReplicaProcess::start() {
  const std::string program = replica_program().string();
  if (access(program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_installed, "replica_missing",
                "The archive replica is not built: " + program +
                    " is missing. Build the target archive-replica, or set archive = \"real\".");
  }
  const std::string address = replica_address();
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    return fail("replica_failed", "Can't make a pipe for the archive replica.");
  ReplicaProcess process;
  process.output_ = ends[0];
  const char* const arguments[] = {program.c_str(), "--listen", address.c_str(), "--with-parent", nullptr};
  process.pid_ = fork();
  if (process.pid_ == 0) {
    setpgid(0, 0);  // Ctrl-C in the terminal is for us, we end it when its time has come
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(ends[1], STDOUT_FILENO);
    if (const int null = open("/dev/null", O_RDONLY); null >= 0) dup2(null, STDIN_FILENO);
    execv(program.c_str(), const_cast<char* const*>(arguments));
    _exit(127);
  }
  close(ends[1]);
  if (process.pid_ < 0) return fail("replica_failed", "Can't start the archive replica.");
  const std::string line = first_line(process.output_);
  if (!line.starts_with(kGreeting))
    return fail("replica_failed", "The archive replica did not start: " + program);
  process.origin_ = line.substr(kGreeting.size());
  return process;
}

ReplicaProcess::ReplicaProcess(ReplicaProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      output_(std::exchange(other.output_, -1)),
      origin_(std::move(other.origin_)) {}

ReplicaProcess& ReplicaProcess::operator=(ReplicaProcess&& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(output_, other.output_);
  std::swap(origin_, other.origin_);
  return *this;
}

ReplicaProcess::~ReplicaProcess() {
  if (output_ >= 0) close(output_);
  if (pid_ <= 0) return;
  kill(pid_, SIGTERM);
  waitpid(pid_, nullptr, 0);
}

}  // namespace skerry::broker
