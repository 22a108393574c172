#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace skerry::postgres {

/// A port of this machine that takes connections and says nothing, unless it is told to.
class SilentPort {
 public:
  SilentPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(socket_, 16) == 0);
    give_patience(socket_);
    socklen_t size = sizeof(address);
    REQUIRE(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    port_ = ntohs(address.sin_port);
  }
  SilentPort(const SilentPort&) = delete;
  SilentPort& operator=(const SilentPort&) = delete;
  ~SilentPort() {
    close(socket_);
    for (const int connection : accepted_) close(connection);
  }

  [[nodiscard]] std::string conninfo(const std::string& host) const {
    return "host=" + host + " port=" + std::to_string(port_) + " user=u dbname=d sslmode=disable";
  }
  /// Until somebody has come.
  void accept_one() {
    accepted_.push_back(accept(socket_, nullptr, nullptr));
    REQUIRE(accepted_.back() >= 0);
    give_patience(accepted_.back());
  }
  /// Until somebody has come, who is told at once that a login is refused, as a server says it (PostgreSQL,
  /// 55.7, ErrorResponse).
  void refuse_one(const std::string& severity, const std::string& sqlstate, const std::string& message) {
    accept_one();
    std::array<char, 1024> startup{};
    REQUIRE(recv(accepted_.back(), startup.data(), startup.size(), 0) > 0);
    const std::string zero(1, '\0');
    std::string fields = "S" + severity + zero + "VFATAL" + zero + "C" + sqlstate + zero + "M" + message +
                         zero + "Fauth.c" + zero + "L338" + zero + "Rauth_failed" + zero + zero;
    const auto size = htonl(static_cast<std::uint32_t>(fields.size() + 4));
    const auto answer = "E" + std::string(reinterpret_cast<const char*>(&size), 4) + fields;
    REQUIRE(send(accepted_.back(), answer.data(), answer.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(answer.size()));
    shutdown(accepted_.back(), SHUT_WR);
  }

 private:
  /// A minute: of a test that waits for what does not come it is told which.
  static void give_patience(int socket) {
    const timeval minute{.tv_sec = 60, .tv_usec = 0};
    REQUIRE(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &minute, sizeof(minute)) == 0);
  }

  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::vector<int> accepted_;
};

}  // namespace skerry::postgres
