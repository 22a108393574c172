#include "native-host/http/connection.hpp"

#include <array>
#include <exception>
#include <stdexcept>

#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "native-host/http/connection_exchange.hpp"
#include "native-host/http/listener.hpp"
#include "native-host/http/redirect.hpp"
#include "native-host/http/tls_session.hpp"
#include "shared/refusal.hpp"

namespace skerry::http {
namespace {

constexpr auto kLinger = std::chrono::seconds(2);
constexpr int kTooMany = 429;
constexpr std::uint64_t kUnroutedBody = std::uint64_t{64} * 1024;
using State = Step::State;

/// What the first bytes of TLS say, without taking them.
struct Hello {
  std::size_t came = 0;
  std::size_t size = 0;  ///< of its record; 0: it is for OpenSSL to say what is wrong
  bool is_refused = false;
};

/// RFC 8446 §5.1, §4. A ClientHello that is larger than a record is nobody's, and OpenSSL would make room for
/// 128 KiB of it.
Hello look_at_hello(int fd) {
  constexpr std::size_t kRecordHead = 5;
  constexpr std::size_t kMessageHead = 4;
  constexpr std::size_t kMostOfRecord = std::size_t{16} * 1024;
  constexpr unsigned kHandshake = 22;
  std::array<unsigned char, kRecordHead + kMessageHead> head{};
  const auto peeked = ::recv(fd, head.data(), head.size(), MSG_PEEK | MSG_DONTWAIT);
  int waiting = 0;
  if (peeked <= 0 || ::ioctl(fd, FIONREAD, &waiting) != 0) return {.is_refused = peeked == 0};
  const auto came = static_cast<std::size_t>(waiting);
  if (head[0] != kHandshake) return {.came = came};
  if (static_cast<std::size_t>(peeked) < head.size()) return {.came = came, .size = head.size()};
  const std::size_t record = std::size_t{head[3]} << 8U | head[4];
  const std::size_t message = std::size_t{head[6]} << 16U | std::size_t{head[7]} << 8U | head[8];
  if (record < kMessageHead || record > kMostOfRecord || message > kMostOfRecord - kMessageHead)
    return {.is_refused = true};
  return {.came = came, .size = kRecordHead + record};
}

/// The socket is readable once so many bytes have come, or its end.
void wake_at(int fd, std::size_t bytes) {
  const auto size = static_cast<int>(bytes);
  ::setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &size, sizeof(size));
}

class HandshakePlace {
 public:
  explicit HandshakePlace(Worker& worker) : worker_(worker), taken_(worker.begin_handshake()) {}
  ~HandshakePlace() {
    if (taken_) worker_.end_handshake();
  }
  HandshakePlace(const HandshakePlace&) = delete;
  HandshakePlace& operator=(const HandshakePlace&) = delete;
  [[nodiscard]] bool taken() const { return taken_; }

 private:
  Worker& worker_;
  bool taken_;
};

/// One of the exchanges that a handler may have at the same time.
class Seat {
 public:
  Seat(Seats& seats, const Handler* handler)
      : seats_(seats), handler_(handler != nullptr && handler->max_concurrent > 0 ? handler : nullptr) {
    if (handler_ != nullptr && !seats_.take(*handler_)) {
      handler_ = nullptr;
      refused_ = true;
    }
  }
  ~Seat() {
    if (handler_ != nullptr) seats_.leave(*handler_);
  }
  Seat(const Seat&) = delete;
  Seat& operator=(const Seat&) = delete;
  [[nodiscard]] bool refused() const { return refused_; }

 private:
  Seats& seats_;
  const Handler* handler_;
  bool refused_ = false;
};

}  // namespace

Refusal too_many(std::string_view what, const Holding& holding) {
  const std::string text(what);
  if (holding.share_is_full())
    return {
        kTooMany,
        {"too_many_" + text, "You have too many " + text + " under way; try again later.", ErrorKind::busy}};
  return {503, {"too_many_" + text, "The server holds too many " + text + " in memory.", ErrorKind::busy}};
}

