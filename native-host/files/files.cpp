#include "native-host/files/files.hpp"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry::files {
namespace {

constexpr std::size_t kReadStep = std::size_t{64} * 1024;

}  // namespace

std::expected<Descriptor, int> open_regular(const std::filesystem::path& path, int flags) {
  constexpr mode_t kOnlyOurs = 0600;
  // Without O_NONBLOCK, opening a pipe waits for whoever writes to it.
  Descriptor file(open(path.c_str(), flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC, kOnlyOurs));
  struct stat info{};
  if (!file || fstat(file.get(), &info) != 0) return std::unexpected(errno);
  if (S_ISDIR(info.st_mode)) return std::unexpected(EISDIR);
  if (!S_ISREG(info.st_mode)) return std::unexpected(ENXIO);
  return file;
}

Result<std::string> read_whole(const std::filesystem::path& path) {
  const auto what = "Can't read " + path.string();
  const auto opened = open_regular(path, O_RDONLY);
  if (!opened && opened.error() == ENXIO) return fail("file_failed", what + ": it is no regular file.");
  if (!opened) return file_error(what, opened.error());
  const auto& file = *opened;
  std::string text;
  for (;;) {
    const auto size = text.size();
    text.resize(size + kReadStep);
    const auto count = read(file.get(), text.data() + size, kReadStep);
    text.resize(size + (count > 0 ? static_cast<std::size_t>(count) : 0));
    if (count == 0) return text;
    if (count < 0 && errno != EINTR) return file_error(what, errno);
  }
}

std::filesystem::path nearest_folder(std::filesystem::path path) {
  std::error_code ignored;
  path = std::filesystem::absolute(path, ignored);
  while (!std::filesystem::exists(path, ignored) && path.has_parent_path() && path != path.parent_path())
    path = path.parent_path();
  return path;
}

std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder,
                                                         std::error_code& error) {
  std::vector<std::filesystem::directory_entry> entries;
  // What a range-based loop increments throws.
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error))
    entries.push_back(*entry);
  return entries;
}

Result<void> make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return file_error("Can't make the folder " + path.string(), error.value());
  if (access(path.c_str(), W_OK | X_OK) != 0) return file_error("Can't write in " + path.string(), errno);
  return {};
}

Result<FileLock> FileLock::try_take(const std::filesystem::path& path, Mode mode) {
  const auto what = "Can't open " + path.string();
  auto opened = open_regular(path, O_RDWR | O_CREAT | O_NOFOLLOW);
  if (!opened && opened.error() == ENXIO)
    return fail("file_failed", what + ": it is no regular file. Move it away.");
  if (!opened) return file_error(what, opened.error());
  auto& file = *opened;
  if (flock(file.get(), (mode == Mode::exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
    return FileLock(std::move(file));
  if (errno != EWOULDBLOCK) return file_error("Can't lock " + path.string(), errno);
  return fail(ErrorKind::busy, "locked", "Another process holds " + path.string() + ".");
}

}  // namespace skerry::files
