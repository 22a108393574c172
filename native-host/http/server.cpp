#include "native-host/http/server.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <mutex>
#include <utility>

#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native-host/files/descriptor.hpp"
#include "native-host/http/worker.hpp"

namespace skerry::http {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

// Beyond max_connections, as many again at most: they get their 503, or take the place of others that are
// about to leave.
constexpr unsigned kRefusedConnections = 64;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr auto kAcceptTime = std::chrono::milliseconds(2);

/// A listening socket on the first worker's thread.
struct Door {
  Door(Worker& worker, int fd, bool speaks_tls, bool redirects)
      : socket(worker.io().get_executor(), fd),
        pause(worker.io().get_executor()),
        tls(speaks_tls),
        redirected(redirects) {}

  Descriptor socket;
  Timer pause;
  bool tls;
  bool redirected;
};

class ServerImpl final : public Server {
 public:
  ServerImpl(Options options, Router router, std::vector<Listener> listeners, std::unique_ptr<TlsKeeper> tls)
      : shared_{.options = std::move(options), .router = std::move(router), .tls = std::move(tls)},
        listeners_(std::move(listeners)) {
    auto& all = shared_.options;
    for (const auto& listener : listeners_) addresses_.push_back(listener.address());
    all.workers = std::max(all.workers, 1U);
    if (shared_.tls) {
      shared_.tls->on_change([log = all.log](const Result<void>& what) {
        if (log == nullptr) return;
        what ? log->write(Log::Level::info, "The certificate has been replaced.")
             : log->write(Log::Level::error, "The certificate stays as it was: " + what.error().message);
      });
    }
    for (unsigned i = 0; i < all.workers; ++i) workers_.push_back(std::make_unique<Worker>(shared_, i));
    running_ = workers_.size();
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
      auto fd = ::fcntl(listeners_[i].fd(), F_DUPFD_CLOEXEC, 0);
      const auto redirects = i >= all.listen.size();
      const auto speaks_tls = shared_.tls && !redirects && !listeners_[i].address().is_unix();
      doors_.push_back(std::make_unique<Door>(*workers_[0], fd, speaks_tls, redirects));
      await_arrival(*doors_.back());
    }
    for (auto& worker : workers_) worker->start([this] { note_end(); });
  }

  ~ServerImpl() override {
    ServerImpl::stop(std::chrono::milliseconds(0));
    if (spare_ >= 0) ::close(spare_);
  }
  ServerImpl(const ServerImpl&) = delete;
  ServerImpl& operator=(const ServerImpl&) = delete;

  [[nodiscard]] std::vector<Address> addresses() const override { return addresses_; }
  [[nodiscard]] unsigned open_connections() const override {
    unsigned open = 0;
    for (const auto& worker : workers_) open += worker->open();
    return open;
  }

  [[nodiscard]] std::optional<Time> certificate_end() const override {
    return shared_.tls ? std::optional(shared_.tls->end()) : std::nullopt;
  }

  Result<void> reload() override { return shared_.tls ? shared_.tls->reload() : Result<void>(); }

  void stop(std::chrono::milliseconds grace) override {
    std::lock_guard once(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    listeners_.clear();
    // Drained last: the doors close before the workers count what is open.
    asio::post(workers_[0]->io(), [this] {
      for (auto& door : doors_) {
        door->socket.close();
        door->pause.cancel();
      }
      for (auto& worker : workers_) worker->drain();
    });
    std::unique_lock lock(end_mutex_);
    if (!ended_.wait_for(lock, grace, [this] { return running_ == 0; }))
      for (auto& worker : workers_) worker->close_all();
    lock.unlock();
    for (auto& worker : workers_) worker->join();
  }

 private:
  void note_end() {
    std::lock_guard lock(end_mutex_);
    --running_;
    ended_.notify_all();
  }

  void await_arrival(Door& door) {
    door.socket.async_wait(Descriptor::wait_read, [this, &door](const error_code& ec) {
      if (!ec) accept(door);
    });
  }

  /// All that wait, but not without end.
  void accept(Door& door) {
    const auto end = SteadyClock::now() + kAcceptTime;
    do {
      sockaddr_storage name{};
      socklen_t size = sizeof(name);
      files::Descriptor fd(::accept4(door.socket.native_handle(), reinterpret_cast<sockaddr*>(&name), &size,
                                     SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (fd) {
        hand_over(door, std::move(fd), name.ss_family);
      } else if ((errno == EMFILE || errno == ENFILE) && turn_away(door)) {
        continue;
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        door.pause.expires_after(kAcceptPause);
        return door.pause.async_wait([this, &door](const error_code& ec) {
          if (!ec) await_arrival(door);
        });
      } else if (errno != EINTR && errno != ECONNABORTED) {
        return await_arrival(door);
      }
    } while (SteadyClock::now() < end);
    asio::post(workers_[0]->io(), [this, &door] {
      if (door.socket.is_open()) accept(door);
    });
  }

  /// No descriptor is left: the one that is kept for this lets who comes be closed, where he would hang.
  bool turn_away(Door& door) {
    if (spare_ < 0) return false;
    ::close(std::exchange(spare_, -1));
    const int fd = ::accept4(door.socket.native_handle(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) ::close(fd);
    spare_ = open_spare();
    if (auto* log = shared_.options.log; log != nullptr)
      log->write(Log::Level::warning, "There are no descriptors left: new connections are closed.");
    return fd >= 0;
  }

  static int open_spare() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

  void hand_over(const Door& door, files::Descriptor fd, int family) {
    auto open = open_connections();
    const auto most = shared_.options.max_connections;
    if (open >= most + std::min(most, kRefusedConnections)) return;
    if (family != AF_UNIX) {
      int on = 1;
      ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    auto client = peer_address(fd.get());
    auto entry = shared_.peers.enter(client, SteadyClock::now());
    if (entry.door == Peers::Door::shut) return;
    auto least = std::ranges::min_element(workers_, {}, [](const auto& worker) { return worker->open(); });
    (*least)->adopt({.fd = std::move(fd),
                     .family = family,
                     .client = std::move(client),
                     .peer = std::move(entry.peer),
                     .refused_with = entry.door == Peers::Door::refused ? 429 : 0,
                     .beyond = open >= most,
                     .tls = door.tls,
                     .redirected = door.redirected});
  }

  Shared shared_;
  std::vector<Listener> listeners_;
  std::vector<Address> addresses_;
  std::vector<std::unique_ptr<Worker>>& workers_ = shared_.workers;
  std::vector<std::unique_ptr<Door>> doors_;
  int spare_ = open_spare();  // of the first worker's thread
  std::mutex stop_mutex_;
  bool stopped_ = false;
  std::mutex end_mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Options options, Router router) {
  std::unique_ptr<TlsKeeper> tls;
  if (!options.tls.empty()) {
    auto opened = TlsKeeper::open(options.tls);
    if (!opened) return std::unexpected(opened.error());
    tls = *std::move(opened);
  }
  std::vector<Listener> listeners;
  for (const auto* addresses : {&options.listen, &options.redirect}) {
    for (const auto& address : *addresses) {
      auto listener = Listener::open(address);
      if (!listener) {
        auto error = listener.error();
        if (const auto advice = listen_advice(address, error); !advice.empty()) error.message += " " + advice;
        return std::unexpected(std::move(error));
      }
      listeners.push_back(std::move(*listener));
    }
  }
  return std::make_unique<ServerImpl>(std::move(options), std::move(router), std::move(listeners),
                                      std::move(tls));
}

}  // namespace skerry::http
