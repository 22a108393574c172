#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

namespace skerry::postgres {

/// What a server writes into postmaster.pid (PostgreSQL: miscadmin.h, LOCK_FILE_LINE_*).
struct PidFile {
  pid_t pid = 0;
  std::filesystem::path data;  ///< PGDATA, as the server was told
  std::string started;
  std::string port;
  std::string socket_folder;

  /// Tells one server from another, even where a process number comes again.
  [[nodiscard]] std::string identity() const { return std::to_string(pid) + " " + started; }
};

/// That of a PGDATA; it may be one that a dead server has left.
std::optional<PidFile> read_pid_file(const std::filesystem::path& data);

/// Whether it is of a server of this PGDATA: in a copy of the folder it is the original's. One that was moved
/// is told by its process, where that may be seen.
bool belongs_to(const PidFile& file, const std::filesystem::path& data);

/// All processes of a server have its PGDATA as their working directory. Paths with links resolved.
bool works_in(const std::string& pid, const std::filesystem::path& data);
bool anybody_works_in(const std::filesystem::path& data);

/// The end of a log, each line on a new one and indented.
std::string last_lines(const std::filesystem::path& log);

}  // namespace skerry::postgres
