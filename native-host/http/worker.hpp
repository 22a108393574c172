#pragma once

// Of the server's own files alone: it brings in Asio.

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <ctime>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/wait_traits.hpp>
#include <boost/intrusive/list.hpp>

#include "native-host/files/descriptor.hpp"
#include "native-host/http/access_log.hpp"
#include "native-host/http/later.hpp"
#include "native-host/http/memory.hpp"
#include "native-host/http/peers.hpp"
#include "native-host/http/server.hpp"
#include "native-host/http/tls.hpp"

namespace skerry::http {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;

class Connection;
class Worker;

/// A connection's place among those that can be spared. It leaves it where it is destroyed.
struct Spared : boost::intrusive::list_base_hook<boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
  SteadyClock::time_point since;
};
using SparedList = boost::intrusive::list<Spared, boost::intrusive::constant_time_size<false>>;

/// A coroutine that nobody waits for; it must not throw.
struct Detached {
  struct promise_type {
    Detached get_return_object() const noexcept { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_never final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() const noexcept { std::terminate(); }
  };
};

/// How many exchanges of each handler are under way, on all workers.
class Seats {
 public:
  bool take(const Handler& handler) {
    const std::lock_guard lock(mutex_);
    auto& taken = taken_[&handler];
    if (taken >= handler.max_concurrent) return false;
    ++taken;
    return true;
  }
  void leave(const Handler& handler) {
    const std::lock_guard lock(mutex_);
    --taken_[&handler];
  }

 private:
  std::mutex mutex_;
  std::unordered_map<const Handler*, unsigned> taken_;
};

/// What all workers share.
struct Shared {
  Options options;
  Router router;
  std::unique_ptr<TlsKeeper> tls = nullptr;  // null: no TLS
  Seats seats = {};
  /// With TLS, a quarter is for handshakes.
  Memory memory{options.max_memory - (tls ? options.max_memory / 4 : 0)};
  Peers peers{options.per_peer};
  std::vector<std::unique_ptr<Worker>> workers = {};
};

/// A connection as the door gives it.
struct Arrival {
  files::Descriptor fd;
  int family;
  std::string client = {};  ///< its address
  std::shared_ptr<Peer> peer = nullptr;
  /// The status that is all that it gets, or 0.
  int refused_with = 0;
  bool beyond = false;    ///< there is only room where another can be spared
  std::size_t asked = 0;  ///< workers that had none to spare
  bool tls = false;
  bool redirected = false;  ///< every request is sent to https
};

/// One thread with its connections.
class Worker {
 public:
  Worker(Shared& shared, std::size_t index)
      : shared_(shared),
        index_(index),
        most_handshakes_(std::max<std::uint64_t>(
            shared.options.max_memory / 4 / kHandshakeBytes / shared.options.workers, kFewHandshakes)),
        guard_(io_.get_executor()),
        tick_(io_.get_executor()) {}

  void start(std::function<void()> on_end);
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // From any thread.
  [[nodiscard]] unsigned open() const { return open_.load(std::memory_order_relaxed); }
  void adopt(Arrival arrival);
  void drain();
  void close_all();
  asio::io_context& io() { return io_; }

  // From the worker's thread.
  [[nodiscard]] const Options& options() const { return shared_.options; }
  [[nodiscard]] const Router& router() const { return shared_.router; }
  [[nodiscard]] Shared& shared() const { return shared_; }
  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] bool closed() const { return closed_; }
  /// How many requests of this handler wait here.
  unsigned& waiting(const Handler& handler) { return waiting_[&handler]; }
  /// Resumes it after what is ready now had its turn.
  void give_way(std::coroutine_handle<> who);
  /// It can be spared, after those that could be before it: at once where it had its request, or, where a
  /// request or the rest of one may be on its way (`expects`), when that has taken long.
  void spare(Spared& connection, SteadyClock::time_point now, bool expects) {
    connection.unlink();
    connection.since = now;
    (expects ? expecting_ : idle_).push_back(connection);
  }
  /// False: there are too many whose first record has come, and all of them have something to do; else the
  /// one that began first is closed for the new one.
  bool begin_handshake();
  void end_handshake() { --handshakes_; }
  /// It waits, and keeps its place among the others until the end.
  void spare_handshake(Spared& connection, SteadyClock::time_point now) {
    connection.since = now;
    shaking_.push_back(connection);
  }
  void enter(Connection& connection) { connections_.insert(&connection); }
  void leave(Connection& connection) { connections_.erase(&connection); }

  std::string_view date() {
    auto second = std::time(nullptr);
    if (second != date_second_) {
      date_ = format_http_date(Time(std::chrono::seconds(second)));
      date_second_ = second;
    }
    return date_;
  }
  void log_access(const Request& request, const AccessEntry& entry);
  void report(std::string_view line) const {
    if (options().log != nullptr) options().log->write(Log::Level::error, line);
  }

 private:
  /// What OpenSSL holds for a connection that has said its ClientHello, and not yet the end of its handshake.
  static constexpr std::uint64_t kHandshakeBytes = std::uint64_t{48} * 1024;
  static constexpr std::uint64_t kFewHandshakes = 8;

  Detached serve(Arrival arrival);
  /// Closes the one that makes somebody wait longest for a head, else that has been idle longest. False: all
  /// are busy.
  bool make_room();
  void receive(Arrival arrival);
  void tick();
  void resume_some();
  void note_leave();
  void flush_log() {
    if (!log_.empty()) options().access_log(std::exchange(log_, {}));
  }
  void end_if_drained() {
    if (!draining_ || open() > 0) return;
    guard_.reset();
    tick_.cancel();
  }

  Shared& shared_;
  const std::size_t index_;
  std::unordered_set<Connection*> connections_;
  SparedList idle_;
  SparedList expecting_;
  SparedList shaking_;  // in their handshake
  const std::uint64_t most_handshakes_;
  std::uint64_t handshakes_ = 0;
  std::unordered_map<const Handler*, unsigned> waiting_;
  std::deque<std::coroutine_handle<>> gave_way_;
  bool resuming_ = false;
  std::atomic<unsigned> open_ = 0;
  bool draining_ = false;
  bool closed_ = false;
  std::string log_;
  std::string date_;
  std::time_t date_second_ = 0;
  asio::io_context io_{1};
  std::shared_ptr<Inbox> inbox_ =
      std::make_shared<Inbox>([this] { asio::post(io_, [this] { inbox_->run(); }); });
  asio::executor_work_guard<Executor> guard_;
  Timer tick_;
  std::thread thread_;
};

}  // namespace skerry::http
