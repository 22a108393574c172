#pragma once

#include <chrono>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "native-host/broker/collectors.hpp"
#include "shared/error.hpp"

namespace skerry::broker {

/// One listing for each host that the collectors name, to see whether it answers.
std::vector<std::string> probe_urls(std::span<const Collector> collectors);

/// True if any of the archives' hosts answers HTTP, whatever it says, within `timeout`.
bool archives_answer(std::span<const Collector> collectors, std::chrono::milliseconds timeout);

/// The archive replica as a child process, on a loopback port. It ends with this object or with this process.
/// To be made and destroyed by a thread that lives as long.
class ReplicaProcess {
 public:
  /// Errors: `replica_missing` (the program is not beside this one), `replica_failed`.
  static Result<ReplicaProcess> start();

  ReplicaProcess(ReplicaProcess&& other) noexcept;
  ReplicaProcess& operator=(ReplicaProcess&& other) noexcept;
  ~ReplicaProcess();

  /// `http://127.0.0.1:8082`
  [[nodiscard]] const std::string& origin() const { return origin_; }

 private:
  ReplicaProcess() = default;
  int pid_ = -1;
  int output_ = -1;
  std::string origin_;
};

}  // namespace skerry::broker
