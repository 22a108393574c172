#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "native-host/http/access_log.hpp"
#include "native-host/http/exchange.hpp"
#include "native-host/http/later.hpp"
#include "native-host/http/listener.hpp"
#include "native-host/http/peers.hpp"
#include "native-host/http/tls.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/platform.hpp"
#include "shared/task.hpp"

namespace skerry::http {

struct AccessEntry;

/// What answers requests, in one of three ways: at once (`respond`), later (`respond_later`), or piece by
/// piece (`serve`, a coroutine; exchange.hpp). The first two get the request with its body in memory. All run
/// on the thread of the connection's worker, at the same time as on other workers, and hold up the other
/// connections of this one: they must not wait for long. What they throw becomes 500.
///
/// To a HEAD request it may give the body that GET would get, or an empty one and Content-Length. The server
/// adds Content-Length, Date, Server and Connection, and drops what only it can know (Transfer-Encoding,
/// Keep-Alive). `Connection: close` in a response closes the connection after it.
struct Handler {
  using Observer = std::function<void(int status, std::chrono::nanoseconds time)>;

  std::function<Response(const Request&)> respond = {};
  /// The request lives as long as the `Later` does; its body may be taken.
  std::function<void(Request&, Later)> respond_later = {};
  std::function<Task<void>(Exchange&)> serve = {};
  /// Looks at the head of a request before its body is read: an answer refuses it, and the connection closes
  /// where a body would come. Cheap; must not throw.
  std::function<std::optional<Response>(const Request& head)> admit = {};
  /// Checked by the head before the handler sees it, and as the body comes. 413.
  std::uint64_t max_body_bytes = std::uint64_t{1} << 20U;
  /// Requests that wait for their answer; each worker has an equal part. Beyond it: 503.
  unsigned max_waiting = 4096;
  /// Told of each answer, on the worker's thread: the time is from the whole head to the end of the response.
  Observer observe = {};
  /// Requests of this handler that are under way, from the head to the end of the answer, on all workers
  /// together. Beyond it: 503 `too_many_exchanges`, before the body. 0: no limit.
  unsigned max_concurrent = 0;
  /// For each step of a body or a response. 0: `Options::request_timeout`.
  std::chrono::milliseconds byte_timeout{0};
  /// From the head to the end of the response, whoever it is that takes long; a `Later` and a handler that
  /// computes can't be interrupted. 0: no limit.
  std::chrono::milliseconds whole_timeout{0};
};

/// Finds the handler by a request's head: the body isn't there yet. Null means 404. The handler must live as
/// long as the server.
using Router = std::function<const Handler*(const Request& head)>;

struct Options {
  std::vector<Address> listen = {};
  unsigned workers = 1;  ///< threads; a connection stays on one
  std::size_t max_header_bytes = std::size_t{64} * 1024;
  std::size_t max_target_bytes = std::size_t{36} * 1024;  ///< Snowplow's pixels have up to 32 kB
  /// Beyond it a connection that waits for a request, or for the rest of its head, is closed for the new one,
  /// who has waited longest first; where none does: 503 and close.
  unsigned max_connections = 10'000;
  /// Beyond it: 429 and close, `too_many_connections`, `too_many_requests`, or, for its share of
  /// `max_memory`, `too_many_heads`, `too_many_bodies`. One connection may have more than the share while the
  /// peer's others have nothing of it.
  Peers::Limits per_peer = {};
  /// Who sends a request that comes from a peer without limits, by what that one says: a proxy. The requests
  /// of each, and their memory from the whole head on, are counted like a peer's. Empty, or nothing: no
  /// limit.
  std::function<std::optional<skerry::Address>(const Request& head)> named_client = {};
  /// Of heads and bodies in memory and of buffers for them, where one is larger than 8 KiB, and of responses
  /// that wait for who doesn't read them; beyond it: 503, small buffers, and the end of such a connection. A
  /// record of TLS of which a part has come, or been sent, counts as 17 KiB. With TLS a quarter is for
  /// handshakes, from the whole first record on: a new one beyond it ends the one that began first.
  std::uint64_t max_memory = std::uint64_t{256} << 20U;
  /// Between two requests.
  std::chrono::milliseconds idle_timeout{75'000};
  /// For a whole head, and for each step of a body or a response; a body or response that trickles at less
  /// than `min_rate` bytes a second is cut off too: it may be so much behind at any time, however fast it
  /// came before.
  std::chrono::milliseconds request_timeout{20'000};
  std::uint64_t min_rate = 512;
  /// Takes whole lines of the access log (access_log.hpp) from any worker; must not block. Empty: no log.
  std::function<void(std::string&& lines)> access_log = {};
  /// Appends a request's line to it; of `entry`, `client` is the peer. What was refused for its head is a
  /// request without anything. Empty: `append_access_line` does.
  std::function<void(std::string& out, const Request& request, const AccessEntry& entry)> access_line = {};
  /// Of requests that no handler got. Where it is empty, handlers are not observed either.
  Handler::Observer observe = {};
  /// With files, `listen` speaks TLS, but for Unix sockets.
  TlsFiles tls = {};
  std::chrono::milliseconds handshake_timeout{10'000};
  /// Addresses without TLS that answer every request with 308 to the same target with https.
  std::vector<Address> redirect = {};
  std::uint16_t redirect_port = 443;  ///< in that target
  /// For failures of handlers and of what TLS needs; must be thread-safe. May be null.
  Log* log = nullptr;
};

/// An HTTP/1.1 server (RFC 9110, 9112) with keep-alive and pipelining. A connection that always has something
/// to do gives way after a few requests or a millisecond; those that gave way share a small part of each
/// round, so that however many there are, who comes fresh waits for a few milliseconds.
///
/// Requests that it refuses itself get the JSON form of `error_response`: those of request_reader.hpp, 404
/// `not_found`, 408 `request_timeout`, 500 `internal_error`, 503 `too_many_connections`, `too_many_waiting`,
/// `too_many_exchanges`, `too_many_heads`, `too_many_bodies`, 429 `too_many_connections`,
/// `too_many_requests`, `too_many_heads`, `too_many_bodies` (of one peer).
class Server {
 public:
  /// Listens, starts the workers, and returns. Errors: those of Listener::open and TlsKeeper::open.
  static Result<std::unique_ptr<Server>> start(Options options, Router router);

  virtual ~Server() = default;  ///< stops at once

  /// The addresses with the ports that the system chose, in the order of `Options::listen`, then of
  /// `Options::redirect`.
  [[nodiscard]] virtual std::vector<Address> addresses() const = 0;
  [[nodiscard]] virtual unsigned open_connections() const = 0;

  /// When the certificate in use ends; nothing without TLS.
  [[nodiscard]] virtual std::optional<Time> certificate_end() const = 0;
  /// Reads the files of TLS again; connections that are open go on as they are. The server also looks itself
  /// every two seconds whether they have changed, and tells the log what came of it. With an error, which is
  /// one of TlsKeeper::open, the certificate stays that was there. Nothing happens without TLS.
  virtual Result<void> reload() = 0;

  /// Stops listening, closes idle connections, lets running requests end within `grace`, then closes what is
  /// left, also what waits for its answer. A WebSocket is closed with 1001 at once. Returns when all workers
  /// have ended. Not from a handler.
  virtual void stop(std::chrono::milliseconds grace) = 0;
};

}  // namespace skerry::http
