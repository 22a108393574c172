#pragma once

#include <vector>

#include "native-host/events/queue.hpp"
#include "native-host/metrics/registry.hpp"

namespace skerry::events {

/// What the events' way counts into; without a registry it counts nothing.
struct Meters {
  metrics::Counter accepted;
  metrics::Counter duplicate;
  metrics::Counter refused;
  metrics::Histogram commit;  ///< seconds that a write to the log and its fdatasync took

  static Meters of(metrics::Registry& registry);
};

/// Shows what is kept in the queue, as long as the result lives; the queue must live longer.
std::vector<metrics::Callback> show(const Queue& queue, metrics::Registry& registry);

}  // namespace skerry::events
