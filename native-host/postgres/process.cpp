#include "native-host/postgres/process.hpp"

#include <utility>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

namespace skerry::postgres {

Result<ServerUser> ServerUser::find() {
  if (geteuid() != 0) return ServerUser{.uid = geteuid()};
  for (const char* name : {"postgres", "nobody"}) {
    const auto* entry = getpwnam(name);
    if (entry == nullptr) continue;
    process::User user{.uid = entry->pw_uid, .gid = entry->pw_gid};
    int count = 64;
    user.groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(name, user.gid, user.groups.data(), &count) < 0) {
      user.groups = {user.gid};
    } else {
      user.groups.resize(static_cast<std::size_t>(count));
    }
    return ServerUser{.uid = user.uid, .name = name, .drop = std::move(user)};
  }
  return fail(ErrorKind::not_installed, "postgres_folder",
              "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody.");
}

process::Command server_command(const ServerUser& user, std::vector<std::string> arguments,
                                const std::filesystem::path& folder, const std::filesystem::path& log) {
  return {.arguments = std::move(arguments),
          .folder = folder,
          .environment = {{"HOME=" + folder.string(), "PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C"}},
          .output = {.kind = process::Stream::Kind::append, .path = log},
          .error = {.kind = process::Stream::Kind::output},
          .user = user.drop};
}

}  // namespace skerry::postgres
