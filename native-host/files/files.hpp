#pragma once

#include <expected>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "native-host/files/descriptor.hpp"
#include "native-host/files/draft.hpp"
#include "shared/error.hpp"

/// Files that several processes share, and that a crash must not leave half-written.
namespace skerry::files {

/// Opens a regular file, and nothing else: a pipe, a device, a socket or a folder is refused, as opening or
/// reading one may wait for ever. `flags` of open(2), to which those are added that wait for nobody. The
/// errno where it can't be; ENXIO or EISDIR of what is no regular file, ELOOP of a link with O_NOFOLLOW.
std::expected<Descriptor, int> open_regular(const std::filesystem::path& path, int flags);

/// The whole of a regular file. A pipe or a device is refused: reading one may wait for ever. Errors: as
/// `file_error`.
Result<std::string> read_whole(const std::filesystem::path& path);

/// Makes the folder, and those above it, where they are missing, and looks whether one can write in it.
/// Errors: as `file_error`.
Result<void> make_folder(const std::filesystem::path& path);

/// The folder itself, or the nearest above it that is there.
std::filesystem::path nearest_folder(std::filesystem::path path);

/// What lies in a folder, in no order, as far as it could be read; `error` says why not further. It can go
/// meanwhile.
std::vector<std::filesystem::directory_entry> entries_of(const std::filesystem::path& folder,
                                                         std::error_code& error);

/// A lock between processes, and between holders in one process (flock(2)); it ends with its holder, also by
/// kill -9.
class FileLock {
 public:
  enum class Mode { exclusive, shared };

  /// Makes the file where it is missing; a link is not followed, and what is no regular file is refused.
  /// Errors: `locked` (kind `busy`: it can't be had now), and as `file_error`.
  static Result<FileLock> try_take(const std::filesystem::path& path, Mode mode = Mode::exclusive);

 private:
  explicit FileLock(Descriptor file) : file_(std::move(file)) {}
  Descriptor file_;
};

}  // namespace skerry::files
