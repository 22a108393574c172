#include "native-host/http/connection_exchange.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <utility>

namespace skerry::http {
namespace {

using State = Step::State;
// What is left of a body that nobody read, and is taken in so that the connection can go on.
constexpr std::uint64_t kDrained = std::uint64_t{64} * 1024;

std::unexpected<Error> bad_response(std::string message) {
  return fail("bad_response", std::move(message));
}

/// The size of a chunk with its line's end.
class ChunkSize {
 public:
  explicit ChunkSize(std::uint64_t size) {
    auto* end = std::to_chars(text_.data(), text_.data() + 16, size, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    size_ = static_cast<std::size_t>(end - text_.data());
  }
  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 18> text_;
  std::size_t size_;
};

}  // namespace

ConnectionExchange::ConnectionExchange(Connection& connection) : connection_(connection) {}
ConnectionExchange::~ConnectionExchange() = default;

std::expected<void, Refusal> ConnectionExchange::begin_body() {
  auto& reader = connection_.reader_;
  if (reader.state() == RequestReader::State::done) {
    length_ = 0;
    return {};
  }
  if (auto fits = reader.limit_body(connection_.handler_->max_body_bytes); !fits) return fits;
  length_ = reader.content_length();
  left_ = length_.value_or(0);
  continue_ = reader.expects_continue() && connection_.input_.empty();
  return {};
}

std::optional<std::uint64_t> ConnectionExchange::body_length() const {
  return length_;
}

std::unexpected<Error> ConnectionExchange::broken(Error error) {
  stop_.request_stop();
  if (!broken_) broken_ = std::move(error);
  return std::unexpected(*broken_);
}

std::unexpected<Error> ConnectionExchange::lost(std::string_view what) {
  if (connection_.closed_)
    return broken(
        {"server_stopping", "The server stops, and has closed the connection.", ErrorKind::stopped});
  if (connection_.timed_out_)
    return broken({"request_timeout", std::string(what) + " took too long.", ErrorKind::unavailable});
  return broken({"connection_lost", "The client has ended the connection.", ErrorKind::unavailable});
}

std::unexpected<Error> ConnectionExchange::refused(Refusal why) {
  auto error = why.error;
  if (error.kind != ErrorKind::busy) error.kind = why.status == 413 ? ErrorKind::too_large : ErrorKind::usage;
  refusal_ = std::move(why);
  return std::unexpected(std::move(error));
}

// --- the body of the request

Task<Result<void>> ConnectionExchange::say_continue() {
  continue_ = false;
  if (begun_) co_return {};  // what it waited for has come, in another form
  if (!co_await connection_.send("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return lost("The response");
  co_return {};
}

Task<Result<void>> ConnectionExchange::receive(Pace& pace) {
  auto& connection = connection_;
  while (true) {
    co_await Connection::Turn{connection};
    if (!connection.input_.has_room(connection.input_memory_)) {
      refusal_ = too_many("bodies", connection.holding_);
      co_return std::unexpected(refusal_->error);
    }
    const auto [room, size] = connection.input_.prepare();
    const auto step = connection.stream_.read(room, size);
    if (step.state == State::some) {
      connection.input_.commit(step.count);
      pace.add(step.count);
      co_return {};
    }
    if (connection.stream_.lacks_room()) {
      refusal_ = too_many("bodies", connection.holding_);
      co_return std::unexpected(refusal_->error);
    }
    connection.timed_out_ = false;
    if (step.state == State::ended || step.state == State::failed) co_return lost("The body");
    connection.deadline_ = pace.begin_wait();
    if (!co_await connection.ready_for(step.state)) {
      if (connection.timed_out_) refusal_ = Refusal{408, {"request_timeout", "The body took too long."}};
      co_return lost("The body");
    }
    pace.end_wait();
  }
}

Result<void> ConnectionExchange::hold(std::size_t bytes) {
  if (connection_.body_memory_.grow_to(bytes)) return {};
  refusal_ = too_many("bodies", connection_.holding_);
  return std::unexpected(refusal_->error);
}

Task<Result<std::string_view>> ConnectionExchange::read() {
  if (broken_) co_return std::unexpected(*broken_);
  if (refusal_) co_return refused(*refusal_);
  connection_.input_.consume(std::exchange(held_, 0));
  if (body_is_done()) co_return std::string_view();
  if (continue_) {
    if (auto said = co_await say_continue(); !said) co_return std::unexpected(said.error());
  }
  if (!in_pace_) in_pace_ = connection_.pace();
  co_return length_ ? co_await read_sized() : co_await read_chunked();
}

Task<Result<std::string_view>> ConnectionExchange::read_sized() {
  auto& input = connection_.input_;
  if (input.empty()) {
    input.adapt(connection_.input_memory_);
    if (auto got = co_await receive(*in_pace_); !got) co_return std::unexpected(got.error());
  }
  const auto piece =
      input.bytes().substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.bytes().size())));
  held_ = piece.size();
  left_ -= piece.size();
  co_return piece;
}

Task<Result<std::string_view>> ConnectionExchange::read_chunked() {
  auto& input = connection_.input_;
  auto& reader = connection_.reader_;
  while (true) {
    if (!input.empty()) {
      auto took = reader.read(input.bytes());
      if (!took) co_return refused(took.error());
      input.consume(*took);
      reader.take_piece(piece_);
      if (!piece_.empty() || reader.state() == RequestReader::State::done) co_return piece_;
      input.adapt(connection_.input_memory_);
    }
    if (auto got = co_await receive(*in_pace_); !got) co_return std::unexpected(got.error());
  }
}

Task<bool> ConnectionExchange::drain() {
  continue_ = false;
  std::uint64_t dropped = 0;
  while (!body_is_done()) {
    const auto piece = co_await read();
    if (!piece) co_return false;
    dropped += piece->size();
    if (dropped > kDrained) co_return false;
  }
  connection_.input_.consume(std::exchange(held_, 0));
  co_return true;
}

// --- the answer

bool ConnectionExchange::can_keep_alive() const {
  const auto& reader = connection_.reader_;
  if (!reader.keep_alive() || connection_.worker_.draining() || refusal_) return false;
  if (body_is_done()) return true;
  // RFC 9110 §10.1.1: a client that was not told to go on may send the body or not.
  return !continue_ && length_ && left_ <= kDrained;
}

Result<void> ConnectionExchange::begin(Head head) {
  if (broken_) return std::unexpected(*broken_);
  if (begun_) return bad_response("The answer has begun before.");
  const Response as_response{head.status, std::move(head.headers), {}};
  if (!is_sendable(as_response)) return bad_response("The status or a field can't be sent.");
  begun_ = true;
  status_ = head.status;
  framing_ = {.date = connection_.worker_.date(),
              .head_request = request().method == "HEAD",
              .http_1_0 = connection_.reader_.is_http_1_0(),
              .keep_alive = can_keep_alive() && !asks_to_close(as_response),
              .body = head.length                         ? Framing::Body::sized
                      : connection_.reader_.is_http_1_0() ? Framing::Body::to_close
                                                          : Framing::Body::chunked,
              .length = head.length.value_or(0)};
  if (framing_.body == Framing::Body::to_close && has_content(status_)) framing_.keep_alive = false;
  silent_ = framing_.head_request || !has_content(status_);
  to_come_ = framing_.length;
  connection_.head_.clear();
  append_response_head(connection_.head_, as_response, framing_);
  framing_.date = {};
  return {};
}

Result<void> ConnectionExchange::count_out(std::uint64_t bytes) {
  if (broken_) return std::unexpected(*broken_);
  if (!begun_) return bad_response("The answer has not begun.");
  if (ended_) return bad_response("The answer has ended.");
  if (framing_.body != Framing::Body::sized) return {};
  if (bytes > to_come_) {
    overrun_ = true;
    return bad_response("The body is longer than its head said.");
  }
  to_come_ -= bytes;
  return {};
}

/// What waits of the head, the content, and what frames it.
Task<Result<void>> ConnectionExchange::transmit(std::string_view content, std::string_view after) {
  auto& head = connection_.head_;
  if (head.empty() && content.empty() && after.empty()) co_return {};
  head_left_ = true;
  if (!co_await connection_.send(head, content, after)) co_return lost("The response");
  head.clear();
  sent_ += content.size();
  co_await Connection::Turn{connection_};
  co_return {};
}

Task<Result<void>> ConnectionExchange::write(std::string_view piece) {
  if (auto fits = count_out(piece.size()); !fits) co_return fits;
  if (silent_) piece = {};
  if (piece.empty() || framing_.body != Framing::Body::chunked) co_return co_await transmit(piece, {});
  connection_.head_.append(ChunkSize(piece.size()).view());
  co_return co_await transmit(piece, "\r\n");
}

Task<Result<void>> ConnectionExchange::end() {
  if (auto fits = count_out(0); !fits) co_return fits;
  // The answer to HEAD may say how long GET's is, and 304 how long that of 200 would be.
  if (framing_.body == Framing::Body::sized && to_come_ > 0 && !silent_) {
    overrun_ = true;
    co_return bad_response("The body is shorter than its head said.");
  }
  if (framing_.body == Framing::Body::chunked && !silent_) connection_.head_.append("0\r\n\r\n");
  auto sent = co_await transmit({}, {});
  ended_ = sent.has_value();
  co_return sent;
}

Task<Result<void>> ConnectionExchange::respond(Response response) {
  Head head{
      .status = response.status, .headers = std::move(response.headers), .length = response.body.size()};
  const auto declared = head.headers.get("content-length");
  if (request().method == "HEAD" && response.body.empty() && declared) {
    std::uint64_t length = 0;
    const auto [at, error] = std::from_chars(declared->data(), declared->data() + declared->size(), length);
    if (error == std::errc() && at == declared->data() + declared->size()) head.length = length;
  }
  if (auto begun = begin(std::move(head)); !begun) co_return begun;
  if (!silent_) {
    if (auto fits = count_out(response.body.size()); !fits) co_return fits;
    if (auto sent = co_await transmit(response.body.view(), {}); !sent) co_return sent;
  }
  co_return co_await end();
}

Task<Result<void>> ConnectionExchange::send_file(int fd, std::uint64_t offset, std::uint64_t length) {
  if (auto fits = count_out(length); !fits) co_return fits;
  if (silent_) length = 0;
  if (length == 0) co_return co_await transmit({}, {});
  const auto chunked = framing_.body == Framing::Body::chunked;
  if (chunked) connection_.head_.append(ChunkSize(length).view());
  if (auto sent = co_await transmit({}, {}); !sent) co_return sent;
  if (!out_pace_) out_pace_ = connection_.pace();
  while (length > 0) {
    const auto step = connection_.stream_.send_file(fd, offset, length);
    if (step.state == State::some) {
      out_pace_->add(step.count);
      offset += step.count;
      length -= step.count;
      sent_ += step.count;
      co_await Connection::Turn{connection_};
      continue;
    }
    if (step.state == State::ended)
      co_return broken({"file_changed", "The file ends before what was to be sent.", ErrorKind::damaged});
    connection_.timed_out_ = false;
    if (step.state == State::failed) {
      if (errno == EIO || errno == EBADF || errno == EINVAL || errno == EISDIR)
        co_return broken({"read_failed", "The file can't be read.", ErrorKind::failed});
      co_return lost("The response");
    }
    connection_.deadline_ = out_pace_->begin_wait();
    if (!co_await connection_.ready_for(step.state)) co_return lost("The response");
    out_pace_->end_wait();
  }
  co_return chunked ? co_await transmit({}, "\r\n") : Result<void>();
}

// --- the end

Task<bool> ConnectionExchange::answer_failure() {
  connection_.head_.clear();
  begun_ = false;
  const auto timed_out = broken_ && broken_->code == "request_timeout";
  if (broken_ && !timed_out) {
    connection_.note(499, 0);
    co_return false;
  }
  broken_.reset();
  if (refusal_) co_return co_await connection_.refuse(*refusal_);
  if (timed_out)
    co_return co_await connection_.refuse({408, {"request_timeout", "The request took too long."}});
  if (!can_keep_alive())
    co_return co_await connection_.refuse({500, {"internal_error", "The server failed to answer."}});
  const auto goes_on =
      co_await connection_.answer(error_response(500, "internal_error", "The server failed to answer."));
  co_return goes_on&& co_await drain();
}

Task<bool> ConnectionExchange::finish(bool failed) {
  if (socket_) {
    co_await socket_->finish(failed);
    connection_.note(101, socket_->sent());
    connection_.lingers_ = true;
    co_return false;
  }
  if (!failed && !broken_ && !refusal_ && !ended_)
    connection_.worker_.report(begun_ ? "A handler failed: it did not end its answer"
                                      : "A handler failed: it gave no answer");
  if (!head_left_ && !ended_) co_return co_await answer_failure();
  connection_.note(status_, sent_);
  if (!ended_ || overrun_ || failed) {
    // Where its end is the connection's, only a reset tells that it is not whole.
    if (framing_.body == Framing::Body::to_close || broken_) connection_.stream_.reset_on_close();
    connection_.lingers_ = false;
    co_return false;
  }
  if (!framing_.keep_alive) {
    connection_.lingers_ = !body_is_done() || !connection_.input_.bytes().substr(held_).empty();
    co_return false;
  }
  if (!co_await drain()) {
    connection_.lingers_ = true;
    co_return false;
  }
  co_return true;
}

// --- waiting for something else

std::shared_ptr<Signal> ConnectionExchange::make_signal() {
  return std::make_shared<WorkerSignal>(connection_.worker_.inbox());
}

void ConnectionExchange::watch_peer(const std::shared_ptr<Waiting>& waiting) {
  connection_.socket_.async_wait(Socket::wait_read, [this, waiting](const error_code& ec) {
    if (!waiting->handle || ec) return;
    if (connection_.stream_.is_gone()) return waiting->wake(Woken::gone);
    // What has come besides hides the end that may follow it.
  });
}

Task<Woken> ConnectionExchange::suspend(WorkerSignal& signal,
                                        std::optional<std::chrono::milliseconds> timeout, bool watch,
                                        bool until_stopping) {
  const auto waiting = std::make_shared<Waiting>();
  struct Suspension {
    Waiting& waiting;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) const { waiting.handle = waiter; }
    void await_resume() const noexcept {}
  };
  waiting->until_stopping = until_stopping;
  connection_.turn_ = 0;
  if (!socket_) connection_.deadline_ = SteadyClock::time_point::max();
  connection_.waiting_ = waiting;
  signal.attach(waiting);
  Timer timer(connection_.worker_.io().get_executor());
  if (timeout) {
    timer.expires_after(*timeout);
    timer.async_wait([waiting](const error_code& ec) {
      if (!ec) waiting->wake(Woken::timed_out);
    });
  }
  if (watch) watch_peer(waiting);
  co_await Suspension{*waiting};
  connection_.waiting_.reset();
  if (watch) connection_.cancel();
  co_return waiting->why;
}

