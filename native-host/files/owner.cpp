#include "native-host/files/owner.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <tuple>
#include <vector>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "native-host/files/descriptor.hpp"
#include "native-host/files/files.hpp"

namespace skerry::files {
namespace {

namespace fs = std::filesystem;

std::string name_of(uid_t uid) {
  const auto* entry = getpwuid(uid);
  return entry == nullptr ? std::to_string(uid) : entry->pw_name;
}

/// For `sudo -u`: a name, or `#1000`.
std::string for_sudo(uid_t uid) {
  const auto name = name_of(uid);
  return name == std::to_string(uid) ? "'#" + name + "'" : name;
}

std::unexpected<Error> of_another(std::string what) {
  return fail(ErrorKind::denied, "data_dir_of_another", std::move(what));
}

bool set_user(const Owner& owner) {
  const bool has_groups = owner.name != std::to_string(owner.uid)
                              ? initgroups(owner.name.c_str(), owner.gid) == 0
                              : setgroups(1, &owner.gid) == 0;
  return has_groups && setgid(owner.gid) == 0 && setuid(owner.uid) == 0;
}

}  // namespace

std::optional<Owner> owner_of(const fs::path& folder) {
  std::error_code error;
  auto place = fs::absolute(folder, error).lexically_normal();
  if (error) return std::nullopt;
  struct stat info{};
  while (::stat(place.c_str(), &info) != 0) {
    if ((errno != ENOENT && errno != ENOTDIR) || !place.has_relative_path()) return std::nullopt;
    place = place.parent_path();
  }
  if (!S_ISDIR(info.st_mode)) return std::nullopt;
  if ((info.st_mode & S_ISVTX) != 0 && (info.st_mode & S_IWOTH) != 0) return std::nullopt;
  Owner owner{.uid = info.st_uid, .gid = info.st_gid, .name = name_of(info.st_uid)};
  if (const auto* entry = getpwuid(info.st_uid)) owner.gid = entry->pw_gid;
  return owner;
}

Result<std::optional<Owner>> become_owner_of(const fs::path& folder) {
  if (geteuid() != 0) return std::nullopt;
  auto owner = owner_of(folder);
  if (!owner || owner->uid == 0) return std::nullopt;
  if (!set_user(*owner))
    return of_another("The folder " + folder.string() + " belongs to " + owner->name +
                      ", as whom root can't act here: " + std::strerror(errno) + ". Run this as sudo -u " +
                      for_sudo(owner->uid) + ".");
  // What was the caller's is not ours any more.
  if (const auto* entry = getpwuid(owner->uid)) ::setenv("HOME", entry->pw_dir, 1);
  ::unsetenv("XDG_RUNTIME_DIR");
  return owner;
}

Result<void> check_ours(const fs::path& folder, std::initializer_list<const char*> others) {
  struct stat info{};
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return {};
  const auto me = geteuid();
  if (info.st_uid != me)
    return of_another("The folder " + folder.string() + " belongs to " + name_of(info.st_uid) +
                      ": run this as sudo -u " + for_sudo(info.st_uid) +
                      ", or set data_dir to a folder of your own.");
  if (me == 0 && (info.st_mode & S_IWOTH) != 0)
    return of_another("Everybody may write in " + folder.string() +
                      ", and lay links there that root would follow: chmod o-w " + folder.string() + ".");
  std::vector<fs::path> folders{folder};
  while (!folders.empty()) {
    std::error_code error;
    const auto entries = entries_of(folders.back(), error);
    folders.pop_back();
    for (const auto& entry : entries) {
      const auto& path = entry.path();
      const auto name = path.filename().string();
      const bool top = path.parent_path() == folder;
      if (top && (name == "lost+found" || std::ranges::find(others, name) != others.end())) continue;
      struct stat inside{};
      if (::lstat(path.c_str(), &inside) != 0) continue;
      if (inside.st_uid != me)
        return of_another(path.string() + " belongs to " + name_of(inside.st_uid) + ", and the folder to " +
                          name_of(me) + ": sudo chown -hR " + name_of(me) + " " + folder.string() + ".");
      if (S_ISDIR(inside.st_mode)) folders.push_back(path);
    }
  }
  return {};
}

ActingAs::ActingAs(uid_t uid, gid_t gid) : acts_(geteuid() == 0 && uid != 0) {
  if (!acts_) return;
  // Neither call says whether it worked; root's does.
  setfsgid(gid);
  setfsuid(uid);
}

ActingAs::~ActingAs() {
  if (!acts_) return;
  setfsuid(geteuid());
  setfsgid(getegid());
}

void hand_over(const fs::path& file, uid_t uid, gid_t gid) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  struct stat info{};
  if (!opened || ::fstat(opened.get(), &info) != 0 || !S_ISREG(info.st_mode) || info.st_nlink != 1 ||
      info.st_uid != 0)
    return;
  std::ignore = ::fchown(opened.get(), uid, gid);
}

}  // namespace skerry::files
