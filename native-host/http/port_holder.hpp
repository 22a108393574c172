#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::http {

/// The inodes of the sockets that listen on `port` in the text of /proc/net/tcp or /proc/net/tcp6 (proc(5)).
std::vector<std::uint64_t> listening_inodes(std::string_view proc_net_tcp, std::uint16_t port);
/// The inodes of the listening sockets bound to `path` in the text of /proc/net/unix.
std::vector<std::uint64_t> listening_inodes(std::string_view proc_net_unix, std::string_view path);

struct Process {
  int pid = 0;
  std::string name;

  /// `nginx (pid 4711)`
  [[nodiscard]] std::string text() const;
};

/// The process that listens on a TCP port (a Unix socket's path) of this machine; nothing where it can't be
/// seen (another user's process, no /proc).
std::optional<Process> port_holder(std::uint16_t port);
std::optional<Process> path_holder(std::string_view path);

/// Whether the process has a file open that lies in the folder; false where it can't be seen.
bool works_in(int pid, const std::filesystem::path& folder);
/// The process that started it; nothing where it can't be seen.
std::optional<Process> parent_of(int pid);

}  // namespace skerry::http
