#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "native-host/http/hub.hpp"
#include "shared/error.hpp"
#include "shared/task.hpp"

namespace skerry::http {

class WebSocketSession;

struct WebSocketOptions {
  /// Subprotocols that are spoken here, the preferred first. The first that the client offers is chosen;
  /// where none is, the connection has none, or is refused (400 `no_common_protocol`) with
  /// `protocol_required`.
  std::vector<std::string> protocols = {};
  bool protocol_required = false;
  /// Origins whose pages may connect (`https://example.org`). Empty: any. Clients that name none are no
  /// browsers, and may.
  std::vector<std::string> origins = {};
  std::size_t max_message = std::size_t{1}
                            << 20U;  ///< of one that comes, in bytes, inflated; beyond it: 1009
  /// From the first to the last fragment of a message that comes; beyond it: 1008.
  std::chrono::milliseconds message_timeout{60'000};
  /// A peer from which nothing came for half of this is sent a ping; after all of it, it is dead.
  std::chrono::milliseconds keep_alive{60'000};
  /// For the peer's answer to a close frame.
  std::chrono::milliseconds close_timeout{5'000};
  /// permessage-deflate (RFC 7692). It costs some 300 kB for each connection.
  bool deflate = false;
  /// Of what a hub publishes and the peer has not taken yet; beyond it: 1013.
  Outbox::Limits queue = {};
};

/// RFC 6455 §7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported_data = 1003,
  bad_payload = 1007,  ///< text that is no UTF-8
  policy_violation = 1008,
  too_big = 1009,
  internal_error = 1011,
  try_again_later = 1013,
};

struct WebSocketMessage {
  std::string data = {};
  bool binary = false;
};

/// One end of a WebSocket, given by `Exchange::upgrade`: of the handler's coroutine alone, and not for longer
/// than it runs. When the handler returns, the socket closes with 1000, or with 1011 where it threw. A server
/// that stops closes it with 1001.
///
/// Pings are sent, and pings and close frames are answered, while a `read` is awaited: a handler that only
/// sends reads all the same, to the end. One `read` and one `write` or `close` at a time.
///
/// Errors of all: `websocket_closed` (stopped; in an orderly way, by either side), `connection_lost`
/// (unavailable; the peer is dead, or cut off its end), `server_stopping` (stopped), `too_slow` (busy; a
/// subscriber that lost messages).
class WebSocket {
 public:
  explicit WebSocket(std::shared_ptr<WebSocketSession> session) : session_(std::move(session)) {}

  /// The subprotocol that was chosen; empty where there is none.
  [[nodiscard]] const std::string& protocol() const;

  /// The next message. Errors besides, after which the socket is closed: `message_too_large` (too_large,
  /// 1009), `bad_message` (usage; 1002 for what is no frame or not masked, 1007 for text that is no UTF-8,
  /// 1008 for fragments without end), `too_many_bodies` (busy, 1013; `Options::max_memory`).
  Task<Result<WebSocketMessage>> read();
  /// Sends a message, and waits until the kernel has it.
  Task<Result<void>> write(std::string_view data, bool binary = false);
  /// Sends a close frame, and waits for the peer's. `reason` is cut after 123 bytes.
  Task<Result<void>> close(CloseCode code = CloseCode::normal, std::string_view reason = {});
  /// What the peer's close frame said; 1005 where it said nothing, 0 before it came.
  [[nodiscard]] std::uint16_t peer_code() const;

  /// From now on, sends what `hub` publishes, between this handler's own messages, while it goes on. May be
  /// called for several hubs, which share one queue.
  void follow(Hub& hub);

 private:
  std::shared_ptr<WebSocketSession> session_;
};

}  // namespace skerry::http
