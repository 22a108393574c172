#include "native-host/http/websocket_session.hpp"

#include <array>
#include <deque>
#include <functional>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/compose.hpp>
#include <boost/beast/core/error.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/websocket/error.hpp>
#include <boost/beast/websocket/option.hpp>
#include <boost/beast/websocket/rfc6455.hpp>
#include <boost/beast/websocket/stream.hpp>
#include <boost/beast/websocket/stream_base.hpp>
#include <boost/beast/websocket/teardown.hpp>

#include "native-host/http/connection.hpp"

namespace skerry::http {

namespace beast = boost::beast;
namespace ws = beast::websocket;

// Messages of this size fit into one read without growing.
constexpr std::size_t kReadStep = std::size_t{64} * 1024;
// What may come without bringing anything: more than Beast reads ahead, and less than is worth a message's
// time.
constexpr std::size_t kIdleBytes = std::size_t{64} * 1024;
constexpr std::size_t kFrameHead = 6;  // of a client's control frame: two bytes and the mask

/// A connection as Beast's WebSocket reads and writes it: an AsyncStream on the worker's thread.
class WebSocketTransport {
 public:
  using executor_type = Executor;

  explicit WebSocketTransport(Connection& connection) : connection_(connection) {}

  [[nodiscard]] executor_type get_executor() const { return connection_.worker_.io().get_executor(); }

  template <class Buffers, class Handler>
  auto async_read_some(const Buffers& buffers, Handler&& handler) {
    asio::mutable_buffer first;
    for (auto at = asio::buffer_sequence_begin(buffers); at != asio::buffer_sequence_end(buffers); ++at) {
      first = *at;
      if (first.size() > 0) break;
    }
    return asio::async_compose<Handler, void(error_code, std::size_t)>(
        Operation(connection_, [this, first] { return read(first); }), handler, get_executor());
  }

  template <class Buffers, class Handler>
  auto async_write_some(const Buffers& buffers, Handler&& handler) {
    std::array<std::string_view, 3> pieces;
    std::size_t count = 0;
    for (auto at = asio::buffer_sequence_begin(buffers);
         at != asio::buffer_sequence_end(buffers) && count < pieces.size(); ++at) {
      const asio::const_buffer piece(*at);
      if (piece.size() > 0) pieces[count++] = {static_cast<const char*>(piece.data()), piece.size()};
    }
    return asio::async_compose<Handler, void(error_code, std::size_t)>(
        Operation(connection_,
                  [this, pieces] { return connection_.stream_.write(pieces[0], pieces[1], pieces[2]); }),
        handler, get_executor());
  }

  /// Is called when too much has come since the last `progress`: Beast swallows empty fragments itself.
  void on_idle(std::move_only_function<void()> call) { on_idle_ = std::move(call); }
  /// Something of a message has come: all that came before is accounted for.
  void progress() { idle_bytes_ = 0; }
  /// So many bytes were of use, but of no message's.
  void account_for(std::size_t bytes) { idle_bytes_ -= std::min(idle_bytes_, bytes); }

  void end_writing() { connection_.stream_.end_writing(); }
  void close() { connection_.shut(); }

 private:
  /// A step that is tried until it comes off; it never completes where it was started.
  template <class Try>
  class Operation {
   public:
    Operation(Connection& connection, Try attempt) : connection_(&connection), try_(std::move(attempt)) {}

    template <class Self>
    void operator()(Self& self, error_code ec = {}) {
      if (posted_) return self.complete(result_, count_);
      if (std::exchange(timed_, false)) connection_->deadline_ = SteadyClock::time_point::max();
      if (ec) return self.complete(ec, 0);
      const auto step = try_();
      if (step.state == Step::State::want_read || step.state == Step::State::want_write) {
        const auto writes = step.state == Step::State::want_write;
        // Who doesn't read is cut off; for who doesn't write there are pings.
        if (writes) connection_->deadline_ = SteadyClock::now() + connection_->byte_timeout_;
        timed_ = writes;
        waited_ = true;
        return connection_->socket_.async_wait(writes ? Socket::wait_write : Socket::wait_read,
                                               std::move(self));
      }
      if (step.state == Step::State::some) {
        count_ = step.count;
      } else {
        result_ = step.state == Step::State::ended ? error_code(asio::error::eof)
                                                   : error_code(asio::error::connection_reset);
      }
      if (waited_) return self.complete(result_, count_);
      posted_ = true;
      asio::post(connection_->worker_.io().get_executor(), std::move(self));
    }

   private:
    Connection* connection_;
    Try try_;
    error_code result_;
    std::size_t count_ = 0;
    bool timed_ = false;
    bool waited_ = false;
    bool posted_ = false;
  };

