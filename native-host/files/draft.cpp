#include "native-host/files/draft.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <memory>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skerry::files {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = ".draft-";
constexpr std::size_t kRandomBytes = 8;
constexpr int kAttempts = 100;
constexpr std::size_t kLargestWrite = std::size_t{1} << 30U;  // write(2) takes less than 2 GiB at once

template <class Call>
auto retried(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

ErrorKind kind_of(int number) {
  switch (number) {
    case ENOSPC:
    case EDQUOT: return ErrorKind::full;
    case EACCES:
    case EPERM:
    case EROFS: return ErrorKind::denied;
    case ENOENT:
    case ENOTDIR: return ErrorKind::not_found;
    default: return ErrorKind::failed;
  }
}

bool fresh_name(std::string& name) {
  std::array<unsigned char, kRandomBytes> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) return false;
  name = kPrefix;
  constexpr std::string_view kDigits = "0123456789abcdef";
  for (const auto byte : random) name.append({kDigits[byte >> 4U], kDigits[byte & 15U]});
  return true;
}

bool is_draft(std::string_view name) {
  if (name.size() != kPrefix.size() + 2 * kRandomBytes || !name.starts_with(kPrefix)) return false;
  return name.find_first_not_of("0123456789abcdef", kPrefix.size()) == std::string_view::npos;
}

/// True if the name in the folder is that of the open file.
bool is_named(int folder, const char* name, int file) {
  struct stat named{};
  struct stat open{};
  return fstatat(folder, name, &named, AT_SYMLINK_NOFOLLOW) == 0 && fstat(file, &open) == 0 &&
         named.st_dev == open.st_dev && named.st_ino == open.st_ino;
}

