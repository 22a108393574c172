#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "native-host/http/memory.hpp"
#include "native-host/http/stream.hpp"

// OpenSSL's, not to be reached from here.
using SSL = struct ssl_st;

namespace skerry::http {

/// One connection's TLS over a non-blocking socket: the thin part of OpenSSL that a server needs. The thread
/// that uses it must block SIGPIPE. After the handshake, a record that has come in part, or that is written
/// in part, counts as memory: where there is no room for it, the step fails.
class TlsSession {
 public:
  /// Takes `ssl`, which has been made for a server.
  TlsSession(SSL* ssl, int fd, Holding& holding);
  ~TlsSession();
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;

  Step handshake();
  Step read(char* data, std::size_t size);
  /// After `want_…` the next write must begin with the same bytes.
  Step write(std::string_view bytes);
  Step write_file(int file, std::uint64_t offset, std::uint64_t length);
  void end_writing();
  bool is_gone();
  /// Why the last read failed: there was no room for the record.
  [[nodiscard]] bool lacks_room() const { return lacks_room_; }

 private:
  Step step_of(int result);
  Step after_reading(Step step);
  Step after_writing(Step step);

  struct Free {
    void operator()(SSL* ssl) const;
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::string of_file_;  // read, and not written yet
  Claim to_read_;
  Claim to_write_;
  bool lacks_room_ = false;
  bool broken_ = false;
};

}  // namespace skerry::http
