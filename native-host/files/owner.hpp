#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "shared/error.hpp"

/// Who a folder of data belongs to: one user, decided once.
namespace skerry::files {

struct Owner {
  uid_t uid = 0;
  gid_t gid = 0;
  std::string name = {};  ///< as in /etc/passwd, or the number
};

/// Whose a folder is, or will be where it is not there yet: that of the nearest one above it. A folder in
/// which everybody may make something (/tmp) is nobody's. Nothing where it can't be told, and for nobody's.
std::optional<Owner> owner_of(const std::filesystem::path& folder);

/// For a process of root: from now on it is the owner of the folder, with all of its threads and for good, so
/// that nothing in there ever belongs to anybody else. What it became; nothing where it changed nothing: it
/// is not root's, or the folder is root's or nobody's. Before there are threads that hold something.
///
/// Error: `data_dir_of_another` (denied) where that can't be done.
Result<std::optional<Owner>> become_owner_of(const std::filesystem::path& folder);

/// Whether this process may keep its data there. Error: `data_dir_of_another` (denied), which says what to
/// do: the folder is another user's, or something in it is, however deep, but for the names in `others`; or
/// it is root's, and everybody may write there. Nothing is changed, links are not followed.
Result<void> check_ours(const std::filesystem::path& folder, std::initializer_list<const char*> others = {});

/// While it lives, this thread uses files as the given user does, with that user's rights alone: a link that
/// the user has laid leads root nowhere. Does nothing for who is not root.
class ActingAs {
 public:
  ActingAs(uid_t uid, gid_t gid);
  ~ActingAs();
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;

 private:
  bool acts_;
};

/// Gives a regular file of root's to the user, who has the folder. A link, and a file with several names,
/// stay as they are.
void hand_over(const std::filesystem::path& file, uid_t uid, gid_t gid);

}  // namespace skerry::files
