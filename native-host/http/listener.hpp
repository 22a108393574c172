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

/// Why an address can't be listened on: `error` is an errno of bind(2) or listen(2). The message is one
/// sentence; what to do about it says `listen_advice`.
///   address_in_use    and by whom, where that can be seen (conflict)
///   listen_denied     this user may not have that port, or not make a file there (denied)
///   address_not_here  no interface of this machine has it (yet)
///   folder_missing    of a Unix socket's file (not_found)
///   listen_failed     any other
Error listen_error(const Address& address, int error);
/// What to do about an error of `Listener::open`, by its code; empty where its message says it.
std::string listen_advice(const Address& address, const Error& error);

/// A listening, non-blocking stream socket. A Unix socket's file is removed with it.
class Listener {
 public:
  /// Binds and listens. A Unix socket's file that no process listens on any more is replaced.
  /// Errors: those of `listen_error`; `bad_address` for a name that can't be found or a path that is too
  /// long.
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
