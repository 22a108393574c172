#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "native-host/http/stream.hpp"

// OpenSSL's, not to be reached from here.
using SSL = struct ssl_st;

namespace skerry::http {

/// One connection's TLS over a non-blocking socket: the thin part of OpenSSL that a server needs. The thread
/// that uses it must block SIGPIPE.
class TlsSession {
 public:
  /// Takes `ssl`, which has been made for a server.
  TlsSession(SSL* ssl, int fd);
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

 private:
  Step step_of(int result);

  struct Free {
    void operator()(SSL* ssl) const;
  };
  std::unique_ptr<SSL, Free> ssl_;
  std::string of_file_;  // read, and not written yet
  bool broken_ = false;
};

}  // namespace skerry::http