fs::path folder_of(const fs::path& path) {
  auto folder = path.parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

Descriptor open_folder(const fs::path& folder) {
  return Descriptor(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

}  // namespace

std::unexpected<Error> file_error(const std::string& what, int number) {
  return fail(kind_of(number), "file_failed", what + ": " + std::strerror(number) + ".");
}

Result<Draft> Draft::begin(const fs::path& path, const DraftOptions& options) {
  Draft draft(path, options);
  if (auto created = draft.create(); !created) return std::unexpected(created.error());
  return draft;
}

Result<void> Draft::create() {
  const auto what = "Can't write " + path_.string();
  if (!path_.has_filename()) return file_error(what, EISDIR);
  folder_ = open_folder(folder_of(path_));
  if (!folder_) return file_error(what, errno);
  for (int attempt = 0; !file_; ++attempt) {
    if (attempt == kAttempts || !fresh_name(name_)) return file_error(what, EAGAIN);
    Descriptor file(openat(folder_.get(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                           S_IRUSR | S_IWUSR));
    if (!file && errno == EEXIST) continue;
    if (!file) return file_error(what, errno);
    // Between the two steps a sweep may have taken it for a dead process's.
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !is_named(folder_.get(), name_.c_str(), file.get()))
      continue;
    file_ = std::move(file);
  }
  if (options_.sha256) digest_.emplace();
  if (options_.reserve > 0 &&
      retried([&] {
        return fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(options_.reserve));
      }) != 0 &&
      errno != EOPNOTSUPP) {
    return broken("Can't reserve room for ");
  }
  return {};
}

Draft& Draft::operator=(Draft&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(options_, other.options_);
  std::swap(folder_, other.folder_);
  std::swap(file_, other.file_);
  std::swap(name_, other.name_);
  std::swap(digest_, other.digest_);
  std::swap(error_, other.error_);
  std::swap(committed_, other.committed_);
  return *this;
}

Draft::~Draft() {
  drop();
}

void Draft::drop() {
  if (file_) unlinkat(folder_.get(), name_.c_str(), 0);
  file_.reset();
}

std::unexpected<Error> Draft::broken(std::string_view what) {
  auto error = file_error(std::string(what) + path_.string(), errno);
  error_ = error.error();
  drop();
  return error;
}

Result<void> Draft::write(std::string_view bytes) {
  if (error_) return std::unexpected(*error_);
  if (digest_) digest_->update(bytes);
  while (!bytes.empty()) {
    const auto count =
        retried([&] { return ::write(file_.get(), bytes.data(), std::min(bytes.size(), kLargestWrite)); });
    if (count < 0) return broken("Can't write ");
    bytes.remove_prefix(static_cast<std::size_t>(count));
    committed_.size += static_cast<std::uint64_t>(count);
  }
  return {};
}

std::optional<std::unexpected<Error>> Draft::put_in_place() {
  const auto name = path_.filename();
  if (options_.replace) {
    if (renameat(folder_.get(), name_.c_str(), folder_.get(), name.c_str()) != 0)
      return broken("Can't put in place ");
    return std::nullopt;
  }
  if (linkat(folder_.get(), name_.c_str(), folder_.get(), name.c_str(), 0) != 0) {
    if (errno != EEXIST) return broken("Can't put in place ");
    error_ = Error{"file_exists", path_.string() + " is there already.", ErrorKind::conflict};
    drop();
    return std::unexpected(*error_);
  }
  if (unlinkat(folder_.get(), name_.c_str(), 0) != 0) return broken("Can't take the draft away from ");
  return std::nullopt;
}

Result<Committed> Draft::commit() {
  if (error_) return std::unexpected(*error_);
  const auto size = static_cast<off_t>(committed_.size);
  if (options_.reserve > committed_.size && ftruncate(file_.get(), size) != 0) return broken("Can't write ");
  if (fchmod(file_.get(), options_.mode) != 0) return broken("Can't set the mode of ");
  if (retried([&] { return fsync(file_.get()); }) != 0) return broken("Can't bring to the disk ");
  if (auto error = put_in_place()) return *error;
  // From here on the draft's name is nobody's, and the lock has done its work.
  auto file = std::exchange(file_, Descriptor());
  if (retried([&] { return fsync(folder_.get()); }) != 0)
    return broken("Can't bring to the disk the folder of ");
  if (!file.close()) return broken("Can't close ");
  if (digest_) committed_.sha256 = digest_->finish();
  error_ = Error{"file_failed", path_.string() + " is committed.", ErrorKind::conflict};
  return committed_;
}

Result<std::size_t> sweep_drafts(const fs::path& folder) {
  const auto what = "Can't read the folder " + folder.string();
  auto opened = open_folder(folder);
  if (!opened) return file_error(what, errno);
  const int copy = fcntl(opened.get(), F_DUPFD_CLOEXEC, 0);
  const std::unique_ptr<DIR, int (*)(DIR*)> entries(copy < 0 ? nullptr : fdopendir(copy), &closedir);
  if (!entries) {
    const int number = errno;
    if (copy >= 0) close(copy);
    return file_error(what, number);
  }
  std::size_t swept = 0;
  errno = 0;
  for (const dirent* entry = nullptr; (entry = readdir(entries.get())) != nullptr; errno = 0) {
    const char* name = entry->d_name;
    if (!is_draft(name)) continue;
    const Descriptor file(openat(opened.get(), name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    struct stat status{};
    if (!file || fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0 || !is_named(opened.get(), name, file.get())) continue;
    if (unlinkat(opened.get(), name, 0) == 0) ++swept;
  }
  if (errno != 0) return file_error(what, errno);
  return swept;
}

Result<void> sync_folder(const fs::path& folder) {
  const auto what = "Can't bring to the disk the folder " + folder.string();
  auto opened = open_folder(folder.empty() ? fs::path(".") : folder);
  if (!opened || retried([&] { return fsync(opened.get()); }) != 0 || !opened.close())
    return file_error(what, errno);
  return {};
}

Result<void> write_atomically(const fs::path& path, std::string_view text, const DraftOptions& options) {
  auto draft = Draft::begin(path, options);
  if (!draft) return std::unexpected(draft.error());
  if (auto written = draft->write(text); !written) return written;
  if (auto committed = draft->commit(); !committed) return std::unexpected(committed.error());
  return {};
}

}  // namespace skerry::files