  /// First what had come before the upgrade.
  Step read(asio::mutable_buffer into) {
    auto& input = connection_.input_;
    if (input.empty())
      return count_in(connection_.stream_.read(static_cast<char*>(into.data()), into.size()));
    const auto count = std::min(into.size(), input.bytes().size());
    std::memcpy(into.data(), input.bytes().data(), count);
    input.consume(count);
    if (input.empty()) input.release();
    return count_in({Step::State::some, count});
  }
  Step count_in(Step step) {
    if (step.state != Step::State::some) return step;
    idle_bytes_ += step.count;
    // A read that large is of a payload, and is handed on at once.
    if (idle_bytes_ > kIdleBytes + kReadStep && on_idle_) std::exchange(on_idle_, nullptr)();
    return step;
  }

  Connection& connection_;
  std::move_only_function<void()> on_idle_;
  std::size_t idle_bytes_ = 0;
};

// What Beast looks for by name.
template <class Handler>
void async_teardown(beast::role_type, WebSocketTransport& transport, Handler&& handler) {
  transport.end_writing();
  asio::post(transport.get_executor(),
             [handler = std::forward<Handler>(handler)]() mutable { std::move(handler)(error_code()); });
}
void teardown(beast::role_type, WebSocketTransport& transport, error_code& ec) {
  ec = {};
  transport.end_writing();
}
void beast_close_socket(WebSocketTransport& transport) {
  transport.close();
}

namespace {

class Session final : public WebSocketSession, public Takeover, public std::enable_shared_from_this<Session> {
 public:
  Session(Connection& connection, WebSocketOptions options)
      : connection_(connection),
        options_(std::move(options)),
        socket_(connection),
        message_timer_(connection.worker().io().get_executor()) {}

  Task<Result<void>> accept(const Request& request) override;
  Task<Result<WebSocketMessage>> read() override;
  Task<Result<void>> write(std::string_view data, bool binary) override;
  Task<Result<void>> close(CloseCode code, std::string_view reason) override;
  void follow(Hub& hub) override;
  Task<void> finish(bool failed) override;
  [[nodiscard]] const std::string& protocol() const override { return protocol_; }
  [[nodiscard]] std::uint16_t peer_code() const override { return peer_code_; }
  [[nodiscard]] std::uint64_t sent() const override { return sent_; }

  void drain() override {
    stopping_ = true;
    begin_close(CloseCode::going_away, "The server is stopping.");
  }
  void close() override {
    stopping_ = true;
    message_timer_.cancel();
  }

 private:
  /// An asynchronous call of Beast's whose end resumes the coroutine.
  template <class Start>
  struct Call {
    Session& session;
    Start start;
    error_code ec = {};
    std::size_t count = 0;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      start([this, self = session.enter(), waiter](error_code result, std::size_t size = 0) {
        ec = result;
        count = size;
        waiter.resume();
      });
    }
    std::pair<error_code, std::size_t> await_resume() const { return {ec, count}; }
  };
  template <class Start>
  Call<Start> call(Start start) {
    return {*this, std::move(start)};
  }
  /// While one of these lives, something is under way that refers to the connection.
  struct Pass {
    explicit Pass(std::shared_ptr<Session> of) : session(std::move(of)) { ++session->under_way_; }
    Pass(Pass&& other) noexcept : session(std::move(other.session)) {}
    Pass(const Pass& other) : session(other.session) {
      if (session) ++session->under_way_;
    }
    Pass& operator=(const Pass&) = delete;
    ~Pass() {
      if (session) session->leave();
    }
    std::shared_ptr<Session> session;
  };
  Pass enter() { return Pass(shared_from_this()); }
  void leave() {
    if (--under_way_ > 0 || !all_over_) return;
    // Not from within what is ending.
    asio::post(connection_.worker().io().get_executor(), [self = shared_from_this()] {
      if (self->all_over_) std::exchange(self->all_over_, nullptr).resume();
    });
  }

  void begin_close(CloseCode code, std::string_view reason);
  void pump();
  void watch_message();
  std::unexpected<Error> ended(const error_code& ec);

  struct Outgoing {
    std::string_view data;
    bool binary;
    std::coroutine_handle<> waiter;
    error_code* result;
  };

