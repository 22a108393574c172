#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "shared/error.hpp"

namespace skerry::postgres {

/// The user that PostgreSQL's programs run as: they refuse root.
struct ServerUser {
  uid_t uid;
  gid_t gid;
  std::vector<gid_t> groups;
  std::string name;
  bool drop;  ///< this process is root, and a child has to become this user

  /// The user of this process, or for root `postgres`, or else `nobody`. Error: `postgres_folder`.
  static Result<ServerUser> find();
};

/// What is to be run. Standard input is empty, both outputs are appended to `log`, the environment is a
/// minimal one.
struct Command {
  std::vector<std::string> arguments;  ///< the first one is the program's path
  std::filesystem::path folder;        ///< to run in
  std::filesystem::path log;
  bool detach = false;  ///< a session of its own, so that a terminal's Ctrl-C does not reach it
};

/// Starts a program as `user`. Error: `postgres_failed`.
Result<pid_t> spawn(const ServerUser& user, const Command& command);
/// Waits for the end and returns the exit code, or -1 for a death by signal.
int wait_for(pid_t child);
/// The exit code if the child has ended, as with `wait_for`.
std::optional<int> has_ended(pid_t child);

/// True if `user` can list, enter and write the folder.
bool can_use_folder(const ServerUser& user, const std::filesystem::path& folder);

}  // namespace skerry::postgres
