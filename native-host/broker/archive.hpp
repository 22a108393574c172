#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "native-host/files/files.hpp"
#include "native-host/process/process.hpp"
#include "shared/error.hpp"

namespace skerry::broker {

/// One listing for each host that the collectors name, to see whether it answers.
std::vector<std::string> probe_urls(std::span<const Collector> collectors);

/// True if any of the archives' hosts answers HTTP, whatever it says, within `timeout`.
bool archives_answer(std::span<const Collector> collectors, std::chrono::milliseconds timeout);

/// What every table of its listings begins with.
inline constexpr std::string_view kMadeUp =
    "Made up: these listings are the archive replica's, not those of RouteViews and RIPE RIS.";

/// The replica's program: beside this one, as it was built, or where `cmake --install` puts it, in libexec.
/// Error: `replica_missing` (not_installed) where it is in neither place.
Result<std::filesystem::path> replica_program();

/// The archive replica as a child process, on a loopback port. It ends with this object or with this process.
/// To be made and destroyed by a thread that lives as long.
class ReplicaProcess {
 public:
  /// `address` is where it listens, `HOST:PORT`. Empty: on its usual port, 127.0.0.1:8082, so that the URLs
  /// in a view stay good over a restart, or on any where that is taken. Errors: as `replica_program`,
  /// `replica_busy` (busy: another replica listens there), `replica_failed`.
  static Result<ReplicaProcess> start(const std::string& address);

  ReplicaProcess(ReplicaProcess&&) noexcept = default;
  ReplicaProcess& operator=(ReplicaProcess&&) noexcept = default;
  ~ReplicaProcess();

  /// `http://127.0.0.1:8082`
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  ReplicaProcess(process::Child child, std::string origin)
      : child_(std::make_unique<process::Child>(std::move(child))), origin_(std::move(origin)) {}
  std::unique_ptr<process::Child> child_;
  std::string origin_;
};

/// That a replica runs for a data folder, known to other processes: held by who runs one for long, so that
/// its addresses are those of the view as long as it does. It ends with its holder, also by kill -9.
class ReplicaRecord {
 public:
  /// Error: `replica_running` (busy) where another process has one; as `files::file_error`.
  static Result<ReplicaRecord> take(const std::filesystem::path& folder);
  /// What others find from now on. Errors: as `files::file_error`.
  Result<void> tell(const std::string& origin) const;

  /// The origin of the one that another process runs; nothing where none does. Changes nothing. Errors:
  /// `replica_running` (busy) where it has begun and does not come to listen; as `files::file_error`.
  static Result<std::optional<std::string>> find(const std::filesystem::path& folder);

 private:
  ReplicaRecord(files::FileLock lock, std::filesystem::path folder)
      : lock_(std::move(lock)), folder_(std::move(folder)) {}
  files::FileLock lock_;
  std::filesystem::path folder_;
};

}  // namespace skerry::broker
