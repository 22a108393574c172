#include "native-host/http/port_holder.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "native-host/files/files.hpp"

namespace skerry::http {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kTcpListen = "0A";            // TCP_LISTEN of the kernel's tcp_states.h
constexpr std::string_view kUnixListening = "00010000";  // __SO_ACCEPTCON

std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (true) {
    auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return found;
    auto end = std::min(line.find_first_of(" \t", begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
}

template <class Number>
std::optional<Number> parse_number(std::string_view text, int base = 10) {
  Number number{};
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// Calls `visit` with the words of each line.
template <class Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    auto end = std::min(text.find('\n'), text.size());
    visit(words(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

std::string read_all(const char* path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

fs::path folder_of(int pid) {
  return fs::path("/proc") / std::to_string(pid);
}

Process named(int pid) {
  auto name = read_all((folder_of(pid) / "comm").c_str());
  while (name.ends_with('\n')) name.pop_back();
  return {pid, std::move(name)};
}

std::optional<Process> holder_of(const std::vector<std::uint64_t>& inodes) {
  if (inodes.empty()) return std::nullopt;
  std::error_code ec;
  for (const auto& process : fs::directory_iterator("/proc", ec)) {
    auto pid = parse_number<int>(process.path().filename().string());
    if (!pid) continue;
    std::error_code denied;
    for (const auto& fd : fs::directory_iterator(process.path() / "fd", denied)) {
      std::error_code gone;
      auto link = fs::read_symlink(fd.path(), gone).string();
      auto is_socket = std::ranges::any_of(
          inodes, [&](std::uint64_t inode) { return link == "socket:[" + std::to_string(inode) + "]"; });
      if (!is_socket) continue;
      return named(*pid);
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::uint64_t> listening_inodes(std::string_view proc_net_tcp, std::uint16_t port) {
  std::vector<std::uint64_t> inodes;
  // sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …
  for_each_line(proc_net_tcp, [&](const std::vector<std::string_view>& word) {
    if (word.size() < 10 || word[3] != kTcpListen) return;
    auto colon = word[1].rfind(':');
    if (colon == std::string_view::npos) return;
    if (parse_number<std::uint16_t>(word[1].substr(colon + 1), 16) != port) return;
    if (auto inode = parse_number<std::uint64_t>(word[9])) inodes.push_back(*inode);
  });
  return inodes;
}

std::vector<std::uint64_t> listening_inodes(std::string_view proc_net_unix, std::string_view path) {
  std::vector<std::uint64_t> inodes;
  // Num RefCount Protocol Flags Type St Inode Path
  for_each_line(proc_net_unix, [&](const std::vector<std::string_view>& word) {
    if (word.size() < 8 || word[3] != kUnixListening || word[7] != path) return;
    if (auto inode = parse_number<std::uint64_t>(word[6])) inodes.push_back(*inode);
  });
  return inodes;
}

std::string Process::text() const {
  return name + " (pid " + std::to_string(pid) + ")";
}

std::optional<Process> port_holder(std::uint16_t port) {
  auto inodes = listening_inodes(read_all("/proc/net/tcp"), port);
  std::ranges::copy(listening_inodes(read_all("/proc/net/tcp6"), port), std::back_inserter(inodes));
  return holder_of(inodes);
}

std::optional<Process> path_holder(std::string_view path) {
  return holder_of(listening_inodes(read_all("/proc/net/unix"), path));
}

bool works_in(int pid, const std::filesystem::path& folder) {
  std::error_code error;
  const auto whole = fs::canonical(folder, error).string() + '/';
  if (error) return false;
  std::error_code denied;
  for (const auto& fd : files::entries_of(folder_of(pid) / "fd", denied)) {
    std::error_code gone;
    if (fs::read_symlink(fd.path(), gone).string().starts_with(whole)) return true;
  }
  return false;
}

std::optional<Process> parent_of(int pid) {
  // pid (comm) state ppid …, where comm may be anything (proc_pid_stat(5))
  const auto text = read_all((folder_of(pid) / "stat").c_str());
  const auto end = text.rfind(')');
  if (end == std::string::npos) return std::nullopt;
  const auto word = words(std::string_view(text).substr(end + 1));
  const auto parent = word.size() > 1 ? parse_number<int>(word[1]) : std::nullopt;
  return parent && *parent > 0 ? std::optional(named(*parent)) : std::nullopt;
}

}  // namespace skerry::http
