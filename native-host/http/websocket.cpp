#include "native-host/http/websocket.hpp"

#include <algorithm>

#include "native-host/http/websocket_session.hpp"
#include "shared/comma_list.hpp"

namespace skerry::http {
namespace {

bool lists(const Request& request, std::string_view field, std::string_view token) {
  const auto all = request.headers.joined(field);
  for (CommaList list(all); const auto item = list.next();)
    if (equal_ignoring_case(*item, token)) return true;
  return false;
}

/// 16 bytes in base64.
bool is_key(std::string_view key) {
  return key.size() == 24 && key.ends_with("==") && std::ranges::all_of(key.substr(0, 22), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
                  c == '/';
         });
}

Refusal refuse(int status, ErrorKind kind, std::string_view code, std::string_view message) {
  return {status, {std::string(code), std::string(message), kind}};
}

}  // namespace

std::optional<Refusal> judge_upgrade(const Request& request, const WebSocketOptions& options) {
  const auto no = [](std::string_view message) {
    return refuse(400, ErrorKind::usage, "not_a_websocket", message);
  };
  if (request.method != "GET") return no("A WebSocket begins with GET.");
  if (!lists(request, "connection", "upgrade") || !lists(request, "upgrade", "websocket"))
    return no("This address is for WebSockets: the request has no Upgrade to one.");
  if (request.headers.joined("sec-websocket-version") != "13")
    return refuse(426, ErrorKind::usage, "not_a_websocket",
                  "The WebSocket version that is spoken here is 13.");
  if (!is_key(request.headers.joined("sec-websocket-key")))
    return no("Sec-WebSocket-Key is not one key of 16 bytes in base64.");
  const auto origin = request.headers.joined("origin");
  if (!options.origins.empty() && request.headers.has("origin") &&
      std::ranges::none_of(options.origins,
                           [&](const auto& allowed) { return equal_ignoring_case(allowed, origin); }))
    return refuse(403, ErrorKind::denied, "origin_denied", "Pages of this origin may not connect.");
  if (options.protocol_required && choose_subprotocol(request, options.protocols).empty())
    return refuse(400, ErrorKind::usage, "no_common_protocol",
                  "None of the subprotocols that the client offers is spoken here.");
  return std::nullopt;
}

std::string choose_subprotocol(const Request& request, const std::vector<std::string>& wanted) {
  const auto offered = request.headers.joined("sec-websocket-protocol");
  for (const auto& protocol : wanted)
    for (CommaList list(offered); const auto item = list.next();)
      if (*item == protocol) return protocol;
  return {};
}

const std::string& WebSocket::protocol() const {
  return session_->protocol();
}
Task<Result<WebSocketMessage>> WebSocket::read() {
  return session_->read();
}
Task<Result<void>> WebSocket::write(std::string_view data, bool binary) {
  return session_->write(data, binary);
}
Task<Result<void>> WebSocket::close(CloseCode code, std::string_view reason) {
  return session_->close(code, reason);
}
std::uint16_t WebSocket::peer_code() const {
  return session_->peer_code();
}
void WebSocket::follow(Hub& hub) {
  session_->follow(hub);
}

}  // namespace skerry::http
