#pragma once

// Of the server's own files alone: it brings in Asio.

#include <expected>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "native-host/http/connection.hpp"
#include "native-host/http/exchange.hpp"
#include "native-host/http/websocket.hpp"
#include "native-host/http/websocket_session.hpp"

namespace skerry::http {

/// One request of a connection, as a coroutine sees it.
class ConnectionExchange final : public Exchange {
 public:
  explicit ConnectionExchange(Connection& connection);
  ~ConnectionExchange() override;

  /// Checks what the head says of the body.
  std::expected<void, Refusal> begin_body();
  /// After the handler. False: the connection is over.
  Task<bool> finish(bool failed);

  [[nodiscard]] const Request& request() const override { return connection_.reader_.request(); }
  [[nodiscard]] std::optional<std::uint64_t> body_length() const override;
  [[nodiscard]] bool stopping() const override { return connection_.worker_.draining(); }
  [[nodiscard]] bool begun() const override { return begun_; }

  Task<Result<std::string_view>> read() override;
  Result<void> begin(Head head) override;
  Task<Result<void>> write(std::string_view piece) override;
  Task<Result<void>> end() override;
  Task<Result<void>> respond(Response response) override;
  Task<Result<void>> send_file(int fd, std::uint64_t offset, std::uint64_t length) override;
  Task<Result<WebSocket>> upgrade(WebSocketOptions options) override;
  std::shared_ptr<Signal> make_signal() override;
  Task<Result<bool>> wait(Signal& signal, std::optional<std::chrono::milliseconds> timeout,
                          Until until) override;

 protected:
  Task<Result<void>> run_blocking(blocking::Pool& pool, blocking::Work work) override;
  Result<void> hold(std::size_t bytes) override;

 private:
  [[nodiscard]] bool body_is_done() const {
    return length_ ? left_ == 0 : connection_.reader_.state() == RequestReader::State::done;
  }
  /// Whether the connection can go on after an answer that begins now.
  [[nodiscard]] bool can_keep_alive() const;
  /// More bytes of the body into the input.
  Task<Result<void>> receive(Pace& pace);
  Task<Result<std::string_view>> read_sized();
  Task<Result<std::string_view>> read_chunked();
  Task<Result<void>> say_continue();
  Task<bool> drain();
  Task<bool> answer_failure();
  Task<Result<void>> transmit(std::string_view content, std::string_view after);
  [[nodiscard]] std::unexpected<Error> lost(std::string_view what);
  /// Remembers what ended the exchange.
  std::unexpected<Error> broken(Error error);
  std::unexpected<Error> refused(Refusal why);
  Result<void> count_out(std::uint64_t bytes);
  void watch_peer(const std::shared_ptr<Waiting>& waiting);
  Task<Woken> suspend(WorkerSignal& signal, std::optional<std::chrono::milliseconds> timeout, bool watch,
                      bool until_stopping);

  Connection& connection_;
  std::optional<std::uint64_t> length_;  // of the body, unless it is chunked
  std::uint64_t left_ = 0;               // of such a body
  std::size_t held_ = 0;                 // of the input, lent to the handler
  std::string piece_;                    // of a chunked body, lent too
  std::optional<Pace> in_pace_;
  bool continue_ = false;  // the client waits for it
  std::optional<Refusal> refusal_;
  std::optional<Error> broken_;

  int status_ = 0;
  Framing framing_;
  bool begun_ = false;
  bool head_left_ = false;  // some of the head has been sent
  bool ended_ = false;
  bool silent_ = false;  // no content is sent
  bool overrun_ = false;
  std::uint64_t to_come_ = 0;  // of a body with a length
  std::uint64_t sent_ = 0;
  std::optional<Pace> out_pace_;
  std::stop_source stop_;
  std::shared_ptr<WebSocketSession> socket_;
};

}  // namespace skerry::http