Connection::Connection(Worker& worker, Arrival arrival)
    : worker_(worker),
      socket_(worker.io().get_executor()),
      holding_(worker.shared().memory, arrival.peer ? arrival.peer->share() : nullptr),
      stream_(arrival.fd.get()),
      reader_({worker.options().max_header_bytes, worker.options().max_target_bytes}),
      input_memory_(holding_),
      body_memory_(holding_),
      unread_memory_(holding_),
      client_(std::move(arrival.client)),
      byte_timeout_(worker.options().request_timeout),
      peer_(std::move(arrival.peer)),
      refused_with_(arrival.refused_with),
      speaks_tls_(arrival.tls),
      redirected_(arrival.redirected),
      is_timed_(worker.options().access_log || worker.options().observe) {
  error_code ec;
  std::ignore = socket_.assign({arrival.family, 0}, arrival.fd.get(), ec);
  if (!ec) std::ignore = arrival.fd.release();
  std::ignore = socket_.non_blocking(true, ec);
  worker_.enter(*this);
}

Connection::~Connection() {
  worker_.leave(*this);
}

void Connection::wake_late(SteadyClock::time_point now) {
  if (waiting_ && now >= whole_deadline_) return waiting_->wake(Woken::late);
  cancel();
}

void Connection::drain() {
  if (idle_) return cancel();
  if (takeover_ != nullptr) return takeover_->drain();
  if (waiting_ && waiting_->until_stopping) waiting_->wake(Woken::stopping);
}

void Connection::close() {
  closed_ = true;
  if (takeover_ != nullptr) takeover_->close();
  shut();
  if (pending_ && pending_->wake) asio::post(socket_.get_executor(), std::exchange(pending_->wake, nullptr));
  if (waiting_) waiting_->wake(Woken::closed);
}

void Connection::shut() {
  ::shutdown(socket_.native_handle(), SHUT_RDWR);
  cancel();
}

Task<void> Connection::run() {
  if (!socket_.is_open() || (speaks_tls_ && !co_await handshake())) co_return;
  if (refused_with_ == kTooMany) {
    co_await refuse({kTooMany, {"too_many_connections", "You have too many open connections."}});
  } else if (refused_with_ != 0) {
    co_await refuse({refused_with_, {"too_many_connections", "The server has too many open connections."}});
  } else {
    while (co_await read_head() && co_await serve_one()) reader_.next();
  }
  if (lingers_) {
    co_await linger();
  } else if (stream_.is_tls() && !closed_) {
    stream_.end_writing();
  }
}

Task<bool> Connection::await_hello() {
  const int fd = socket_.native_handle();
  std::size_t awaited = 0;
  idle_ = true;  // a stop doesn't wait for it
  worker_.spare(*this, SteadyClock::now(), true);
  while (true) {
    if (worker_.draining() || !co_await ready_for(State::want_read)) co_return false;
    const auto hello = look_at_hello(fd);
    if (hello.is_refused) co_return false;
    // Woken before: it has ended, or the system has no room for more.
    if (hello.came >= hello.size || hello.came < awaited) break;
    awaited = hello.size;
    wake_at(fd, awaited);
  }
  if (awaited > 0) wake_at(fd, 1);
  idle_ = false;
  unlink();
  co_return true;
}

Task<bool> Connection::handshake() {
  deadline_ = SteadyClock::now() + worker_.options().handshake_timeout;
  if (!co_await await_hello()) co_return false;
  // It computes for as long as many requests do.
  co_await Turn{.connection = *this, .must = true};
  const HandshakePlace place(worker_);
  if (!place.taken()) co_return false;
  const int fd = socket_.native_handle();
  stream_ = Stream(fd, worker_.shared().tls->accept(fd, holding_));
  while (true) {
    const auto step = stream_.handshake();
    if (step.state == State::some) break;
    if (step.state != State::want_read && step.state != State::want_write) co_return false;
    idle_ = true;
    if (!is_linked()) worker_.spare_handshake(*this, SteadyClock::now());
    if (worker_.draining() || !co_await ready_for(step.state)) co_return false;
    idle_ = false;
    co_await Turn{.connection = *this, .must = true};
    if (!is_linked()) co_return false;  // given up meanwhile
  }
  unlink();
  co_return true;
}

