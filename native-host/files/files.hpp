#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "shared/error.hpp"

/// Files that several processes share, and that a crash must not leave half-written.
namespace skerry::files {

/// Writes beside `path`, syncs and renames: afterwards there is the old text or the new one, whatever
/// happens. Error: `file_failed`.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view text);

/// The whole file; nothing where it can't be read.
std::optional<std::string> read_whole(const std::filesystem::path& path);

/// A lock between processes, and between holders in one process (flock(2)); it ends with its holder, also by
/// kill -9.
class FileLock {
 public:
  enum class Mode { exclusive, shared };

  /// Makes the file where it is missing. Errors: `locked` (it can't be had now), `file_failed`.
  static Result<FileLock> try_take(const std::filesystem::path& path, Mode mode = Mode::exclusive);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace skerry::files
