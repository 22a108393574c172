#include "native-host/events/storage.hpp"

#include <algorithm>
#include <cerrno>
#include <string>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "native-host/files/files.hpp"

namespace skerry::events {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kZeros = std::uint64_t{1} << 20U;

std::unexpected<int> last_error() {
  return std::unexpected(errno);
}

Io<void> checked(int result) {
  if (result != 0) return last_error();
  return {};
}

Io<void> with_number(const Result<void>& result) {
  if (result) return {};
  switch (result.error().kind) {
    case ErrorKind::full: return std::unexpected(ENOSPC);
    case ErrorKind::denied: return std::unexpected(EACCES);
    case ErrorKind::not_found: return std::unexpected(ENOENT);
    default: return std::unexpected(EIO);
  }
}

class DiskFile final : public File {
 public:
  explicit DiskFile(files::Descriptor descriptor) : descriptor_(std::move(descriptor)) {}

  Io<std::size_t> write(std::uint64_t offset, std::string_view bytes) override {
    return retried(
        [&] { return pwrite(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
  }
  Io<std::size_t> read(std::uint64_t offset, std::span<char> bytes) const override {
    return retried(
        [&] { return pread(descriptor_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
  }
  Io<void> sync() override { return checked(fdatasync(descriptor_.get())); }
  Io<void> reserve(std::uint64_t size, std::uint64_t filled) override {
    const auto present = this->size();
    if (!present) return std::unexpected(present.error());
    if (*present >= size) return {};
    // Where this is not known, the zeros themselves take the place.
    if (fallocate(descriptor_.get(), 0, 0, static_cast<off_t>(size)) != 0 && errno != EOPNOTSUPP)
      return last_error();
    const std::string zeros(std::min<std::uint64_t>(size - *present, kZeros), '\0');
    for (auto offset = std::max(*present, filled); offset < size;) {
      const auto count =
          write(offset, std::string_view(zeros).substr(0, std::min<std::uint64_t>(size - offset, kZeros)));
      if (!count) return std::unexpected(count.error());
      offset += *count;
    }
    return {};
  }
  Io<void> truncate(std::uint64_t size) override {
    return checked(ftruncate(descriptor_.get(), static_cast<off_t>(size)));
  }
  [[nodiscard]] Io<std::uint64_t> size() const override {
    struct stat status{};
    if (fstat(descriptor_.get(), &status) != 0) return last_error();
    return static_cast<std::uint64_t>(status.st_size);
  }

 private:
  template <class Call>
  static Io<std::size_t> retried(Call call) {
    ssize_t count = 0;
    do count = call();
    while (count < 0 && errno == EINTR);
    if (count < 0) return last_error();
    return static_cast<std::size_t>(count);
  }

  files::Descriptor descriptor_;
};

Io<std::unique_ptr<File>> open_with(const fs::path& path, int flags) {
  // A link leads out of the folder.
  auto opened = files::open_regular(path, flags | O_NOFOLLOW);
  if (!opened) return std::unexpected(opened.error());
  return std::make_unique<DiskFile>(*std::move(opened));
}

class DiskStorage final : public Storage {
 public:
  Io<std::unique_ptr<File>> create(const fs::path& path) override {
    return open_with(path, O_RDWR | O_CREAT | O_EXCL);
  }
  Io<std::unique_ptr<File>> open(const fs::path& path, bool writable) override {
    return open_with(path, writable ? O_RDWR : O_RDONLY);
  }
  Io<void> remove(const fs::path& path) override { return checked(unlink(path.c_str())); }
  bool exists(const fs::path& path) override { return access(path.c_str(), F_OK) == 0 || errno != ENOENT; }
  Io<void> sync_folder(const fs::path& folder) override { return with_number(files::sync_folder(folder)); }
  Io<void> replace(const fs::path& path, std::string_view bytes) override {
    return with_number(files::write_atomically(path, bytes));
  }
  Io<std::uint64_t> free_bytes(const fs::path& folder) override {
    struct statvfs status{};
    if (statvfs(folder.c_str(), &status) != 0) return last_error();
    return std::uint64_t{status.f_bavail} * status.f_frsize;
  }
};

}  // namespace

std::shared_ptr<Storage> disk_storage() {
  return std::make_shared<DiskStorage>();
}

}  // namespace skerry::events
