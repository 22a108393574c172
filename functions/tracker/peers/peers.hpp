#pragma once

#include <array>

#include "functions/tracker/peer.hpp"

/// Every peer, each in a file of this folder; the first that has a path counts, with the widest limits of all
/// that have it, and `generic` has the rest.
///
/// | peer        | events at                                             | a body, an event, events |
/// |-------------|-------------------------------------------------------|--------------------------|
/// | segment     | `/v1/…`: track identify page screen group alias       | 500 KiB, 32 KiB, 2500    |
/// |             | merge batch import, and t i p s g a b                 |                          |
/// | rudderstack | `/v1/…` but for the letters, `/beacon/v1/…`,          | 4000 KiB, 1 MB, 10,000   |
/// |             | `/pixel/v1/…`                                         |                          |
/// | posthog     | `/i/v0/e` `/e` `/track` `/engage` `/capture` `/batch` | 8 MiB, 1 MB, 10,000      |
/// | posthog_v1  | `/i/v1/analytics/events`                              | 8 MiB, 1 MB, 10,000      |
/// | snowplow    | `/com.snowplowanalytics.snowplow/…` `/i` `/ice.png`   | 2 MiB, 1 MB, 10,000      |
/// | plausible   | `/api/event`, by POST                                 | 8 MiB, 1 MB, 1           |
/// | umami       | `/api/send`, `/api/batch`, by POST                    | 8 MiB, 1 MB, 10,000      |
/// | generic     | the setting `event_paths`                             | 8 MiB, 1 MB, 10,000      |
///
/// What their SDKs fetch before they send, which is no event:
///
/// | segment     | `/v1/projects/<key>/settings`: send to this host                            |
/// | rudderstack | `/sourceConfig`: a source that is on, without destinations                  |
/// | posthog     | `/array/<token>/config`, `/array/<token>/config.js`, `/flags`, `/decide`,   |
/// |             | `/static/surveys.js`: no flags, recordings, surveys; capture by yourself    |
namespace skerry::functions {

extern const Peer kSegment;
extern const Peer kRudderstack;
extern const Peer kPosthog;
extern const Peer kPosthogV1;
extern const Peer kSnowplow;
extern const Peer kPlausible;
extern const Peer kUmami;
extern const Peer kGeneric;

/// What both of PostHog's peers say of themselves: `PostHog-Sdk-Info`, or `$lib` of the first event.
Sdk posthog_sdk(const Request& request, const Post& post);

inline constexpr std::array kPeers{&kSegment,  &kRudderstack, &kPosthog, &kPosthogV1,
                                   &kSnowplow, &kPlausible,   &kUmami,   &kGeneric};

}  // namespace skerry::functions
