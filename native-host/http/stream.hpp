#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace skerry::http {

/// What came of a step that doesn't wait.
struct Step {
  enum class State {
    some,        ///< `count` bytes went
    want_read,   ///< again once the socket is readable
    want_write,  ///< again once the socket is writable
    ended,       ///< nothing more comes
    failed,
  };
  State state = State::failed;
  std::size_t count = 0;
};

class TlsSession;

/// The bytes of a non-blocking socket, plain or through TLS. No step waits or raises SIGPIPE.
class Stream {
 public:
  explicit Stream(int fd);
  Stream(int fd, std::unique_ptr<TlsSession> tls);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
  /// `some` once it is done, at once where there is no TLS.
  Step handshake();
  Step read(char* data, std::size_t size);
  /// Of the three in their order, as one.
  Step write(std::string_view first, std::string_view second = {}, std::string_view third = {});
  /// From a regular file; `ended` where the file has nothing there.
  Step send_file(int file, std::uint64_t offset, std::uint64_t length);
  /// Says that nothing more comes, as far as that doesn't wait.
  void end_writing();
  /// True if the peer has ended the connection and nothing of its own waits to be read before that.
  [[nodiscard]] bool is_gone();
  /// Why the last read failed: there was no room in memory for what came in part.
  [[nodiscard]] bool lacks_room() const;
  /// Closing will tell the peer that the connection broke.
  void reset_on_close() const;

 private:
  int fd_;
  std::unique_ptr<TlsSession> tls_;
};

}  // namespace skerry::http