void Connection::take_limits() {
  byte_timeout_ = worker_.options().request_timeout;
  if (handler_ == nullptr) return;
  if (handler_->byte_timeout.count() > 0) byte_timeout_ = handler_->byte_timeout;
  if (handler_->whole_timeout.count() > 0) whole_deadline_ = SteadyClock::now() + handler_->whole_timeout;
}

std::optional<Refusal> Connection::check_client() {
  const auto too_soon = [] {
    return Refusal{kTooMany, {"too_many_requests", "You send too many requests; try again later."}};
  };
  if (peer_) return peer_->take_request(SteadyClock::now()) ? std::nullopt : std::optional(too_soon());
  const auto& named = worker_.options().named_client;
  const auto client = named ? named(reader_.request()) : std::nullopt;
  if (!client) return {};
  const auto taken = worker_.shared().peers.take_request(*client, SteadyClock::now());
  if (taken.too_soon) return too_soon();
  if (!holding_.move_to(taken.share)) return too_many("heads", holding_);
  return {};
}

Task<bool> Connection::serve_one() {
  if (is_timed_) started_ = SteadyClock::now();
  reader_.set_client(client_);
  if (redirected_) {
    auto elsewhere = redirect_to_https(reader_.request(), worker_.options().redirect_port);
    if (reader_.state() == RequestReader::State::body) elsewhere.headers.set("Connection", "close");
    const auto goes_on = co_await answer(elsewhere);
    lingers_ = lingers_ || reader_.state() == RequestReader::State::body;
    co_return goes_on;
  }
  if (auto refused = check_client()) co_return co_await refuse(*std::move(refused));
  handler_ = worker_.router()(reader_.request());
  take_limits();
  const Seat seat(worker_.shared().seats, handler_);
  if (seat.refused())
    co_return co_await refuse({503, {"too_many_exchanges", "Too many of these requests are under way."}});
  if (handler_ != nullptr && handler_->admit) {
    if (auto refused = handler_->admit(reader_.request())) {
      const bool unread = reader_.state() == RequestReader::State::body;
      if (unread) refused->headers.set("Connection", "close");
      const auto goes_on = co_await answer(*refused);
      lingers_ = lingers_ || unread;
      co_return goes_on;
    }
  }
  if (handler_ != nullptr && handler_->serve) co_return co_await serve_exchange();
  if (handler_ == nullptr && reader_.expects_continue())
    co_return co_await refuse({404, {"not_found", "There is nothing here."}});
  if (reader_.state() == RequestReader::State::body &&
      !co_await read_body(handler_ != nullptr ? handler_->max_body_bytes : kUnroutedBody))
    co_return false;
  if (handler_ == nullptr)
    co_return co_await answer(error_response(404, "not_found", "There is nothing here."));
  if (handler_->respond_later) co_return co_await serve_later();
  co_return co_await answer(respond([this] { return handler_->respond(request()); }));
}

Task<bool> Connection::serve_later() {
  auto& waiting = worker_.waiting(*handler_);
  if (waiting >= std::max(handler_->max_waiting / worker_.options().workers, 1U)) {
    auto busy = error_response(503, "too_many_waiting", "Too many requests wait for their answers.");
    busy.headers.set("Retry-After", "1");
    co_return co_await answer(busy);
  }
  ask();
  if (!pending_->over) {
    if (worker_.closed()) co_return false;
    struct Over {
      Pending& pending;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<> waiter) const {
        pending.wake = [waiter] { waiter.resume(); };
      }
      void await_resume() const noexcept {}
    };
    ++waiting;
    turn_ = 0;
    co_await Over{*pending_};
    --waiting;
    if (!pending_->over) co_return false;
  }
  co_return co_await answer(respond([this] {
    if (!pending_->answered) throw std::runtime_error("it gave no answer");
    return std::move(pending_->response);
  }));
}

