#pragma once

// Of the server's own files alone: it brings in Asio.

#include <algorithm>
#include <array>
#include <cassert>
#include <coroutine>
#include <cstring>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

#include "native-host/http/request_reader.hpp"
#include "native-host/http/response_head.hpp"
#include "native-host/http/stream.hpp"
#include "native-host/http/worker.hpp"
#include "shared/task.hpp"

namespace skerry::http {

/// Bytes that came and that the reader has not taken yet.
class InputBuffer {
 public:
  [[nodiscard]] std::string_view bytes() const { return {data_.get() + begin_, end_ - begin_}; }
  [[nodiscard]] bool empty() const { return begin_ == end_; }

  void consume(std::size_t count) {
    assert(count <= end_ - begin_);
    begin_ += count;
    if (empty()) begin_ = end_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return size_; }
  /// False where there is none for the larger buffer that `prepare` would need.
  bool has_room(Claim& claim) const {
    return claim.grow_to(end_ == size_ && begin_ == 0 ? size_ * 2 : size_);
  }
  /// Room for more, at least one byte.
  std::pair<char*, std::size_t> prepare() {
    if (size_ == 0) resize(kSmall);
    if (end_ == size_ && begin_ > 0) {
      std::memmove(data_.get(), data_.get() + begin_, end_ - begin_);
      end_ -= std::exchange(begin_, 0);
    }
    if (end_ == size_) resize(size_ * 2);
    return {data_.get() + end_, size_ - end_};
  }
  void commit(std::size_t count) {
    assert(count <= size_ - end_);
    grow_ = end_ == 0 && count == size_ && size_ < kMost;
    end_ += count;
  }
  /// After a body's piece was taken whole: a larger buffer for a fast sender, where there is room.
  void adapt(Claim& claim) {
    if (empty() && std::exchange(grow_, false) && claim.grow_to(capacity_ * 2)) {
      size_ = 0;  // nothing to carry over
      resize(capacity_ * 2);
    }
  }
  /// Gives its memory back; it must be empty.
  void release() {
    assert(empty());
    data_.reset();
    size_ = capacity_ = 0;
  }

 private:
  static constexpr std::size_t kSmall = std::size_t{4} * 1024;
  static constexpr std::size_t kMost = std::size_t{256} * 1024;

  void resize(std::size_t size) {
    auto larger = std::make_unique_for_overwrite<char[]>(size);
    if (end_ > begin_) std::memcpy(larger.get() + begin_, data_.get() + begin_, end_ - begin_);
    data_ = std::move(larger);
    size_ = capacity_ = size;
  }

  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool grow_ = false;
};

/// Refuses a request that has no room: 503 `too_many_heads`, `too_many_bodies`, or 429 where only its client
/// has none.
Refusal too_many(std::string_view what, const Holding& holding);

/// A body, in either direction: it must get on, and at `min_rate`. Only the time in which the server waits
/// for the client counts. What it is behind by may never be more than a step; what it was ahead by is
/// forgotten, so that who begins fast may not trickle then.
class Pace {
 public:
  Pace(std::chrono::milliseconds step, std::uint64_t min_rate)
      : step_(step), min_rate_(std::max<std::uint64_t>(min_rate, 1)) {}
  void add(std::uint64_t bytes) {
    // More than a step's worth changes nothing more, and would not fit into the product.
    const auto worth = std::min<std::uint64_t>(bytes, std::uint64_t{1} << 40U) * 1'000'000 / min_rate_;
    behind_ = std::max<SteadyClock::duration>(
        behind_ - std::chrono::microseconds(static_cast<std::int64_t>(worth)), SteadyClock::duration::zero());
  }
  /// Of a wait that begins now.
  [[nodiscard]] SteadyClock::time_point begin_wait() {
    begin_ = SteadyClock::now();
    return begin_ + step_ - behind_;
  }
  void end_wait() { behind_ += SteadyClock::now() - begin_; }

 private:
  std::chrono::milliseconds step_;
  std::uint64_t min_rate_;
  SteadyClock::time_point begin_;
  SteadyClock::duration behind_{};
};

/// Why a coroutine that waited for something besides its socket goes on.
enum class Woken { set, timed_out, late, gone, stopping, closed };

/// Such a coroutine. Of the worker's thread; it outlives its wait in the hands of what may wake it.
struct Waiting {
  std::coroutine_handle<> handle;  // null once it goes on
  Woken why = Woken::set;
  bool until_stopping = false;

  void wake(Woken reason) {
    if (!handle) return;
    why = reason;
    std::exchange(handle, nullptr).resume();
  }
};

class WorkerSignal final : public Signal, public std::enable_shared_from_this<WorkerSignal> {
 public:
  explicit WorkerSignal(std::shared_ptr<Inbox> inbox) : inbox_(std::move(inbox)) {}
  void set() override {
    if (set_.exchange(true)) return;
    inbox_->post([self = shared_from_this()] {
      // It may have been taken meanwhile.
      if (const auto waiting = self->waiting_.lock(); waiting && self->set_) waiting->wake(Woken::set);
    });
  }

  // Of the worker's thread.
  bool take() { return set_.exchange(false); }
  [[nodiscard]] bool is_set() const { return set_.load(); }
  void attach(const std::shared_ptr<Waiting>& waiting) { waiting_ = waiting; }

