#pragma once

#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "native-host/files/descriptor.hpp"
#include "native-host/files/draft.hpp"
#include "shared/error.hpp"

/// Files that several processes share, and that a crash must not leave half-written.
namespace skerry::files {

/// The whole of a regular file. A pipe or a device is refused: reading one may wait for ever. Errors: as
/// `file_error`.
Result<std::string> read_whole(const std::filesystem::path& path);

/// Makes the folder, and those above it, where they are missing, and looks whether one can write in it.
/// Errors: as `file_error`.
Result<void> make_folder(const std::filesystem::path& path);

/// What lies in a folder, in no order, as far as it could be read; `error` says why not further. It can go
/// meanwhile.
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder,
                                                         std::error_code& error);

/// A lock between processes, and between holders in one process (flock(2)); it ends with its holder, also by
/// kill -9.
class FileLock {
 public:
  enum class Mode { exclusive, shared };

  /// Makes the file where it is missing; a link is not followed. Errors: `locked` (kind `busy`: it can't be
  /// had now), and as `file_error`.
  static Result<FileLock> try_take(const std::filesystem::path& path, Mode mode = Mode::exclusive);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace skerry::files
