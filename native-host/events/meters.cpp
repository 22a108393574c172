#include "native-host/events/meters.hpp"

namespace skerry::events {

Meters Meters::of(metrics::Registry& registry) {
  return {
      .accepted = registry.counter("skerry_events_accepted_total", "Events that were taken and are durable"),
      .duplicate = registry.counter("skerry_events_duplicate_total", "Events that had been taken before"),
      .refused = registry.counter("skerry_events_refused_total", "Events that could not be made durable"),
      .commit = registry.histogram("skerry_events_commit_duration_seconds",
                                   "Of one write to the event log and its fdatasync"),
  };
}

std::vector<metrics::Callback> show(const Queue& queue, metrics::Registry& registry) {
  std::vector<metrics::Callback> shown;
  shown.push_back(registry.gauge("skerry_events_queue_bytes", "Of the events that are kept", {},
                                 [&queue] { return static_cast<double>(queue.stats().bytes); }));
  shown.push_back(registry.gauge("skerry_events_queue_max_bytes", "That the log takes; 0: no bound is known",
                                 {}, [&queue] { return static_cast<double>(queue.stats().max_bytes); }));
  shown.push_back(registry.counter("skerry_events_dropped_total",
                                   "Events that a full log gave up before every reader had read them", {},
                                   [&queue] { return queue.stats().dropped; }));
  shown.push_back(registry.gauge("skerry_events_queue_records", "Events that are kept", {},
                                 [&queue] { return static_cast<double>(queue.stats().records); }));
  return shown;
}

}  // namespace skerry::events
