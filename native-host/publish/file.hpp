#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "shared/error.hpp"

namespace skerry::publish {

/// Writes beside `path`, syncs and renames: afterwards there is the old text or the new one, whatever
/// happens. Error: `file_failed`.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view text);

/// The whole file; nothing where it can't be read.
std::optional<std::string> read_whole(const std::filesystem::path& path);

/// A lock between processes, and between holders in one process (flock(2)); it ends with its holder, also by
/// kill -9.
class FileLock {
 public:
  /// Makes the file. Errors: `locked` (another has it), `file_failed`.
  static Result<FileLock> try_take(const std::filesystem::path& path);

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) : descriptor_(descriptor) {}
  int descriptor_;
};

}  // namespace skerry::publish
