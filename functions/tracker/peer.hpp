#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace skerry::functions {

/// Whose manners a path has. A list of events is an array, or an object with an array `batch` (Snowplow: only
/// an object with an array `data`); any other object is one event.
///
/// | peer        | paths                                                | a body, an event, events |
/// |-------------|------------------------------------------------------|--------------------------|
/// | segment     | `/v1/…`: track identify page screen group alias      | 500 KiB, 32 KiB, 2500    |
/// |             | merge batch import, and t i p s g a b                |                          |
/// | rudderstack | `/beacon/v1/…`, `/pixel/v1/…`                        | 4000 KiB, 1 MB, 10,000   |
/// | posthog     | `/i/v0/e` `/e` `/track` `/engage` `/capture` `/batch` | 8 MiB, 1 MB, 10,000     |
/// | posthog_v1  | `/i/v1/analytics/events`                             | 8 MiB, 1 MB, 10,000      |
/// | snowplow    | `/com.snowplowanalytics.snowplow/…` `/i` `/ice.png`  | 2 MiB, 1 MB, 10,000      |
/// | generic     | all others                                           | 8 MiB, 1 MB, 10,000      |
///
/// One `/` behind a path makes no difference. A body is measured inflated. PostHog's own limits (20 MB, 2 MB)
/// are above what a batch and a record take. What the platform lets in may be less.
enum class Peer : std::uint8_t { generic, segment, rudderstack, posthog, posthog_v1, snowplow };

struct Limits {
  std::size_t body;
  std::size_t event;
  std::size_t events;
};

Peer peer_of(std::string_view path);
Limits limits_of(Peer peer);

}  // namespace skerry::functions
