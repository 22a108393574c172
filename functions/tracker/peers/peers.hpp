#pragma once

#include <array>

#include "functions/tracker/peer.hpp"

/// Every peer, each in a file of this folder; the first that has a path counts, and `generic` has all.
///
/// | peer        | paths                                                 | a body, an event, events |
/// |-------------|-------------------------------------------------------|--------------------------|
/// | segment     | `/v1/…`: track identify page screen group alias       | 500 KiB, 32 KiB, 2500    |
/// |             | merge batch import, and t i p s g a b                 |                          |
/// | rudderstack | `/beacon/v1/…`, `/pixel/v1/…`                         | 4000 KiB, 1 MB, 10,000   |
/// | posthog     | `/i/v0/e` `/e` `/track` `/engage` `/capture` `/batch` | 8 MiB, 1 MB, 10,000      |
/// | posthog_v1  | `/i/v1/analytics/events`                              | 8 MiB, 1 MB, 10,000      |
/// | snowplow    | `/com.snowplowanalytics.snowplow/…` `/i` `/ice.png`   | 2 MiB, 1 MB, 10,000      |
/// | generic     | all others                                            | 8 MiB, 1 MB, 10,000      |
namespace skerry::functions {

extern const Peer kSegment;
extern const Peer kRudderstack;
extern const Peer kPosthog;
extern const Peer kPosthogV1;
extern const Peer kSnowplow;
extern const Peer kGeneric;

inline constexpr std::array kPeers{&kSegment, &kRudderstack, &kPosthog, &kPosthogV1, &kSnowplow, &kGeneric};

}  // namespace skerry::functions
