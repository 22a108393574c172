#pragma once

#include <atomic>
#include <cstdint>

#include "shared/http.hpp"
#include "shared/time.hpp"

namespace skerry::edge {

/// How long an outage of a function lasts. The function has a new instance for every request here, so that it
/// can't know; at an edge whose instances last it does this by itself. Thread-safe.
class Pauses {
 public:
  /// To a 503 with Retry-After a quarter of the time since the first one is added, at most a minute. An
  /// outage is over when two minutes pass without one; other responses are left as they are.
  void lengthen(Response& response, Time now);

 private:
  std::atomic<std::int64_t> since_ = 0;  ///< ms since 1970
  std::atomic<std::int64_t> last_ = 0;
};

}  // namespace skerry::edge
