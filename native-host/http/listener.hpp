#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"

namespace skerry::http {

/// Where a server listens. In text: `127.0.0.1:8080`, `[::1]:8080`, `localhost:8080`, `:8080` (every
/// address), `unix:/run/skerry.sock`. Port 0 lets the system choose.
struct Address {
  std::string host = {};  ///< empty: every address
  std::uint16_t port = 0;
  std::string path = {};  ///< of a Unix socket; then host and port mean nothing

  [[nodiscard]] bool is_unix() const { return !path.empty(); }
  [[nodiscard]] std::string text() const;

  friend bool operator==(const Address&, const Address&) = default;
};

/// Error: `bad_address`.
Result<Address> parse_address(std::string_view text);

/// A listening, non-blocking stream socket. A Unix socket's file is removed with it.
class Listener {
 public:
  /// Binds and listens. A Unix socket's file that no process listens on any more is replaced.
  /// Errors: `address_in_use`, whose message names the process that holds the address where that can be seen;
  /// `bad_address`, `listen_failed`.
  static Result<Listener> open(const Address& address);

  Listener(Listener&& other) noexcept;
  Listener& operator=(Listener&& other) noexcept;
  ~Listener();

  [[nodiscard]] int fd() const { return fd_; }
  /// With the port that the system chose.
  [[nodiscard]] const Address& address() const { return address_; }

 private:
  static Result<Listener> open_unix(const Address& address);
  static Result<Listener> open_tcp(const Address& address);
  Listener(int fd, Address address) : fd_(fd), address_(std::move(address)) {}

  int fd_ = -1;
  Address address_;
};

/// The peer's address of a connected socket, without its port; `unix` for a Unix socket.
std::string peer_address(int fd);

}  // namespace skerry::http