Task<Result<bool>> ConnectionExchange::wait(Signal& signal, std::optional<std::chrono::milliseconds> timeout,
                                            Until until) {
  auto& of_worker = dynamic_cast<WorkerSignal&>(signal);
  if (broken_) co_return std::unexpected(*broken_);
  if (connection_.closed_) co_return lost("The wait");
  const auto until_stopping = until == Until::stopping;
  const Error stopping{"server_stopping", "The server is stopping.", ErrorKind::stopped};
  if (until_stopping && this->stopping()) co_return std::unexpected(stopping);
  if (of_worker.take()) {
    co_await Connection::Turn{connection_};
    co_return true;
  }
  // A WebSocket watches its connection itself, and has more under way there.
  const auto watch = !socket_ && body_is_done() && connection_.input_.bytes().substr(held_).empty();
  switch (co_await suspend(of_worker, timeout, watch, until_stopping)) {
    case Woken::set: of_worker.take(); co_return true;
    case Woken::timed_out: co_return false;
    case Woken::stopping: co_return std::unexpected(stopping);
    case Woken::late: connection_.timed_out_ = true; co_return lost("The request");
    case Woken::gone: connection_.timed_out_ = false; co_return lost("The wait");
    case Woken::closed: break;
  }
  co_return lost("The wait");
}

