#pragma once

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "native-host/http/listener.hpp"
#include "shared/platform.hpp"

namespace skerry::http {

/// A client that says exactly the bytes that a test wants.
class Client {
 public:
  explicit Client(const Address& address) {
    fd_ = ::socket(address.is_unix() ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(fd_ >= 0);
    timeval patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
    if (address.is_unix()) {
      sockaddr_un name{.sun_family = AF_UNIX, .sun_path = {}};
      std::memcpy(name.sun_path, address.path.data(), address.path.size());
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0;
    } else {
      sockaddr_in name{
          .sin_family = AF_INET, .sin_port = htons(address.port), .sin_addr = {}, .sin_zero = {}};
      ::inet_pton(AF_INET, "127.0.0.1", &name.sin_addr);
      connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&name), sizeof(name)) == 0;
    }
  }
  ~Client() { close(); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }
  [[nodiscard]] bool connected() const { return connected_; }

  /// False once the server no longer takes it.
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      auto count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }

  /// One response: its head and the body that Content-Length announces. Less if the server closes.
  struct Answer {
    int status = 0;
    std::string head;
    std::string body;
  };
  Answer read(bool head_only = false) {
    Answer answer;
    while (input_.find("\r\n\r\n") == std::string::npos)
      if (!receive()) return answer;
    auto end = input_.find("\r\n\r\n") + 4;
    answer.head = input_.substr(0, end);
    input_.erase(0, end);
    if (answer.head.size() > 12) answer.status = std::atoi(answer.head.c_str() + 9);
    auto length = answer.head.find("Content-Length: ");
    if (head_only || length == std::string::npos) return answer;
    auto size = static_cast<std::size_t>(std::atoll(answer.head.c_str() + length + 16));
    while (input_.size() < size)
      if (!receive()) break;
    answer.body = input_.substr(0, size);
    input_.erase(0, size);
    return answer;
  }
  Answer ask(std::string_view request) {
    send(request);
    return read();
  }
  /// True if the server ends the stream without another byte.
  bool closed() { return input_.empty() && !receive() && ended_; }
  /// True once something has come that was not read, or the end; false if that takes longer.
  [[nodiscard]] bool hears(std::chrono::milliseconds within) const {
    pollfd wait{.fd = fd_, .events = POLLIN, .revents = 0};
    return !input_.empty() || ::poll(&wait, 1, static_cast<int>(within.count())) > 0;
  }
  /// Everything up to the end of the stream, however it ends.
  std::string rest() {
    while (receive()) {
    }
    return std::exchange(input_, {});
  }
  /// Everything up to and with `mark`, or to the end.
  std::string until(std::string_view mark) {
    while (input_.find(mark) == std::string::npos)
      if (!receive()) return std::exchange(input_, {});
    const auto size = input_.find(mark) + mark.size();
    auto out = input_.substr(0, size);
    input_.erase(0, size);
    return out;
  }
  /// So many bytes, or less where the stream ends.
  std::string take(std::size_t size) {
    while (input_.size() < size)
      if (!receive()) break;
    auto out = input_.substr(0, size);
    input_.erase(0, out.size());
    return out;
  }
  [[nodiscard]] int fd() const { return fd_; }
  /// The last `receive` found the connection reset.
  [[nodiscard]] bool was_reset() const { return reset_; }
  /// Says that nothing more is sent.
  void end() const { ::shutdown(fd_, SHUT_WR); }

 private:
  bool receive() {
    char bytes[65536];
    // The analyzer believes that take_waiting's lock is still held.
    auto count = ::recv(fd_, bytes, sizeof(bytes), 0);  // NOLINT(clang-analyzer-unix.BlockInCriticalSection)
    reset_ = count < 0 && errno == ECONNRESET;
    ended_ = count == 0 || reset_;
    if (count <= 0) return false;
    input_.append(bytes, static_cast<std::size_t>(count));
    return true;
  }

  int fd_ = -1;
  bool connected_ = false;
  bool reset_ = false;
  bool ended_ = false;
  std::string input_;
};

class Lines final : public Log {
 public:
  void write(Level, std::string_view line) override {
    std::lock_guard lock(mutex_);
    lines_.emplace_back(line);
  }
  std::vector<std::string> take() {
    std::lock_guard lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> lines_;
};

}  // namespace skerry::http
