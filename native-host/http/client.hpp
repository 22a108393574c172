#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <stop_token>
#include <string>

#include "shared/error.hpp"
#include "shared/http.hpp"

namespace skerry::http {

struct ClientRequest {
  std::string method = "GET";
  std::string url;  ///< http or https
  Headers headers = {};
  std::string body = {};
};

struct ClientResponse {
  int status = 0;
  Headers headers = {};
  std::string body = {};
};

struct ClientOptions {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds timeout{10'000};  ///< for the whole exchange
  std::size_t max_body = 1UL << 20;           ///< of an answer
};

/// One HTTP exchange at a time, for the program's own errands (libcurl). Connections are kept from one to the
/// next; a proxy is taken from the environment (HTTPS_PROXY, NO_PROXY); redirects are answers like any other,
/// so that what authorises a request goes to no other place.
///
/// Errors: `timeout`, `connect_failed` (also names that don't resolve, and TLS), `connection_lost`,
/// `body_too_large`, `bad_url`, `request_failed` (all others), `stopped` (within a second of the stop). Their
/// messages hold nothing of the headers. Blocking, for one thread.
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

/// `a b/ü` → `a%20b%2F%C3%BC`: one segment of a path (RFC 3986 §2.3: all but the unreserved are encoded).
std::string encode_segment(std::string_view text);

}  // namespace skerry::http
