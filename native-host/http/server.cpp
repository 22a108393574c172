#include "native-host/http/server.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstring>
#include <ctime>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native-host/http/access_log.hpp"
#include "native-host/http/request_reader.hpp"
#include "native-host/http/response_head.hpp"

namespace skerry::http {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using SteadyClock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
template <class T>
using Awaitable = asio::awaitable<T, Executor>;
using AwaitVoid = asio::use_awaitable_t<Executor>;
constexpr auto kAwait = asio::as_tuple(AwaitVoid{});

constexpr std::size_t kSmallBuffer = std::size_t{4} * 1024;
constexpr std::size_t kIdleBuffer = std::size_t{16} * 1024;  // what an idle connection may keep
constexpr std::size_t kMaxBodyBuffer = std::size_t{128} * 1024;
constexpr std::size_t kLogBatch = std::size_t{32} * 1024;
constexpr unsigned kRefusedConnections = 64;  // beyond max_connections: they get their 503
constexpr auto kLinger = std::chrono::seconds(2);
constexpr auto kAcceptPause = std::chrono::milliseconds(100);
constexpr std::uint64_t kUnroutedBody = std::uint64_t{64} * 1024;

/// Bytes that came and that the reader has not taken yet.
class InputBuffer {
 public:
  [[nodiscard]] std::string_view bytes() const { return {data_.data() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  void consume(std::size_t count) {
    begin_ += count;
    if (empty()) begin_ = end_ = 0;
  }
  /// Room for more, at least one byte.
  asio::mutable_buffer prepare() {
    if (data_.empty()) data_.resize(kSmallBuffer);
    if (end_ == data_.size() && begin_ > 0) {
      std::memmove(data_.data(), data_.data() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    if (end_ == data_.size()) data_.resize(data_.size() * 2);
    return {data_.data() + end_, data_.size() - end_};
  }
  void commit(std::size_t count) {
    auto filled = end_ == 0 && count == data_.size();
    end_ += count;
    grow_ = filled && data_.size() < kMaxBodyBuffer;
  }
  /// After a body's piece was taken whole: a larger buffer for a fast sender.
  void adapt() {
    if (empty() && std::exchange(grow_, false)) data_.resize(data_.size() * 2);
  }
  void shrink() {
    if (empty() && data_.size() > kIdleBuffer) data_ = {};
  }

 private:
  std::vector<char> data_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool grow_ = false;
};

class Connection;

/// One thread with its connections.
class Worker {
 public:
  Worker(const Options& options, const Router& router)
      : options_(options), router_(router), guard_(io_.get_executor()), tick_(io_.get_executor()) {}

  void start(std::function<void()> on_end) {
    asio::co_spawn(io_, tick_forever(), [](const std::exception_ptr&) {});
    thread_ = std::thread([this, on_end = std::move(on_end)] {
      inbox_->open();
      io_.run();
      inbox_->close();
      flush_log();
      on_end();
    });
  }
  void join() {
    if (thread_.joinable()) thread_.join();
  }

  // From any thread.
  [[nodiscard]] unsigned open() const { return open_.load(std::memory_order_relaxed); }
  void adopt(int fd, int family, bool overloaded) {
    open_.fetch_add(1, std::memory_order_relaxed);
    asio::post(io_, [this, fd, family, overloaded] {
      if (closed_) {
        ::close(fd);
        open_.fetch_sub(1, std::memory_order_relaxed);
        return end_if_drained();
      }
      asio::co_spawn(io_, serve(fd, family, overloaded), [this](const std::exception_ptr& error) {
        open_.fetch_sub(1, std::memory_order_relaxed);
        if (error) report("A connection ended with an exception.");
        end_if_drained();
      });
    });
  }
  void drain();
  void close_all();
  asio::io_context& io() { return io_; }

  // From the worker's thread.
  [[nodiscard]] const Options& options() const { return options_; }
  [[nodiscard]] const Router& router() const { return router_; }
  [[nodiscard]] const std::shared_ptr<Inbox>& inbox() const { return inbox_; }
  [[nodiscard]] bool draining() const { return draining_; }
  [[nodiscard]] bool closed() const { return closed_; }
  /// How many requests of this handler wait here.
  unsigned& waiting(const Handler& handler) { return waiting_[&handler]; }
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
  void log_access(const AccessEntry& entry) {
    append_access_line(log_, entry);
    if (log_.size() > kLogBatch) flush_log();
  }
  void report(std::string_view line) const {
    if (options_.log != nullptr) options_.log->write(Log::Level::error, line);
  }

 private:
  Awaitable<void> serve(int fd, int family, bool overloaded);
  Awaitable<void> tick_forever();
  void flush_log() {
    if (!log_.empty()) options_.access_log(std::exchange(log_, {}));
  }
  void end_if_drained() {
    if (!draining_ || open() > 0) return;
    guard_.reset();
    tick_.cancel();
  }

  const Options& options_;
  const Router& router_;
  std::unordered_set<Connection*> connections_;
  std::unordered_map<const Handler*, unsigned> waiting_;
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

/// Serves the requests of one connection, one after the other.
class Connection {
 public:
  Connection(Worker& worker, int fd, int family)
      : worker_(worker),
        socket_(worker.io().get_executor()),
        reader_({worker.options().max_header_bytes, worker.options().max_target_bytes}),
        client_(peer_address(fd)),
        is_timed_(worker.options().access_log || worker.options().observe) {
    error_code ec;
    std::ignore = socket_.assign({family, 0}, fd, ec);
    if (ec) ::close(fd);
    std::ignore = socket_.non_blocking(true, ec);
    worker_.enter(*this);
  }
  ~Connection() { worker_.leave(*this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Awaitable<void> run(bool overloaded) {
    if (overloaded) {
      co_await refuse({503, {"too_many_connections", "The server has too many open connections."}});
    } else {
      while (co_await serve_one()) reader_.next();
    }
    if (lingers_) co_await linger();
  }

  void check_deadline(SteadyClock::time_point now) {
    if (now >= deadline_) cancel();
  }
  void close_if_idle() {
    if (idle_) cancel();
  }
  void close() {
    error_code ec;
    std::ignore = socket_.close(ec);
    if (pending_ && pending_->wake)
      asio::post(socket_.get_executor(), std::exchange(pending_->wake, nullptr));
  }

 private:
  /// A body, in either direction: it must get on, and on the whole at `min_rate`.
  class Pace {
   public:
    explicit Pace(const Options& options) : options_(options) {}
    void add(std::uint64_t bytes) { bytes_ += bytes; }
    [[nodiscard]] SteadyClock::time_point deadline() const {
      auto now = SteadyClock::now();
      auto allowed = std::chrono::milliseconds(bytes_ * 1000 / std::max<std::uint64_t>(options_.min_rate, 1));
      return std::min(now, start_ + allowed) + options_.request_timeout;
    }

   private:
    const Options& options_;
    SteadyClock::time_point start_ = SteadyClock::now();
    std::uint64_t bytes_ = 0;
  };

  void cancel() {
    error_code ec;
    std::ignore = socket_.cancel(ec);
  }

  /// One request with its response. False: the connection is over.
  Awaitable<bool> serve_one() {
    pending_.reset();
    handler_ = nullptr;
    if (!co_await read_head()) co_return false;
    if (is_timed_) started_ = SteadyClock::now();
    reader_.set_client(client_);
    handler_ = worker_.router()(reader_.request());
    if (reader_.state() == RequestReader::State::body &&
        !co_await read_body(handler_ != nullptr ? handler_->max_body_bytes : kUnroutedBody))
      co_return false;
    if (handler_ == nullptr)
      co_return co_await answer(error_response(404, "not_found", "There is nothing here."));
    if (!handler_->respond_later)
      co_return co_await answer(respond([this] { return handler_->respond(request()); }));
    auto& waiting = worker_.waiting(*handler_);
    if (waiting >= std::max(handler_->max_waiting / worker_.options().workers, 1U)) {
      auto busy = error_response(503, "too_many_waiting", "Too many requests wait for their answers.");
      busy.headers.set("Retry-After", "1");
      co_return co_await answer(busy);
    }
    ask();
    if (!pending_->over) {
      if (worker_.closed()) co_return false;
      ++waiting;
      co_await asio::async_initiate<const AwaitVoid, void()>(
          [this](auto&& wake) { pending_->wake = std::forward<decltype(wake)>(wake); }, AwaitVoid{});
      --waiting;
      if (!pending_->over) co_return false;
    }
    co_return co_await answer(respond([this] {
      if (!pending_->answered) throw std::runtime_error("it gave no answer");
      return std::move(pending_->response);
    }));
  }

  /// The one that is being served.
  [[nodiscard]] const Request& request() const { return pending_ ? pending_->request : reader_.request(); }

  void ask() {
    pending_ = std::make_shared<Pending>(reader_.take_request(), worker_.inbox());
    try {
      handler_->respond_later(pending_->request, Later(pending_));
    } catch (const std::exception& error) {
      worker_.report(std::string("A handler failed: ") + error.what());
    } catch (...) {
      worker_.report("A handler failed.");
    }
    pending_->calling = false;
  }

  Awaitable<bool> read_head() {
    idle_ = true;
    input_.shrink();
    deadline_ = SteadyClock::now() + worker_.options().idle_timeout;
    while (true) {
      if (!input_.empty()) {
        auto took = reader_.read(input_.bytes());
        if (!took) co_return co_await refuse(took.error());
        input_.consume(*took);
        if (reader_.state() != RequestReader::State::head) break;
      }
      auto has_begun = !input_.empty();
      if (idle_ && has_begun) deadline_ = SteadyClock::now() + worker_.options().request_timeout;
      idle_ = !has_begun;
      if (idle_ && worker_.draining()) co_return false;
      if (!co_await receive()) {
        if (has_begun && timed_out_)
          co_return co_await refuse({408, {"request_timeout", "The request's head took too long."}});
        co_return false;
      }
    }
    idle_ = false;
    co_return true;
  }

  Awaitable<bool> read_body(std::uint64_t limit) {
    if (auto fits = reader_.limit_body(limit); !fits) co_return co_await refuse(fits.error());
    if (reader_.expects_continue() && input_.empty() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n", {}))
      co_return false;
    Pace pace(worker_.options());
    while (true) {
      if (!input_.empty()) {
        auto took = reader_.read(input_.bytes());
        if (!took) co_return co_await refuse(took.error());
        input_.consume(*took);
        pace.add(*took);
        if (reader_.state() == RequestReader::State::done) co_return true;
        input_.adapt();
      }
      deadline_ = pace.deadline();
      if (!co_await receive()) {
        if (timed_out_) co_return co_await refuse({408, {"request_timeout", "The body took too long."}});
        co_return false;
      }
    }
  }

  /// What the handler gives, or 500.
  template <class Give>
  Response respond(Give give) {
    try {
      Response response = give();
      if (is_sendable(response)) return response;
      worker_.report("A handler gave a response that can't be sent.");
    } catch (const std::exception& error) {
      worker_.report(std::string("A handler failed: ") + error.what());
    } catch (...) {
      worker_.report("A handler failed.");
    }
    return error_response(500, "internal_error", "The server failed to answer.");
  }

  Awaitable<bool> answer(const Response& response) {
    auto keep_alive = reader_.keep_alive() && !asks_to_close(response) && !worker_.draining();
    auto is_head = request().method == "HEAD";
    auto content = is_head || !has_content(response.status) ? std::string_view() : response.body.view();
    head_.clear();
    append_response_head(head_, response, {worker_.date(), is_head, reader_.is_http_1_0(), keep_alive});
    auto sent = co_await send(head_, content);
    note(response.status, content.size());
    lingers_ = sent && !keep_alive && !input_.empty();
    co_return sent&& keep_alive;
  }

  /// Answers what is not going to be served; the rest of what the client sends is lost.
  Awaitable<bool> refuse(Refusal why) {
    idle_ = false;
    auto response = error_response(why.status, why.error.code, why.error.message);
    if (why.status == 503) response.headers.set("Retry-After", "1");
    head_.clear();
    append_response_head(head_, response, {worker_.date(), false, false, false});
    auto content = request().method == "HEAD" ? std::string_view() : response.body.view();
    lingers_ = co_await send(head_, content);
    note(response.status, content.size());
    co_return false;
  }

  /// Takes in what the client still sends, so that closing doesn't destroy the response on its way to it.
  Awaitable<void> linger() {
    error_code ec;
    std::ignore = socket_.shutdown(Socket::shutdown_send, ec);
    deadline_ = SteadyClock::now() + kLinger;
    while (SteadyClock::now() < deadline_) {
      input_.consume(input_.bytes().size());
      if (!co_await receive()) break;
    }
  }

  Awaitable<bool> receive() {
    auto [ec, count] = co_await socket_.async_read_some(input_.prepare(), kAwait);
    timed_out_ = ec == asio::error::operation_aborted && SteadyClock::now() >= deadline_;
    if (ec) co_return false;
    input_.commit(count);
    co_return true;
  }

  Awaitable<bool> send(std::string_view head, std::string_view content) {
    Pace pace(worker_.options());
    while (true) {
      std::array<asio::const_buffer, 2> pieces = {asio::buffer(head), asio::buffer(content)};
      error_code ec;
      auto count = socket_.write_some(pieces, ec);
      if (ec == asio::error::would_block) {
        deadline_ = pace.deadline();
        auto [waited] = co_await socket_.async_wait(Socket::wait_write, kAwait);
        ec = waited;
      }
      if (ec) co_return false;
      pace.add(count);
      auto of_head = std::min(count, head.size());
      head.remove_prefix(of_head);
      content.remove_prefix(count - of_head);
      if (head.empty() && content.empty()) co_return true;
    }
  }

  void note(int status, std::size_t bytes) {
    if (!is_timed_) return;
    const auto time = SteadyClock::now() - started_;
    if (const auto& observe = handler_ != nullptr ? handler_->observe : worker_.options().observe; observe)
      observe(status, time);
    if (!worker_.options().access_log) return;
    const auto& name = worker_.options().client;
    worker_.log_access({
        .time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
        .client = name ? name(request()) : client_,
        .method = request().method,
        .target = request().target,
        .user_agent = request().headers.get("user-agent").value_or(""),
        .status = status,
        .bytes = bytes,
        .duration = std::chrono::duration_cast<std::chrono::microseconds>(time),
    });
  }

  Worker& worker_;
  Socket socket_;
  RequestReader reader_;
  const Handler* handler_ = nullptr;  // of the request that is being served
  std::shared_ptr<Pending> pending_;  // that request, once such a handler has it that answers later
  InputBuffer input_;
  std::string head_;  // of the response, kept for its memory
  std::string client_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point started_ = SteadyClock::now();
  bool is_timed_;
  bool idle_ = false;  // between two requests
  bool timed_out_ = false;
  bool lingers_ = false;
};

Awaitable<void> Worker::serve(int fd, int family, bool overloaded) {
  Connection connection(*this, fd, family);
  co_await connection.run(overloaded);
}

Awaitable<void> Worker::tick_forever() {
  auto period = std::clamp(std::min(options_.idle_timeout, options_.request_timeout) / 4,
                           std::chrono::milliseconds(10), std::chrono::milliseconds(500));
  while (guard_.owns_work()) {
    tick_.expires_after(period);
    co_await tick_.async_wait(kAwait);
    auto now = SteadyClock::now();
    for (auto* connection : connections_) connection->check_deadline(now);
    flush_log();
  }
}

void Worker::drain() {
  asio::post(io_, [this] {
    draining_ = true;
    for (auto* connection : connections_) connection->close_if_idle();
    end_if_drained();
  });
}

void Worker::close_all() {
  asio::post(io_, [this] {
    closed_ = true;
    for (auto* connection : connections_) connection->close();
  });
}

class ServerImpl final : public Server {
 public:
  ServerImpl(Options options, Router router, std::vector<Listener> listeners)
      : options_(std::move(options)), router_(std::move(router)), listeners_(std::move(listeners)) {
    for (const auto& listener : listeners_) addresses_.push_back(listener.address());
    options_.workers = std::max(options_.workers, 1U);
    for (unsigned i = 0; i < options_.workers; ++i)
      workers_.push_back(std::make_unique<Worker>(options_, router_));
    running_ = workers_.size();
    for (const auto& listener : listeners_) {
      auto fd = ::fcntl(listener.fd(), F_DUPFD_CLOEXEC, 0);
      doors_.push_back(std::make_unique<Descriptor>(workers_[0]->io().get_executor(), fd));
      asio::co_spawn(workers_[0]->io(), accept_forever(*doors_.back()), [](const std::exception_ptr&) {});
    }
    for (auto& worker : workers_) worker->start([this] { note_end(); });
  }

  ~ServerImpl() override { ServerImpl::stop(std::chrono::milliseconds(0)); }
  ServerImpl(const ServerImpl&) = delete;
  ServerImpl& operator=(const ServerImpl&) = delete;

  [[nodiscard]] std::vector<Address> addresses() const override { return addresses_; }
  [[nodiscard]] unsigned open_connections() const override {
    unsigned open = 0;
    for (const auto& worker : workers_) open += worker->open();
    return open;
  }

  void stop(std::chrono::milliseconds grace) override {
    std::lock_guard once(stop_mutex_);
    if (std::exchange(stopped_, true)) return;
    listeners_.clear();
    // Drained last: the doors close before the workers count what is open.
    asio::post(workers_[0]->io(), [this] {
      for (auto& door : doors_) door->close();
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

  Awaitable<void> accept_forever(Descriptor& door) {
    Timer pause(workers_[0]->io().get_executor());
    while (true) {
      auto [ec] = co_await door.async_wait(Descriptor::wait_read, kAwait);
      if (ec) co_return;
      sockaddr_storage name{};
      socklen_t size = sizeof(name);
      int fd = ::accept4(door.native_handle(), reinterpret_cast<sockaddr*>(&name), &size,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd >= 0) {
        hand_over(fd, name.ss_family);
      } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kAwait);
      }
    }
  }

  void hand_over(int fd, int family) {
    auto open = open_connections();
    if (open >= options_.max_connections + kRefusedConnections) {
      ::close(fd);
      return;
    }
    if (family != AF_UNIX) {
      int on = 1;
      ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    auto least = std::ranges::min_element(workers_, {}, [](const auto& worker) { return worker->open(); });
    (*least)->adopt(fd, family, open >= options_.max_connections);
  }

  Options options_;
  Router router_;
  std::vector<Listener> listeners_;
  std::vector<Address> addresses_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<std::unique_ptr<Descriptor>> doors_;
  std::mutex stop_mutex_;
  bool stopped_ = false;
  std::mutex end_mutex_;
  std::condition_variable ended_;
  std::size_t running_ = 0;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::start(Options options, Router router) {
  std::vector<Listener> listeners;
  for (const auto& address : options.listen) {
    auto listener = Listener::open(address);
    if (!listener) return std::unexpected(listener.error());
    listeners.push_back(std::move(*listener));
  }
  return std::make_unique<ServerImpl>(std::move(options), std::move(router), std::move(listeners));
}

}  // namespace skerry::http