Task<Result<void>> ConnectionExchange::run_blocking(blocking::Pool& pool, blocking::Work work) {
  if (broken_) co_return std::unexpected(*broken_);
  struct Job {
    blocking::Work work;
    std::stop_token connection;
    std::shared_ptr<WorkerSignal> signal;
    std::shared_ptr<std::atomic<bool>> ran;

    Job(Job&&) noexcept = default;
    Job& operator=(Job&&) = delete;
    Job(blocking::Work what, std::stop_token stop, std::shared_ptr<WorkerSignal> over,
        std::shared_ptr<std::atomic<bool>> has_run)
        : work(std::move(what)),
          connection(std::move(stop)),
          signal(std::move(over)),
          ran(std::move(has_run)) {}
    /// After the work, or in its place where the pool stops before.
    ~Job() {
      if (signal) signal->set();
    }
    void operator()(const std::stop_token& of_pool) {
      std::stop_source either;
      const auto ask = [&either] { either.request_stop(); };
      const std::stop_callback by_pool(of_pool, ask);
      const std::stop_callback by_connection(connection, ask);
      work(either.get_token());
      ran->store(true);
    }
  };
  const auto signal = std::make_shared<WorkerSignal>(connection_.worker_.inbox());
  const auto ran = std::make_shared<std::atomic<bool>>(false);
  auto posted = pool.post(Job(std::move(work), stop_.get_token(), signal, ran));
  if (!posted) co_return posted;
  if (auto over = co_await wait(*signal, std::nullopt, Until::set); !over) {
    // The work may refer to what is here: its end is waited for in any case.
    stop_.request_stop();
    while (!signal->is_set()) co_await suspend(*signal, std::nullopt, false, false);
  }
  if (!ran->load())
    co_return fail(ErrorKind::stopped, "pool_stopped", "The pool of threads has been stopped.");
  co_return {};
}

