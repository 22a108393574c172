#include "native-host/broker/archive.hpp"

#include <algorithm>
#include <thread>
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

constexpr std::chrono::milliseconds kLook{50};
constexpr std::chrono::seconds kPatience{2};
constexpr std::chrono::seconds kOriginPatience{30};

std::string replica_address() {
  const auto usual = http::Listener::open({.host = "127.0.0.1", .port = kReplicaPort});
  return "127.0.0.1:" + std::to_string(usual ? kReplicaPort : 0);
}

std::filesystem::path lock_in(const std::filesystem::path& folder) {
  return folder / "archive-replica.lock";
}

std::filesystem::path origin_in(const std::filesystem::path& folder) {
  return folder / "archive-replica.origin";
}

std::unexpected<Error> already_running(const std::filesystem::path& folder) {
  return fail(ErrorKind::busy, "replica_running",
              "Another skerry runs the archive replica of " + folder.string() +
                  ": stop it, or use `skerry update --once`, which reads that one.");
}

std::unexpected<Error> not_started(const std::string& program, const std::string& address, bool chosen) {
  const auto where = http::parse_address(address);
  const auto listener = where ? http::Listener::open(*where) : std::unexpected(where.error());
  if (!listener && listener.error().message.contains("archive-replica (pid ")) {
    return fail(ErrorKind::busy, "replica_busy",
                listener.error().message +
                    " Wait until that skerry has ended, or set replica_listen to another address.");
  }
  return fail("replica_failed", "The archive replica did not start: " + program + " --listen " + address +
                                    (chosen ? ". Is the port of replica_listen free?" : ""));
}

/// Again and again while another process is in the way that is about to leave.
template <class Attempt>
auto patiently(Attempt attempt) {
  const auto patience = process::Clock::now() + kPatience;
  auto made = attempt();
  while (!made && made.error().kind == ErrorKind::busy && process::Clock::now() < patience) {
    std::this_thread::sleep_for(kLook);
    made = attempt();
  }
  return made;
}

/// A child that listens, and where.
struct Started {
  process::Child child;
  std::string origin;
};

Result<Started> start_child(const std::string& program, const std::string& address, bool chosen) {
  // Ctrl-C in the terminal is for us, we end it when its time has come.
  auto child = process::Child::start({.arguments = {program, "--listen", address, "--with-parent"},
                                      .output = {.kind = process::Stream::Kind::pipe},
                                      .error = {.kind = process::Stream::Kind::inherit}});
  if (!child) return fail(child.error().kind, "replica_failed", child.error().message);
  const auto line = child->read_line(kLongestLine, {.deadline = process::Clock::now() + kStartTimeout});
  if (!line || !*line || !(*line)->starts_with(kGreeting)) return not_started(program, address, chosen);
  return Started{.child = *std::move(child), .origin = (*line)->substr(kGreeting.size())};
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

Result<std::filesystem::path> replica_program() {
  std::error_code ignored;
  const auto folder = std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path();
  const auto beside = folder / "archive-replica";
  const auto installed = (folder / SKERRY_LIBEXEC / "archive-replica").lexically_normal();
  for (const auto& program : {beside, installed})
    if (access(program.c_str(), X_OK) == 0) return program;
  return fail(
      ErrorKind::not_installed, "replica_missing",
      "The archive replica is missing: it is neither " + beside.string() + " nor " + installed.string() +
          ". Install skerry again, as a whole, or set archive = \"real\" to read the archives alone.");
}

Result<ReplicaProcess> ReplicaProcess::start(const std::string& wanted) {
  const auto program = replica_program();
  if (!program) return std::unexpected(program.error());
  const bool chosen = !wanted.empty();
  const auto start_at = [&](const std::string& address) {
    return start_child(program->string(), address, chosen);
  };
  // That of a service that was killed ends a moment after it.
  auto started = chosen ? patiently([&] { return start_at(wanted); }) : start_at(replica_address());
  // Somebody may have taken the usual port meanwhile.
  if (!started && !chosen)
    if (auto elsewhere = start_at("127.0.0.1:0")) started = std::move(elsewhere);
  if (!started) return std::unexpected(started.error());
  return ReplicaProcess(std::move(started->child), std::move(started->origin));
}

Result<ReplicaRecord> ReplicaRecord::take(const std::filesystem::path& folder) {
  // Who only looks holds it for a moment.
  auto lock = patiently([&] { return files::FileLock::try_take(lock_in(folder)); });
  if (!lock && lock.error().kind == ErrorKind::busy) return already_running(folder);
  if (!lock) return std::unexpected(lock.error());
  std::error_code error;
  std::filesystem::remove(origin_in(folder), error);
  if (error) return files::file_error("Can't remove " + origin_in(folder).string(), error.value());
  return ReplicaRecord(*std::move(lock), folder);
}

Result<void> ReplicaRecord::tell(const std::string& origin) const {
  return files::write_atomically(origin_in(folder_), origin);
}

Result<std::optional<std::string>> ReplicaRecord::find(const std::filesystem::path& folder) {
  const auto patience = process::Clock::now() + kOriginPatience;
  std::error_code ignored;
  while (std::filesystem::exists(lock_in(folder), ignored)) {
    const auto lock = files::FileLock::try_take(lock_in(folder), files::FileLock::Mode::shared);
    if (lock) return std::nullopt;
    if (lock.error().kind != ErrorKind::busy) return std::unexpected(lock.error());
    if (auto origin = files::read_whole(origin_in(folder)); origin && !origin->empty()) return origin;
    if (process::Clock::now() >= patience) return already_running(folder);
    std::this_thread::sleep_for(kLook);
  }
  return std::nullopt;
}

ReplicaProcess::~ReplicaProcess() {
  if (child_) child_->end(kGrace);
}

}  // namespace skerry::broker
