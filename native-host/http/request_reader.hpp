#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/http.hpp"

namespace skerry::http {

/// Why a request is not served: the status to answer with before the connection closes.
struct Refusal {
  int status;
  Error error;
};

/// Reads one HTTP/1.0 or 1.1 request after the other from a stream of bytes (RFC 9112), without I/O.
///
/// Stricter than the RFC asks where two readers could disagree on where a request ends: one Content-Length at
/// most, of digits alone, never beside Transfer-Encoding; `chunked` as the only transfer coding, not in
/// HTTP/1.0; CR LF ends lines, in quoted chunk extensions too, where other control characters are refused as
/// well; no field is folded over several lines (obs-fold), trailer fields neither. A host of an absolute-form
/// target replaces the Host field (RFC 9112 §3.2.2). Trailer fields are dropped.
///
/// Refusals: 400 `bad_request` · 413 `body_too_large` · 414 `target_too_long` · 417 `expectation_failed` ·
/// 431 `headers_too_large` · 501 `transfer_coding_unknown`, `method_unsupported` (CONNECT) ·
/// 505 `version_unsupported`. After a refusal the stream is lost.
class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes =
        std::size_t{64} * 1024;  ///< request line and fields together; also of a chunk's framing
    std::size_t target_bytes = std::size_t{36} * 1024;
  };
  enum class State {
    head,  ///< the head is not whole yet
    body,  ///< the head is there, and a body is expected
    done,  ///< the request is whole; next() goes on to the following one
  };

  explicit RequestReader(Limits limits);
  ~RequestReader();
  RequestReader(RequestReader&&) noexcept;
  RequestReader& operator=(RequestReader&&) noexcept;

  /// Reads from the front of `bytes`, stops where the head and where the request is whole, and returns how
  /// many bytes it took. The rest must come again, with more behind it, in the next call.
  std::expected<std::size_t, Refusal> read(std::string_view bytes);

  [[nodiscard]] State state() const;
  /// Whole but for its body once the state is `body`.
  [[nodiscard]] const Request& request() const;
  /// Once it is whole.
  Request take_request();
  /// What has come of the body since the last call, for whom it doesn't have to be there at once: it is no
  /// longer in `request()`. The memory of `piece` is used again. Call in state `body` or `done`.
  void take_piece(std::string& piece);
  /// What Content-Length says. A body with it need not pass through the reader: whoever takes exactly as many
  /// bytes off the stream goes on with `next()`. Call after the head.
  [[nodiscard]] std::optional<std::uint64_t> content_length() const;
  /// Memory that a body takes which is not taken piece by piece.
  [[nodiscard]] std::size_t body_capacity() const;
  /// For what the reader can't know: the peer.
  void set_client(std::string_view client);

  /// Refuses a body above `bytes`, at once where Content-Length tells it. Call in state `body`.
  std::expected<void, Refusal> limit_body(std::uint64_t bytes);
  /// True if the client waits for `100 Continue` before it sends the body.
  [[nodiscard]] bool expects_continue() const;
  /// True if the connection outlives the request, by its version and its Connection field.
  [[nodiscard]] bool keep_alive() const;
  [[nodiscard]] bool is_http_1_0() const;

  /// Goes on to the next request.
  void next();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skerry::http
