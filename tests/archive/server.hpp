#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::archive {

class Replica;

/// The replica's HTTP/1.1 server: one thread, keep-alive, connections closed after a minute of silence. A
/// request's head may have 16 KiB, its body 64 KiB; what is larger or malformed gets 4xx, and the connection
/// is closed.
class Server {
 public:
  /// Binds to `address` (`127.0.0.1:8080`, `[::1]:0`; port 0 takes any free one). `replica` must outlive the
  /// server. Errors: `address_invalid`, `address_unavailable`.
  static Result<Server> listen(std::string_view address, Replica& replica);

  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();

  /// Where it listens: `127.0.0.1:43127`.
  [[nodiscard]] std::string address() const;

  /// Makes SIGINT and SIGTERM end `run`.
  void stop_on_signals();
  /// Makes the end of `descriptor`'s input end `run`. The descriptor stays the caller's.
  void stop_at_end_of(int descriptor);

  /// Serves until `stop`.
  void run();
  /// From any thread.
  void stop();

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace skerry::archive
