#pragma once

// Of the server's own files alone.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "native-host/http/request_reader.hpp"
#include "native-host/http/websocket.hpp"
#include "shared/http.hpp"

namespace skerry::http {

class Connection;

/// Why a request can't become a WebSocket (RFC 6455 §4.2): 400, 403 or 426.
std::optional<Refusal> judge_upgrade(const Request& request, const WebSocketOptions& options);
/// The first of `wanted` that the client offers.
std::string choose_subprotocol(const Request& request, const std::vector<std::string>& wanted);

/// What a WebSocket is on its connection's thread.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;

  virtual Task<Result<void>> accept(const Request& request) = 0;
  virtual Task<Result<WebSocketMessage>> read() = 0;
  virtual Task<Result<void>> write(std::string_view data, bool binary) = 0;
  virtual Task<Result<void>> close(CloseCode code, std::string_view reason) = 0;
  virtual void follow(Hub& hub) = 0;
  /// After the handler: closes what it left open, and returns when nothing is under way.
  virtual Task<void> finish(bool failed) = 0;

  [[nodiscard]] virtual const std::string& protocol() const = 0;
  [[nodiscard]] virtual std::uint16_t peer_code() const = 0;
  /// Bytes of messages.
  [[nodiscard]] virtual std::uint64_t sent() const = 0;
};

std::shared_ptr<WebSocketSession> make_session(Connection& connection, WebSocketOptions options);

}  // namespace skerry::http
