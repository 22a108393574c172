#pragma once

#include <chrono>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "native-host/blocking/blocking.hpp"
#include "native-host/http/websocket.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"
#include "shared/task.hpp"

namespace skerry::http {

/// The status line and the fields of an answer that is written piece by piece.
struct Head {
  int status = 200;
  Headers headers = {};  ///< what frames the message is the server's, as in Handler
  /// Of the body in bytes. Without it the body is chunked; for HTTP/1.0 it ends with the connection.
  std::optional<std::uint64_t> length = {};
};

/// Something that a handler waits for and that any thread may bring about. Set before it is waited for, it is
/// remembered; a wait resets it.
class Signal {
 public:
  virtual ~Signal() = default;
  /// From any thread, also when its exchange and its server are gone: then nothing happens.
  virtual void set() = 0;
};

/// One request and its answer, for a handler that is a coroutine: the head at once, the body as it comes, the
/// answer as it is made. Nothing of the size of a body is held in memory.
///
/// It runs on the thread of its connection's worker, like its handler; between two `co_await` it holds up the
/// other connections of that worker. It lives until the handler has returned and belongs to nobody else. One
/// operation at a time; every operation but `blocking` may be called from the handler's coroutine and from
/// those that it awaits, never from another thread.
///
/// Errors of all that waits: `request_timeout` (unavailable; a client that is too slow: time between bytes,
/// the whole time), `connection_lost` (unavailable), `server_stopping` (stopped). After one of these, no
/// other operation succeeds, and the handler should return soon: a server's stop waits for it.
///
/// The end of the handler is the end of the exchange:
/// * Without an answer, the server answers 500, or what fits the error of the body that was read last: 400,
///   408, 413, ….
/// * An answer that was begun and not ended is cut off so that the client sees that it is incomplete; so is
///   one that is in the middle when the handler throws.
/// * A body that was not read to its end is taken in and dropped if it is short, else the connection closes,
///   and the answer says so.
class Exchange {
 public:
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  /// The request without its body.
  [[nodiscard]] virtual const Request& request() const = 0;
  /// What Content-Length says; 0 where there is no body, nothing where it is chunked.
  [[nodiscard]] virtual std::optional<std::uint64_t> body_length() const = 0;
  /// The server has begun to stop: what would go on for long should come to its end.
  [[nodiscard]] virtual bool stopping() const = 0;
  /// The answer has begun: it is too late for another.
  [[nodiscard]] virtual bool begun() const = 0;

  // --- the body of the request

  /// The next piece, of any size, as it came; empty at the end. It is valid until the next operation. The
  /// first call tells a client that waits for `100 Continue` to go on. Errors besides the common ones:
  /// `body_too_large` (too_large), `bad_request` (usage; malformed chunks): then the connection is over, but
  /// an answer can still be given.
  virtual Task<Result<std::string_view>> read() = 0;
  /// All that is left; `seen`, where there is one, is given each piece as it comes. Errors besides:
  /// `body_too_large` beyond `limit`; `too_many_bodies` (busy) where the server has no memory for it: then
  /// the answer, where the handler gives none, is 503.
  Task<Result<std::string>> read_all(std::size_t limit, std::function<void(std::string_view)> seen = {});

  // --- the answer

  /// Begins it; the head leaves with the first piece, with `flush` or with `end`. Error: `bad_response`
  /// (failed): the head can't be sent, or the answer has begun before.
  virtual Result<void> begin(Head head) = 0;
  /// Sends a piece, and waits until the kernel has it: as slowly as the client reads. Nothing is sent to a
  /// HEAD request or where the status has no content. Error besides: `bad_response` where the body is longer
  /// than its head said, or has not begun.
  virtual Task<Result<void>> write(std::string_view piece) = 0;
  /// Sends what has not left yet: the head.
  Task<Result<void>> flush() { return write({}); }
  /// Ends it. Error besides: `bad_response`: the body is shorter than its head said.
  virtual Task<Result<void>> end() = 0;
  /// Begin, write and end in one.
  virtual Task<Result<void>> respond(Response response) = 0;
  /// Sends `length` bytes of a regular file from `offset` on as a piece, by sendfile(2) where there is no
  /// TLS. The descriptor must stay open. What is not in the page cache is read on the worker's thread. Errors
  /// besides: `bad_response` as `write`, `file_changed` (damaged) where the file ends before, `read_failed`.
  virtual Task<Result<void>> send_file(int fd, std::uint64_t offset, std::uint64_t length) = 0;

  /// Answers with 101, and gives the connection to a WebSocket (RFC 6455; websocket.hpp). Errors besides,
  /// each answered already: `not_a_websocket` (usage, 400, or 426 for another version), `origin_denied`
  /// (denied, 403), `body_not_allowed` (usage, 400).
  virtual Task<Result<WebSocket>> upgrade(WebSocketOptions options) = 0;

  // --- waiting for something else

  /// A signal for `wait`.
  virtual std::shared_ptr<Signal> make_signal() = 0;
  enum class Until {
    set,       ///< goes on waiting while the server stops, within its grace
    stopping,  ///< `server_stopping` as soon as the server begins to stop
  };
  /// Waits until the signal is set: true; or `timeout` has passed: false. `connection_lost` as soon as the
  /// client goes away, where that can be seen: it must not have sent anything beyond this request.
  virtual Task<Result<bool>> wait(Signal& signal, std::optional<std::chrono::milliseconds> timeout = {},
                                  Until until = Until::set) = 0;
  Task<Result<void>> sleep(std::chrono::milliseconds time);

  /// Does what must not run on a server's thread in a pool, and resumes on the worker's thread: gives what
  /// `work(stop_token)` gives (a Result is not wrapped twice). It returns only when the work has ended or is
  /// sure not to begin; what the work refers to in the handler's frame is safe. The token asks for its end
  /// when the server closes the connection: work that doesn't look at it holds up the server's stop. What it
  /// throws is rethrown here. Error besides: `pool_full` (busy).
  template <class Work>
  auto blocking(blocking::Pool& pool, Work work) {
    return block<Work, std::invoke_result_t<Work&, const std::stop_token&>>(pool, std::move(work));
  }

 protected:
  Exchange() = default;
  /// Says that so many bytes of the body are in memory. Error: `too_many_bodies`.
  virtual Result<void> hold(std::size_t bytes) = 0;
  /// Returns when the work has ended; an error: it has not begun and won't.
  virtual Task<Result<void>> run_blocking(blocking::Pool& pool, blocking::Work work) = 0;

 private:
  template <class T>
  struct Wrapped {
    using Type = Result<T>;
  };
  template <class T>
  struct Wrapped<Result<T>> {
    using Type = Result<T>;
  };

  template <class Work, class Given>
  Task<typename Wrapped<Given>::Type> block(blocking::Pool& pool, Work work) {
    std::optional<typename Wrapped<Given>::Type> given;
    std::exception_ptr thrown;
    auto ran = co_await run_blocking(pool, [&](const std::stop_token& stop) {
      try {
        if constexpr (std::is_void_v<Given>) {
          work(stop);
          given.emplace();
        } else {
          given.emplace(work(stop));
        }
      } catch (...) {
        thrown = std::current_exception();
      }
    });
    if (!ran) co_return std::unexpected(std::move(ran.error()));
    if (thrown) std::rethrow_exception(thrown);
    co_return *std::move(given);
  }
};

}  // namespace skerry::http