  Connection& connection_;
  WebSocketOptions options_;
  ws::stream<WebSocketTransport, true> socket_;
  Timer message_timer_;
  std::string protocol_;
  std::string message_;
  std::deque<Outgoing> outgoing_;
  SharedMessage publishing_;
  std::shared_ptr<Outbox> outbox_;
  std::vector<Hub::Subscription> subscriptions_;
  std::optional<Error> error_;  // why the session itself closed
  std::uint16_t peer_code_ = 0;
  std::uint64_t sent_ = 0;
  unsigned under_way_ = 0;
  std::coroutine_handle<> all_over_;
  bool writing_ = false;
  bool closing_ = false;
  bool stopping_ = false;
  bool open_ = false;
};

Task<Result<void>> Session::accept(const Request& request) {
  connection_.set_takeover(this);
  protocol_ = choose_subprotocol(request, options_.protocols);
  socket_.read_message_max(options_.max_message);
  socket_.auto_fragment(false);
  socket_.control_callback([this](ws::frame_type, beast::string_view payload) {
    socket_.next_layer().account_for(kFrameHead + payload.size());
  });
  socket_.next_layer().on_idle([this] {
    // Not from within what reads.
    asio::post(connection_.worker().io().get_executor(), [pass = enter()] {
      auto& session = *pass.session;
      if (session.closing_) return;
      session.error_ = {"bad_message", "A message has fragments without end.", ErrorKind::usage};
      session.begin_close(CloseCode::policy_violation, "Too many empty fragments.");
    });
  });
  socket_.set_option(ws::stream_base::timeout{options_.close_timeout, options_.keep_alive, true});
  ws::permessage_deflate deflate;
  deflate.server_enable = options_.deflate;
  deflate.msg_size_threshold = 256;
  socket_.set_option(deflate);
  socket_.set_option(ws::stream_base::decorator([this](ws::response_type& response) {
    response.set(beast::http::field::server, "skerry");
    response.set(beast::http::field::date,
                 beast::string_view(connection_.worker().date().data(), connection_.worker().date().size()));
    if (!protocol_.empty()) response.set(beast::http::field::sec_websocket_protocol, protocol_);
  }));
  beast::http::request<beast::http::empty_body> head;
  head.version(11);
  head.method(beast::http::verb::get);
  head.target(request.target);
  for (const auto& field : request.headers) head.insert(field.name, field.value);
  const auto [ec, count] = co_await call([&](auto done) { socket_.async_accept(head, std::move(done)); });
  if (ec) co_return ended(ec);
  open_ = true;
  if (stopping_) drain();
  co_return {};
}

std::unexpected<Error> Session::ended(const error_code& ec) {
  open_ = false;
  if (socket_.reason().code != ws::close_code::none || ec == ws::error::closed)
    peer_code_ = socket_.reason().code == ws::close_code::none ? std::uint16_t{1005} : socket_.reason().code;
  if (error_) return std::unexpected(*error_);
  if (stopping_) return fail(ErrorKind::stopped, "server_stopping", "The server is stopping.");
  if (ec == ws::error::closed || (ec == asio::error::operation_aborted && closing_))
    return fail(ErrorKind::stopped, "websocket_closed", "The WebSocket has been closed.");
  if (ec == ws::error::message_too_big || ec == ws::error::buffer_overflow)
    error_ = {"message_too_large", "The message is larger than may come here.", ErrorKind::too_large};
  else if (ec == ws::condition::protocol_violation || ec == ws::error::bad_frame_payload)
    error_ = {"bad_message", "What came is no frame of a WebSocket: " + ec.message() + ".", ErrorKind::usage};
  else
    return fail(ErrorKind::unavailable, "connection_lost", "The WebSocket's connection is lost.");
  return std::unexpected(*error_);
}

void Session::watch_message() {
  message_timer_.expires_after(options_.message_timeout);
  message_timer_.async_wait([self = enter()](const error_code& ec) {
    auto& session = *self.session;
    if (ec || session.closing_) return;
    session.error_ = {"bad_message", "A message took too long to come.", ErrorKind::usage};
    session.begin_close(CloseCode::policy_violation, "The message takes too long.");
  });
}

Task<Result<WebSocketMessage>> Session::read() {
  message_.clear();
  connection_.body_memory().reset();
  bool watched = false;
  while (true) {
    auto buffer = asio::dynamic_buffer(message_);
    const auto [ec, count] =
        co_await call([&](auto done) { socket_.async_read_some(buffer, kReadStep, std::move(done)); });
    if (ec) {
      if (watched) message_timer_.cancel();
      co_return ended(ec);
    }
    socket_.next_layer().progress();
    if (!connection_.body_memory().grow_to(message_.capacity())) {
      if (watched) message_timer_.cancel();
      message_ = {};
      error_ = {"too_many_bodies", "The server holds too many messages in memory.", ErrorKind::busy};
      begin_close(CloseCode::try_again_later, error_->message);
      co_return std::unexpected(*error_);
    }
    if (socket_.is_message_done()) break;
    if (!std::exchange(watched, true)) watch_message();
  }
  if (watched) message_timer_.cancel();
  co_return WebSocketMessage{std::exchange(message_, {}), socket_.got_binary()};
}

Task<Result<void>> Session::write(std::string_view data, bool binary) {
  if (!open_ || closing_) co_return ended(ws::error::closed);
  error_code ec;
  struct Written {
    Session& session;
    Outgoing outgoing;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
      outgoing.waiter = waiter;
      session.outgoing_.push_back(outgoing);
      session.pump();
    }
    void await_resume() const noexcept {}
  };
  co_await Written{*this, {data, binary, nullptr, &ec}};
  if (ec) co_return ended(ec);
  co_return {};
}