Task<bool> Connection::serve_exchange() {
  ConnectionExchange exchange(*this);
  if (auto fits = exchange.begin_body(); !fits) co_return co_await refuse(fits.error());
  bool failed = true;
  try {
    co_await handler_->serve(exchange);
    failed = false;
  } catch (const std::exception& error) {
    worker_.report(std::string("A handler failed: ") + error.what());
  } catch (...) {
    worker_.report("A handler failed.");
  }
  co_return co_await exchange.finish(failed);
}

void Connection::ask() {
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

Task<bool> Connection::read_head() {
  pending_.reset();
  body_memory_.reset();
  unread_memory_.reset();
  if (!peer_) holding_.move_to(nullptr);
  handler_ = nullptr;
  whole_deadline_ = SteadyClock::time_point::max();
  idle_ = true;
  const auto now = SteadyClock::now();
  worker_.spare(*this, now, !has_asked_);
  deadline_ = now + worker_.options().idle_timeout;
  bool waits = true;
  // The next of a pipeline.
  if (!input_.empty()) co_await Turn{*this};
  while (true) {
    if (!input_.empty()) {
      auto took = reader_.read(input_.bytes());
      if (!took) co_return co_await refuse(took.error());
      input_.consume(*took);
      if (reader_.state() != RequestReader::State::head) {
        // The reader has a copy of it.
        if (!input_memory_.grow_to(input_.size() + *took))
          co_return co_await refuse(too_many("heads", holding_));
        break;
      }
      if (!input_.has_room(input_memory_)) co_return co_await refuse(too_many("heads", holding_));
    }
    const auto has_begun = !input_.empty();
    if (idle_ && has_begun) {
      const auto began = SteadyClock::now();
      deadline_ = began + worker_.options().request_timeout;
      worker_.spare(*this, began, true);
    }
    idle_ = !has_begun;
    if (idle_ && worker_.draining()) co_return false;
    Step step{State::want_read};
    // Between two requests there is rarely something to read already: waiting finds it as well.
    if (!idle_ || stream_.is_tls() || !std::exchange(waits, false)) {
      co_await Turn{*this};
      const auto [room, size] = input_.prepare();
      step = stream_.read(room, size);
    }
    if (step.state == State::some) {
      input_.commit(step.count);
      continue;
    }
    if (stream_.lacks_room()) co_return co_await refuse(too_many("heads", holding_));
    if (step.state == State::ended || step.state == State::failed) co_return false;
    if (idle_) {
      input_.release();
      input_memory_.reset();
    }
    if (!co_await ready_for(step.state)) {
      if (has_begun && timed_out_)
        co_return co_await refuse({408, {"request_timeout", "The request's head took too long."}});
      co_return false;
    }
  }
  idle_ = false;
  has_asked_ = true;
  unlink();
  co_return true;
}

Task<bool> Connection::read_body(std::uint64_t limit) {
  if (auto fits = reader_.limit_body(limit); !fits) co_return co_await refuse(fits.error());
  if (reader_.expects_continue() && input_.empty() && !co_await send("HTTP/1.1 100 Continue\r\n\r\n", {}))
    co_return false;
  auto pace = this->pace();
  while (true) {
    if (!input_.empty()) {
      auto took = reader_.read(input_.bytes());
      if (!took) co_return co_await refuse(took.error());
      input_.consume(*took);
      pace.add(*took);
      if (!body_memory_.grow_to(reader_.body_capacity()))
        co_return co_await refuse(too_many("bodies", holding_));
      if (reader_.state() == RequestReader::State::done) co_return true;
      input_.adapt(input_memory_);
      if (!input_.has_room(input_memory_)) co_return co_await refuse(too_many("bodies", holding_));
    }
    co_await Turn{*this};
    const auto [room, size] = input_.prepare();
    const auto step = stream_.read(room, size);
    if (step.state == State::some) {
      input_.commit(step.count);
      continue;
    }
    if (stream_.lacks_room()) co_return co_await refuse(too_many("bodies", holding_));
    if (step.state == State::ended || step.state == State::failed) co_return false;
    deadline_ = pace.begin_wait();
    if (!co_await ready_for(step.state)) {
      if (timed_out_) co_return co_await refuse({408, {"request_timeout", "The body took too long."}});
      co_return false;
    }
    pace.end_wait();
  }
}

/// What the handler gives, or 500.
template <class Give>
Response Connection::respond(Give give) {
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

Task<bool> Connection::answer(const Response& response) {
  auto keep_alive = reader_.keep_alive() && !asks_to_close(response) && !worker_.draining();
  auto is_head = request().method == "HEAD";
  auto content = is_head || !has_content(response.status) ? std::string_view() : response.body.view();
  head_.clear();
  append_response_head(head_, response,
                       {.date = worker_.date(),
                        .head_request = is_head,
                        .http_1_0 = reader_.is_http_1_0(),
                        .keep_alive = keep_alive});
  // Where others have it as well, waiting for this client costs no memory.
  is_shared_ = response.body.owner().use_count() != 1;
  auto sent = co_await send(head_, content);
  is_shared_ = false;
  note(response.status, content.size());
  lingers_ = sent && !keep_alive && !input_.empty();
  co_return sent&& keep_alive;
}

Task<bool> Connection::refuse(Refusal why) {
  idle_ = false;
  unlink();
  whole_deadline_ = SteadyClock::time_point::max();
  drop_body();
  // No event goes where nothing is.
  auto response = why.status == 404 ? error_response(why.status, why.error.code, why.error.message)
                                    : refusal_response(why.status, why.error.code, why.error.message);
  if (why.status == 503 || why.status == kTooMany) response.headers.set("Retry-After", "1");
  head_.clear();
  append_response_head(head_, response, {.date = worker_.date(), .keep_alive = false});
  auto content = request().method == "HEAD" ? std::string_view() : response.body.view();
  lingers_ = co_await send(head_, content);
  note(response.status, content.size());
  co_return false;
}

/// What came of it makes room for others at once, though the connection may linger.
void Connection::drop_body() {
  std::string body;
  if (!pending_) reader_.take_piece(body);
  body_memory_.reset();
  input_.consume(input_.bytes().size());
  input_.release();
  input_memory_.reset();
}

Task<void> Connection::linger() {
  stream_.end_writing();
  whole_deadline_ = SteadyClock::time_point::max();
  deadline_ = SteadyClock::now() + kLinger;
  while (SteadyClock::now() < deadline_) {
    input_.consume(input_.bytes().size());
    co_await Turn{*this};
    const auto [room, size] = input_.prepare();
    const auto step = stream_.read(room, size);
    if (step.state == State::some) continue;
    if (step.state != State::want_read || !co_await ready_for(step.state)) break;
  }
}

Task<bool> Connection::send(std::string_view first, std::string_view second, std::string_view third) {
  auto pace = this->pace();
  while (true) {
    const auto step = stream_.write(first, second, third);
    if (step.state == State::want_read || step.state == State::want_write) {
      if (!is_shared_ && !unread_memory_.grow_to(first.size() + second.size() + third.size()))
        co_return false;
      deadline_ = pace.begin_wait();
      if (!co_await ready_for(step.state)) co_return false;
      pace.end_wait();
      continue;
    }
    if (step.state != State::some) co_return false;
    pace.add(step.count);
    auto left = step.count;
    for (auto* piece : {&first, &second, &third}) {
      const auto of_piece = std::min(left, piece->size());
      piece->remove_prefix(of_piece);
      left -= of_piece;
    }
    if (first.empty() && second.empty() && third.empty()) co_return true;
    co_await Turn{*this};
  }
}

void Connection::note(int status, std::uint64_t bytes) {
  if (!is_timed_) return;
  const auto time = SteadyClock::now() - started_;
  if (const auto& observe = handler_ != nullptr ? handler_->observe : worker_.options().observe; observe)
    observe(status, time);
  if (!worker_.options().access_log) return;
  worker_.log_access(
      request(), {
                     .time = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now()),
                     .client = client_,
                     .method = request().method,
                     .target = request().target,
                     .user_agent = request().headers.get("user-agent").value_or(""),
                     .status = status,
                     .bytes = bytes,
                     .duration = std::chrono::duration_cast<std::chrono::microseconds>(time),
                 });
}

}  // namespace skerry::http
