#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace skerry::postgres {

/// A port of this machine that takes connections and never says anything.
class SilentPort {
 public:
  SilentPort() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(listen(socket_, 16) == 0);
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
  void accept_one() { accepted_.push_back(accept(socket_, nullptr, nullptr)); }

 private:
  int socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  int port_ = 0;
  std::vector<int> accepted_;
};

}  // namespace skerry::postgres
