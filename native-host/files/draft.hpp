#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include <sys/types.h>

#include "native-host/files/descriptor.hpp"
#include "native-host/files/digest.hpp"
#include "shared/error.hpp"

namespace skerry::files {

/// The failure of a call on a file, as its errno says. `what` is for people: "Can't write /srv/x".
///
/// Code `file_failed`; kinds: `full` (no room, or a quota's), `denied` (by rights, or read-only),
/// `not_found`, `failed` (all others).
std::unexpected<Error> file_error(const std::string& what, int number);

struct DraftOptions {
  mode_t mode = 0600;         ///< of the file when it is there, whatever the umask
  bool sha256 = false;        ///< to be computed on the way
  std::uint64_t reserve = 0;  ///< bytes that get their room at once, where the file system can do that
  bool replace = true;        ///< false: a file that is there stays, and `commit` fails
};

/// What a draft became.
struct Committed {
  std::uint64_t size = 0;
  std::string sha256 = {};  ///< lower-case; empty where it was not asked for
};

/// A file that is written aside, in the same folder and under a name of its own, and that takes its place
/// whole or not at all.
///
/// Until `commit` nothing is at `path` but what was there before; afterwards the new bytes are, and survive a
/// power failure. A draft that ends without `commit` leaves nothing. What a killed process leaves goes with
/// `sweep_drafts`. Two drafts never share a name, in one process or in many: of several for one path the last
/// to commit wins. A link at `path` is replaced, not followed.
///
/// After a failure every further call fails alike. One thread at a time; not for use across fork(2).
class Draft {
 public:
  /// The folder must be there, and is held open: it may be renamed meanwhile.
  /// Errors: as `file_error`; `full` where what is to be reserved has no room.
  static Result<Draft> begin(const std::filesystem::path& path, const DraftOptions& options = {});

  Draft(Draft&&) noexcept = default;
  Draft& operator=(Draft&&) noexcept;
  ~Draft();

  /// Appends. Error: as `file_error`.
  Result<void> write(std::string_view bytes);

  /// Bytes that were written.
  [[nodiscard]] std::uint64_t size() const { return committed_.size; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// Brings everything to the disk, gives the file its name and brings the folder to the disk. Only once.
  ///
  /// Errors: as `file_error`; `file_exists` (kind `conflict`) where nothing may be replaced. After an error
  /// the old file is there, or, if the last steps failed, the new one, of which it is not certain that it
  /// lasts.
  Result<Committed> commit();

 private:
  Draft(std::filesystem::path path, DraftOptions options) : path_(std::move(path)), options_(options) {}
  Result<void> create();
  std::unexpected<Error> broken(std::string_view what);
  std::optional<std::unexpected<Error>> put_in_place();
  void drop();

  std::filesystem::path path_;
  DraftOptions options_;
  Descriptor folder_;
  Descriptor file_;   // its lock (flock(2)) tells that somebody is at work
  std::string name_;  // in the folder
  std::optional<Digest> digest_;
  std::optional<Error> error_;
  Committed committed_;
};

/// Removes the drafts in a folder that no living process holds, and returns their number. What can't be
/// removed stays for another time. Error: as `file_error`, if the folder can't be read.
Result<std::size_t> sweep_drafts(const std::filesystem::path& folder);

/// Files that were created, renamed or removed in it are so after a power failure. Error: as `file_error`.
Result<void> sync_folder(const std::filesystem::path& folder);

/// A draft that is written and committed at once: afterwards there is the old text or the new one, whatever
/// happens. Errors: as `Draft::begin` and `Draft::commit`.
Result<void> write_atomically(const std::filesystem::path& path, std::string_view text,
                              const DraftOptions& options = {});

}  // namespace skerry::files
