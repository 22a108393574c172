#include "native-host/http/listener.hpp"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "native-host/http/port_holder.hpp"
#include "shared/address.hpp"

namespace skerry::http {
namespace {

using std::string_view_literals::operator""sv;

std::string describe(int error) {
  return std::generic_category().message(error);
}

std::unexpected<Error> listen_failed(const Address& address, int error) {
  return std::unexpected(listen_error(address, error));
}

std::string holder_of(const Address& address) {
  const auto holder = address.is_unix() ? path_holder(address.path) : port_holder(address.port);
  return holder ? holder->text() : "another process";
}

Result<sockaddr_un> unix_name(const Address& address) {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (address.path.size() >= sizeof(name.sun_path))
    return fail(ErrorKind::usage, "bad_address",
                "The path of the socket " + address.text() + " is longer than " +
                    std::to_string(sizeof(name.sun_path) - 1) + " bytes.");
  std::memcpy(name.sun_path, address.path.data(), address.path.size());
  return name;
}

/// A socket's file that a killed process left behind: nobody answers on it.
bool is_stale(const sockaddr_un& name) {
  struct stat file{};
  if (::lstat(name.sun_path, &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  bool refused =
      ::connect(probe, reinterpret_cast<const sockaddr*>(&name), sizeof(name)) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

bool has_ipv6() {
  int probe = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe >= 0) ::close(probe);
  return probe >= 0;
}

std::uint16_t local_port(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return 0;
  return ntohs(name.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6&>(name).sin6_port
                                          : reinterpret_cast<sockaddr_in&>(name).sin_port);
}

}  // namespace

std::string Address::text() const {
  if (is_unix()) return "unix:" + path;
  auto is_v6 = host.find(':') != std::string::npos;
  return (is_v6 ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Error listen_error(const Address& address, int error) {
  const auto because = [&](const std::string& why) {
    return "Can't listen on " + address.text() + ": " + why + ".";
  };
  switch (error) {
    case EADDRINUSE:
      return {"address_in_use", because(holder_of(address) + " holds it"), ErrorKind::conflict};
    case EACCES:
    case EPERM: return {"listen_denied", because(describe(error)), ErrorKind::denied};
    case EADDRNOTAVAIL: return {"address_not_here", because(describe(error)), ErrorKind::failed};
    case ENOENT:
    case ENOTDIR:
      if (address.is_unix()) return {"folder_missing", because(describe(error)), ErrorKind::not_found};
      break;
    default: break;
  }
  return {"listen_failed", because(describe(error))};
}

std::string listen_advice(const Address& address, const Error& error) {
  const auto folder = std::filesystem::path(address.path).parent_path().string();
  if (error.code == "address_in_use") return "Stop what holds it, or choose another address.";
  if (error.code == "folder_missing") return "Make the folder " + folder + ", which this user may write in.";
  if (error.code == "address_not_here")
    return "Choose an address that this machine has (`ip address` lists them), or none, :" +
           std::to_string(address.port) + ", for all of them.";
  if (error.code == "listen_denied" && address.is_unix())
    return "Let this user write in the folder " + folder + ", or choose another path.";
  if (error.code == "listen_denied")
    return "Ports below 1024 take a right: give the unit AmbientCapabilities=CAP_NET_BIND_SERVICE and "
           "CapabilityBoundingSet=CAP_NET_BIND_SERVICE (systemctl edit skerry), or choose a port from 1024 "
           "on.";
  if (error.code == "bad_address" && !address.host.empty())
    return "Write a number (127.0.0.1), or a name that this machine can look up.";
  return {};
}

Result<Address> parse_address(std::string_view text) {
  auto bad = [&] {
    return fail(
        ErrorKind::usage, "bad_address",
        "\"" + std::string(text) + "\" is no address: write HOST:PORT, [IPV6]:PORT, :PORT or unix:PATH.");
  };
  Address address;
  if (text.starts_with("unix:")) {
    address.path = text.substr(5);
    if (address.path.empty() || address.path.find('\0') != std::string::npos) return bad();
    return address;
  }
  auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad();
  auto host = text.substr(0, colon);
  auto port = text.substr(colon + 1);
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return bad();
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return bad();
  }
  auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (error != std::errc() || end != port.data() + port.size()) return bad();
  if (host.find_first_of(" /\0[]@"sv) != std::string_view::npos) return bad();
  address.host = host;
  return address;
}

Result<Listener> Listener::open(const Address& address) {
  return address.is_unix() ? open_unix(address) : open_tcp(address);
}

Result<Listener> Listener::open_unix(const Address& address) {
  auto name = unix_name(address);
  if (!name) return std::unexpected(name.error());
  // Without a path as long as the file isn't ours to remove.
  Listener listener(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), {});
  if (listener.fd_ < 0) return listen_failed(address, errno);

  const auto* raw = reinterpret_cast<const sockaddr*>(&*name);
  auto bind = [&] { return ::bind(listener.fd_, raw, sizeof(*name)) == 0 ? 0 : errno; };
  int error = bind();
  if (error == EADDRINUSE && is_stale(*name)) {
    ::unlink(address.path.c_str());
    error = bind();
  }
  if (error != 0) return listen_failed(address, error);
  listener.address_ = address;
  if (::listen(listener.fd_, SOMAXCONN) != 0) return listen_failed(address, errno);
  return listener;
}

Result<Listener> Listener::open_tcp(const Address& address) {
  addrinfo hints{};
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  hints.ai_socktype = SOCK_STREAM;
  auto host = address.host.empty() ? has_ipv6() ? "::" : "0.0.0.0" : address.host;
  addrinfo* found = nullptr;
  int error = ::getaddrinfo(host.c_str(), std::to_string(address.port).c_str(), &hints, &found);
  if (error != 0)
    return fail(ErrorKind::usage, "bad_address",
                "Can't listen on " + address.text() + ": " + ::gai_strerror(error) + ".");
  std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> names(found, &::freeaddrinfo);

  Listener listener(::socket(names->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), address);
  if (listener.fd_ < 0) return listen_failed(address, errno);
  int on = 1;
  ::setsockopt(listener.fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(listener.fd_, names->ai_addr, names->ai_addrlen) != 0 || ::listen(listener.fd_, SOMAXCONN) != 0)
    return listen_failed(address, errno);
  listener.address_.port = local_port(listener.fd_);
  return listener;
}

Listener::Listener(Listener&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

Listener& Listener::operator=(Listener&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

Listener::~Listener() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (address_.is_unix()) ::unlink(address_.path.c_str());
}

std::string peer_address(int fd) {
  sockaddr_storage name{};
  socklen_t size = sizeof(name);
  if (::getpeername(fd, reinterpret_cast<sockaddr*>(&name), &size) != 0) return {};
  if (name.ss_family == AF_UNIX) return "unix";
  std::array<char, NI_MAXHOST> host;
  if (::getnameinfo(reinterpret_cast<sockaddr*>(&name), size, host.data(), host.size(), nullptr, 0,
                    NI_NUMERICHOST) != 0)
    return {};
  // A socket that listens on v6 too has v4 peers as mapped ones. A zone, `fe80::1%eth0`, is ours, not theirs.
  const std::string_view text(host.data());
  const auto number = skerry::Address::parse(text.substr(0, text.find('%')));
  return number ? number->text() : std::string(text);
}

}  // namespace skerry::http
