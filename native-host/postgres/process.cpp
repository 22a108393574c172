#include "native-host/postgres/process.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

namespace skerry::postgres {
namespace {

constexpr int kCannotRun = 127;

/// In a child between fork and exec: only async-signal-safe calls.
bool become(const ServerUser& user) {
  return !user.drop || (setgroups(user.groups.size(), user.groups.data()) == 0 && setgid(user.gid) == 0 &&
                        setuid(user.uid) == 0);
}

}  // namespace

Result<ServerUser> ServerUser::find() {
  if (geteuid() != 0) {
    return ServerUser{.uid = geteuid(), .gid = getegid(), .groups = {}, .name = "", .drop = false};
  }
  for (const char* name : {"postgres", "nobody"}) {
    const auto* entry = getpwnam(name);
    if (entry == nullptr) continue;
    ServerUser user{.uid = entry->pw_uid, .gid = entry->pw_gid, .groups = {}, .name = name, .drop = true};
    int count = 64;
    user.groups.resize(static_cast<std::size_t>(count));
    if (getgrouplist(name, user.gid, user.groups.data(), &count) < 0) {
      user.groups = {user.gid};
    } else {
      user.groups.resize(static_cast<std::size_t>(count));
    }
    return user;
  }
  return fail("postgres_folder",
              "PostgreSQL refuses to run as root, and there is neither a user postgres nor a user nobody.");
}

Result<pid_t> spawn(const ServerUser& user, const Command& command) {
  const int log = open(command.log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (log < 0) {
    return fail("postgres_failed", "Can't write " + command.log.string() + ": " + std::strerror(errno) + ".");
  }
  std::vector<char*> arguments;
  arguments.reserve(command.arguments.size() + 1);
  for (const auto& argument : command.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  std::string home = "HOME=" + command.folder.string();
  std::string path = "PATH=/usr/local/bin:/usr/bin:/bin";
  std::string locale = "LC_ALL=C";
  const std::array<char*, 4> environment{home.data(), path.data(), locale.data(), nullptr};

  const pid_t child = fork();
  if (child == 0) {
    if (command.detach) setsid();
    const int nothing = open("/dev/null", O_RDONLY);
    const bool ready = nothing >= 0 && dup2(nothing, STDIN_FILENO) >= 0 && dup2(log, STDOUT_FILENO) >= 0 &&
                       dup2(log, STDERR_FILENO) >= 0 && become(user) && chdir(command.folder.c_str()) == 0;
    if (ready) execve(arguments[0], arguments.data(), environment.data());
    _exit(kCannotRun);
  }
  close(log);
  if (child < 0)
    return fail("postgres_failed", std::string("Can't start a process: ") + std::strerror(errno) + ".");
  return child;
}

int wait_for(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::optional<int> has_ended(pid_t child) {
  int status = 0;
  const auto reaped = waitpid(child, &status, WNOHANG);
  if (reaped == 0) return std::nullopt;
  return reaped == child && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool can_use_folder(const ServerUser& user, const std::filesystem::path& folder) {
  const pid_t child = fork();
  if (child == 0) _exit(become(user) && access(folder.c_str(), R_OK | W_OK | X_OK) == 0 ? 0 : 1);
  return child > 0 && wait_for(child) == 0;
}

}  // namespace skerry::postgres
