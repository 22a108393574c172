#include "native-host/broker/archive.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include "native-host/broker/fetch.hpp"
#include "native-host/http/listener.hpp"
#include "shared/url.hpp"

namespace skerry::broker {
namespace {

/// The replica's usual place, so that the URLs in a view stay good over a restart.
constexpr std::uint16_t kReplicaPort = 8082;
constexpr std::string_view kGreeting = "listening ";
constexpr std::size_t kLongestLine = 1'000;
constexpr std::chrono::seconds kStartTimeout{60};
constexpr std::chrono::milliseconds kGrace{10'000};

std::filesystem::path replica_program() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "archive-replica";
}

std::string replica_address() {
  const auto usual = http::Listener::open({.host = "127.0.0.1", .port = kReplicaPort});
  return "127.0.0.1:" + std::to_string(usual ? kReplicaPort : 0);
}

std::string host_of(std::string_view url) {
  const auto parsed = Url::parse(url);
  return parsed ? parsed->authority() : std::string();
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

Result<ReplicaProcess> ReplicaProcess::start(const std::string& wanted) {
  const std::string program = replica_program().string();
  if (access(program.c_str(), X_OK) != 0) {
    return fail(ErrorKind::not_installed, "replica_missing",
                "The archive replica is not built: " + program +
                    " is missing. Build the target archive-replica, or set archive = \"real\".");
  }
  const std::string address = wanted.empty() ? replica_address() : wanted;
  // Ctrl-C in the terminal is for us, we end it when its time has come.
  auto started = process::Child::start({.arguments = {program, "--listen", address, "--with-parent"},
                                        .output = {.kind = process::Stream::Kind::pipe},
                                        .error = {.kind = process::Stream::Kind::inherit}});
  if (!started) return fail(started.error().kind, "replica_failed", started.error().message);
  const auto line = started->read_line(kLongestLine, {.deadline = process::Clock::now() + kStartTimeout});
  if (!line || !*line || !(*line)->starts_with(kGreeting))
    return fail("replica_failed", "The archive replica did not start: " + program + " --listen " + address +
                                      (wanted.empty() ? "" : ". Is the port of replica_listen free?"));
  return ReplicaProcess(*std::move(started), (*line)->substr(kGreeting.size()));
}

ReplicaProcess::~ReplicaProcess() {
  if (child_) child_->end(kGrace);
}

}  // namespace skerry::broker
