#include "native-host/postgres/postmaster.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <vector>

#include "native-host/files/files.hpp"

namespace skerry::postgres {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& path) {
  const std::string text = files::read_whole(path).value_or("");
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

}  // namespace

std::optional<PidFile> read_pid_file(const fs::path& data) {
  const auto lines = lines_of(data / "postmaster.pid");
  PidFile file;
  if (lines.empty()) return std::nullopt;
  std::from_chars(lines[0].data(), lines[0].data() + lines[0].size(), file.pid);
  if (file.pid <= 0) return std::nullopt;
  if (lines.size() > 4) {
    file.data = lines[1];
    file.started = lines[2];
    file.port = lines[3];
    file.socket_folder = lines[4];
  }
  return file;
}

bool belongs_to(const PidFile& file, const fs::path& data) {
  std::error_code error;
  const auto here = fs::canonical(data, error);
  return !error &&
         (fs::weakly_canonical(file.data, error) == here || works_in(std::to_string(file.pid), here));
}

bool works_in(const std::string& pid, const fs::path& data) {
  std::error_code error;
  return fs::read_symlink("/proc/" + pid + "/cwd", error) == data && !error;
}

bool anybody_works_in(const fs::path& data) {
  std::error_code error;
  for (const auto& entry : files::entries_of("/proc", error)) {
    const auto name = entry.path().filename().string();
    if (name.find_first_not_of("0123456789") == std::string::npos && works_in(name, data)) return true;
  }
  return false;
}

std::string last_lines(const fs::path& log) {
  const auto lines = lines_of(log);
  std::string tail;
  for (auto i = lines.size() < 12 ? 0 : lines.size() - 12; i < lines.size(); ++i) tail += "\n  " + lines[i];
  return tail;
}

}  // namespace skerry::postgres
