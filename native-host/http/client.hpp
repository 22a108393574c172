#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "native-host/files/stream.hpp"
#include "shared/error.hpp"
#include "shared/http.hpp"

namespace skerry::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http or https
  Headers headers = {};
  std::string body = {};
  /// Instead of `body`: is read as the server takes it, and only when the server says that it will (Expect:
  /// 100-continue; or after a second of silence). Not to be used again, whatever comes of it.
  files::Source* upload = nullptr;
  /// That the upload has, exactly; nothing: it is sent in chunks.
  std::optional<std::uint64_t> upload_size = {};
  /// Is given the body of an answer with 2xx as it comes, and ended when it is whole; those of all others go
  /// to the answer's `body`. Its own errors end the exchange.
  files::Sink* download = nullptr;
  /// Before the time-outs of the client.
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
};

struct ClientResponse {
  int status = 0;
  Headers headers = {};
  std::string body = {};
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{10'000};  ///< for the whole exchange; 0: none
  std::chrono::seconds stall_timeout{0};      ///< without a byte in either direction; 0: none
  std::size_t max_body = 1UL << 20;           ///< of an answer that no sink takes
};

/// One HTTP exchange at a time, for the program's own errands (libcurl). Connections are kept from one to the
/// next; a proxy is taken from the environment (HTTPS_PROXY, NO_PROXY); redirects are answers like any other,
/// so that what authorises a request goes to no other place. Of what streams no more than some 100 KiB is in
/// memory.
///
/// Errors: `timeout`, `connect_failed` (also names that don't resolve, and TLS), `connection_lost`,
/// `body_too_large`, `head_too_large` (256 KiB), `bad_url`, `upload_short` (the source ended before
/// `upload_size`), `request_failed` (all others), `stopped` (within a second of the stop), and those of
/// source and sink. Their messages hold nothing of the headers. Blocking, for one thread.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  Result<ClientResponse> send(const ClientRequest& request, const std::stop_token& stop = {});

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace skerry::http
