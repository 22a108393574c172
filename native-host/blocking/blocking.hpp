#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>

#include "shared/error.hpp"

namespace skerry::blocking {

/// The token asks for the end of what takes long.
using Work = std::move_only_function<void(const std::stop_token&)>;

/// A bounded pool of threads with a bounded queue, for work that waits (disks, name servers, libraries
/// without asynchronous calls) or computes for long, and must not run on a server's thread. Thread-safe.
class Pool {
 public:
  struct Options {
    unsigned threads = 4;
    std::size_t queue = 256;  ///< what waits for a thread; beyond it: busy
  };

  explicit Pool(Options options);
  /// `stop()`.
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// Queues the work, or fails at once: it never waits. What the work throws is lost. Work that was queued is
  /// either run, or destroyed without having run when the pool stops. Errors: `pool_full` (busy),
  /// `pool_stopped` (stopped).
  Result<void> post(Work work);

  /// Asks what runs to end, destroys what waits, and returns when the threads have ended. Not from the pool's
  /// own work.
  void stop();

  struct Load {
    std::size_t waiting = 0;
    std::size_t running = 0;
  };
  [[nodiscard]] Load load() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skerry::blocking