 private:
  std::shared_ptr<Inbox> inbox_;
  std::atomic<bool> set_ = false;
  std::weak_ptr<Waiting> waiting_;
};

/// What has taken over a connection: a WebSocket.
class Takeover {
 public:
  virtual ~Takeover() = default;
  virtual void drain() = 0;
  virtual void close() = 0;
};

/// Serves the requests of one connection, one after the other.
class Connection : public Spared {
 public:
  Connection(Worker& worker, Arrival arrival);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  Task<void> run();

  // For the worker.
  [[nodiscard]] bool is_late(SteadyClock::time_point now) const {
    return now >= std::min(deadline_, whole_deadline_);
  }
  void wake_late(SteadyClock::time_point now);
  /// For another one. Nobody is waiting for an answer.
  void give_up() {
    unlink();
    cancel();
  }
  void drain();
  void close();

  // For a WebSocket's session.
  [[nodiscard]] Worker& worker() const { return worker_; }
  void set_takeover(Takeover* takeover) { takeover_ = takeover; }
  Claim& body_memory() { return body_memory_; }

 private:
  friend class ConnectionExchange;
  friend class WebSocketTransport;

  /// Until the socket is ready. False: it timed out (`timed_out_`) or was closed.
  struct Readiness {
    Connection& connection;
    Socket::wait_type type;
    error_code ec = {};

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      connection.turn_ = 0;
      connection.socket_.async_wait(type, [this, waiter](const error_code& result) {
        ec = result;
        waiter.resume();
      });
    }
    bool await_resume() {
      connection.timed_out_ = ec && connection.is_late(SteadyClock::now());
      return !ec;
    }
  };
  Readiness ready_for(Step::State wanted) {
    return {*this, wanted == Step::State::want_write ? Socket::wait_write : Socket::wait_read};
  }
  /// Before a request or a step of one: lets the worker's other connections have a turn, once in a while.
  struct Turn {
    Connection& connection;
    bool must = false;  ///< what follows takes long
    [[nodiscard]] bool await_ready() const { return !must && connection.has_turn(); }
    void await_suspend(std::coroutine_handle<> waiter) const {
      connection.turn_ = 0;
      connection.worker_.give_way(waiter);
    }
    void await_resume() const noexcept {}
  };
  static constexpr unsigned kTurn = 16;
  static constexpr auto kTurnTime = std::chrono::milliseconds(1);
  /// Counts a step.
  bool has_turn() {
    const auto now = SteadyClock::now();
    if (turn_ == 0) turn_began_ = now;
    return turn_++ < kTurn && now - turn_began_ < kTurnTime;
  }

  // Not inline: the compiler would make the frames of these a part of an idle connection's.
  /// Waits for the whole first record of TLS, for which OpenSSL needs no room before. False: the connection
  /// is over.
  [[gnu::noinline]] Task<bool> await_hello();
  [[gnu::noinline]] Task<bool> handshake();
  /// One request with its response, after its head. False: the connection is over.
  [[gnu::noinline]] Task<bool> serve_one();
  [[gnu::noinline]] Task<bool> serve_later();
  [[gnu::noinline]] Task<bool> serve_exchange();
  Task<bool> read_head();
  [[gnu::noinline]] Task<bool> read_body(std::uint64_t limit);
  Task<bool> answer(const Response& response);
  /// Answers what is not going to be served; the rest of what the client sends is lost.
  [[gnu::noinline]] Task<bool> refuse(Refusal why);
  void drop_body();
  /// False where the client has gone, or is too slow.
  Task<bool> send(std::string_view first, std::string_view second, std::string_view third = {});
  /// Takes in what the client still sends, so that closing doesn't destroy the response on its way to it.
  [[gnu::noinline]] Task<void> linger();

  /// The one that is being served.
  [[nodiscard]] const Request& request() const { return pending_ ? pending_->request : reader_.request(); }
  void ask();
  template <class Give>
  Response respond(Give give);
  void note(int status, std::uint64_t bytes);
  void take_limits();
  /// Whether the client may ask once more, and has room for the head.
  std::optional<Refusal> check_client();
  [[nodiscard]] Pace pace() const { return {byte_timeout_, worker_.options().min_rate}; }
  void cancel() {
    error_code ec;
    std::ignore = socket_.cancel(ec);
  }
  /// Ends the connection, but not the descriptor: steps that are still to come fail.
  void shut();

  Worker& worker_;
  Socket socket_;
  Holding holding_;
  Stream stream_;
  RequestReader reader_;
  const Handler* handler_ = nullptr;  // of the request that is being served
  std::shared_ptr<Pending> pending_;  // that request, once such a handler has it that answers later
  std::shared_ptr<Waiting> waiting_;  // a `serve` that waits for something else than the socket
  Takeover* takeover_ = nullptr;
  InputBuffer input_;
  Claim input_memory_;
  Claim body_memory_;    // of the request that is being served, where its body is in memory
  Claim unread_memory_;  // of the response, where the client doesn't read it at once
  std::string head_;     // of the response, kept for its memory
  std::string client_;
  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point whole_deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point started_ = SteadyClock::now();
  std::chrono::milliseconds byte_timeout_;
  unsigned turn_ = 0;  // steps since it had to wait or gave way
  SteadyClock::time_point turn_began_;
  std::shared_ptr<Peer> peer_;  ///< null: without limits of its own
  int refused_with_;
  bool speaks_tls_;
  bool redirected_;
  bool is_timed_;
  bool idle_ = false;  // between two requests
  bool has_asked_ = false;
  bool timed_out_ = false;
  bool lingers_ = false;
  bool is_shared_ = false;  // the response's body
  bool closed_ = false;
};

}  // namespace skerry::http