void Session::follow(Hub& hub) {
  if (!outbox_) {
    outbox_ = std::make_shared<Outbox>(options_.queue,
                                       [inbox = connection_.worker().inbox(), weak = weak_from_this()] {
                                         inbox->post([weak] {
                                           if (const auto self = weak.lock()) self->pump();
                                         });
                                       });
  }
  subscriptions_.push_back(hub.subscribe(outbox_));
}

/// One message at a time; the handler's own first.
void Session::pump() {
  if (writing_ || !open_ || closing_) {
    // Nobody is going to send it.
    while (!writing_ && !outgoing_.empty()) {
      const auto dropped = outgoing_.front();
      outgoing_.pop_front();
      *dropped.result = ws::error::closed;
      dropped.waiter.resume();
    }
    return;
  }
  Outgoing next{};
  if (!outgoing_.empty()) {
    next = outgoing_.front();
    outgoing_.pop_front();
  } else if (outbox_) {
    if (const auto dropped = outbox_->dropped(); dropped > 0) {
      subscriptions_.clear();
      error_ = {"too_slow", std::to_string(dropped) + " messages were dropped: the peer is too slow.",
                ErrorKind::busy};
      return begin_close(CloseCode::try_again_later, error_->message);
    }
    publishing_ = outbox_->take();
    if (!publishing_) return;
    next = {publishing_->data, publishing_->binary, nullptr, nullptr};
  } else {
    return;
  }
  writing_ = true;
  socket_.binary(next.binary);
  socket_.async_write(asio::buffer(next.data), [pass = enter(), next](const error_code& ec, std::size_t) {
    auto& session = *pass.session;
    session.writing_ = false;
    session.publishing_.reset();
    if (!ec) session.sent_ += next.data.size();
    if (ec) session.open_ = false;
    if (next.result != nullptr) {
      *next.result = ec;
      next.waiter.resume();
    }
    session.pump();
  });
}

void Session::begin_close(CloseCode code, std::string_view reason) {
  if (!open_ || std::exchange(closing_, true)) return;
  ws::close_reason why(static_cast<std::uint16_t>(code));
  reason = reason.substr(0, 123);
  why.reason.assign(reason.begin(), reason.end());
  socket_.async_close(why, [pass = enter()](const error_code&) {
    auto& session = *pass.session;
    session.open_ = false;
    session.pump();
  });
}

Task<Result<void>> Session::close(CloseCode code, std::string_view reason) {
  if (!open_ || closing_) co_return ended(ws::error::closed);
  closing_ = true;
  ws::close_reason why(static_cast<std::uint16_t>(code));
  reason = reason.substr(0, 123);
  why.reason.assign(reason.begin(), reason.end());
  const auto [ec, count] = co_await call([&](auto done) { socket_.async_close(why, std::move(done)); });
  open_ = false;
  if (socket_.reason().code != ws::close_code::none) peer_code_ = socket_.reason().code;
  if (ec && ec != ws::error::closed)
    co_return fail(ErrorKind::unavailable, "connection_lost", "The peer did not answer to the end.");
  co_return {};
}

Task<void> Session::finish(bool failed) {
  subscriptions_.clear();
  begin_close(failed ? CloseCode::internal_error : CloseCode::normal,
              failed ? std::string_view("The server failed.") : std::string_view());
  message_timer_.cancel();
  struct Over {
    Session& session;
    bool await_ready() const noexcept { return session.under_way_ == 0; }
    void await_suspend(std::coroutine_handle<> waiter) const { session.all_over_ = waiter; }
    void await_resume() const noexcept {}
  };
  co_await Over{*this};
  connection_.set_takeover(nullptr);
}

}  // namespace

std::shared_ptr<WebSocketSession> make_session(Connection& connection, WebSocketOptions options) {
  return std::make_shared<Session>(connection, std::move(options));
}

}  // namespace skerry::http
