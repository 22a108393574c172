#include "native-host/files/files.hpp"

#include <cerrno>
#include <fstream>
#include <sstream>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>

namespace skerry::files {

std::optional<std::string> read_whole(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream text;
  text << file.rdbuf();
  if (file.bad()) return std::nullopt;
  return std::move(text).str();
}

Result<FileLock> FileLock::try_take(const std::filesystem::path& path, Mode mode) {
  Descriptor file(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return file_error("Can't open " + path.string(), errno);
  if (flock(file.get(), (mode == Mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return FileLock(std::move(file));
  if (errno != EWOULDBLOCK) return file_error("Can't lock " + path.string(), errno);
  return fail(ErrorKind::busy, "locked", "Another process holds " + path.string() + ".");
}

}  // namespace skerry::files