Task<Result<WebSocket>> ConnectionExchange::upgrade(WebSocketOptions options) {
  if (broken_) co_return std::unexpected(*broken_);
  if (begun_) co_return bad_response("The answer has begun before.");
  auto denied = judge_upgrade(request(), options);
  if (!denied && connection_.reader_.is_http_1_0())
    denied = Refusal{400, {"not_a_websocket", "HTTP/1.0 has no Upgrade.", ErrorKind::usage}};
  if (!denied && (!body_is_done() || length_ != 0))
    denied = Refusal{400, {"body_not_allowed", "A request for a WebSocket has no body.", ErrorKind::usage}};
  if (denied) {
    auto response = error_response(denied->status, denied->error.code, denied->error.message);
    if (denied->status == 426) {
      response.headers.set("Upgrade", "websocket");
      response.headers.set("Sec-WebSocket-Version", "13");
    }
    response.headers.set("Connection", "close");
    if (auto sent = co_await respond(std::move(response)); !sent) co_return std::unexpected(sent.error());
    co_return std::unexpected(std::move(denied->error));
  }
  connection_.deadline_ = SteadyClock::time_point::max();
  connection_.whole_deadline_ = SteadyClock::time_point::max();
  begun_ = head_left_ = ended_ = true;
  socket_ = make_session(connection_, std::move(options));
  if (auto accepted = co_await socket_->accept(request()); !accepted) co_return broken(accepted.error());
  co_return WebSocket(socket_);
}

}  // namespace skerry::http
