#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "native-host/http/memory.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::http {

class TlsSession;

/// PEM files: the certificate with those between it and its root behind it, and its private key.
struct TlsFiles {
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};

  [[nodiscard]] bool empty() const { return certificate.empty() && key.empty(); }
};

/// A server's certificate, for TLS 1.2 and 1.3 with ALPN `http/1.1`. It may be replaced while connections
/// that were made with the former go on. Thread-safe.
class TlsKeeper {
 public:
  using Clock = std::chrono::steady_clock;

  /// Reads the files. Errors, each with the path: `tls_certificate_unreadable`, `tls_key_unreadable`
  /// (not_found where there is no such file, else damaged: no PEM, half a file, encrypted), `tls_mismatch`
  /// (usage: the key is another certificate's).
  static Result<std::unique_ptr<TlsKeeper>> open(TlsFiles files);
  virtual ~TlsKeeper() = default;

  /// Reads the files again. With an error of `open`, what was there before stays.
  virtual Result<void> reload() = 0;
  /// Tells of a certificate that was replaced, or of files that changed and can't be used: once for each
  /// change. Set it before the first `look`.
  virtual void on_change(std::function<void(const Result<void>&)> tell) = 0;
  /// Reloads if a file has changed since it was last read; looks every two seconds at most, and returns at
  /// once while another thread does.
  virtual void look(Clock::time_point now) = 0;

  /// When the certificate that is in use ends.
  [[nodiscard]] virtual Time end() const = 0;

  /// What the session holds besides once its handshake is over is a part of `holding`, which must outlive it.
  virtual std::unique_ptr<TlsSession> accept(int fd, Holding& holding) = 0;
};

}  // namespace skerry::http
