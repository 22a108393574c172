#pragma once

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "native-host/process/process.hpp"
#include "shared/error.hpp"

namespace skerry::postgres {

/// The user that PostgreSQL's programs run as: they refuse root.
struct ServerUser {
  uid_t uid = 0;
  std::string name = {};
  std::optional<process::User> drop = {};  ///< this process is root, and a child has to become this user

  /// The user of this process, or for root `postgres`, or else `nobody`. Error: `postgres_folder`.
  static Result<ServerUser> find();
};

/// One of PostgreSQL's programs, to be run in `folder` as `user`. Standard input is empty, both outputs are
/// appended to `log`, the environment is a minimal one.
process::Command server_command(const ServerUser& user, std::vector<std::string> arguments,
                                const std::filesystem::path& folder, const std::filesystem::path& log);

/// Between two looks at what is not so far yet: 20 ms at first, as most of it soon is, then longer and
/// longer, up to half a second.
class Pauses {
 public:
  std::chrono::milliseconds next() {
    const auto now = next_;
    next_ = std::min(next_ * 5 / 4 + std::chrono::milliseconds(1), kLongest);
    return now;
  }

 private:
  static constexpr std::chrono::milliseconds kLongest{500};
  std::chrono::milliseconds next_{20};
};

}  // namespace skerry::postgres
