#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
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

/// The archive replica as a child process, on a loopback port. It ends with this object or with this process.
/// To be made and destroyed by a thread that lives as long.
class ReplicaProcess {
 public:
  /// `address` is where it listens, `HOST:PORT`. Empty: on its usual port, 127.0.0.1:8082, so that the URLs
  /// in a view stay good over a restart, or on any where that is taken. Errors: `replica_missing` (the
  /// program is not beside this one), `replica_failed`.
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

}  // namespace skerry::broker
