#include "functions/tracker/peer.hpp"

#include <algorithm>
#include <array>

#include "shared/events/event.hpp"

namespace skerry::functions {
namespace {

constexpr std::size_t kKiB = 1024;

template <std::size_t Size>
bool is_one_of(std::string_view text, const std::array<std::string_view, Size>& names) {
  return std::ranges::find(names, text) != names.end();
}

}  // namespace

Peer peer_of(std::string_view path) {
  constexpr std::array<std::string_view, 15> kSegment{"track", "identify", "page",  "screen", "group",
                                                      "alias", "merge",    "batch", "import", "t",
                                                      "i",     "p",        "s",     "g",      "a"};
  constexpr std::array<std::string_view, 6> kPosthog{"/i/v0/e", "/e",       "/track",
                                                     "/engage", "/capture", "/batch"};
  if (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  if (path.starts_with("/v1/")) {
    const auto name = path.substr(4);
    return is_one_of(name, kSegment) || name == "b" ? Peer::segment : Peer::generic;
  }
  if (path.starts_with("/beacon/v1/") || path.starts_with("/pixel/v1/")) return Peer::rudderstack;
  if (is_one_of(path, kPosthog)) return Peer::posthog;
  if (path == "/i/v1/analytics/events") return Peer::posthog_v1;
  if (path == "/i" || path == "/ice.png" || path.starts_with("/com.snowplowanalytics.snowplow/"))
    return Peer::snowplow;
  return Peer::generic;
}

Limits limits_of(Peer peer) {
  constexpr Limits kWidest{
      .body = events::kMaxBatch, .event = events::kMaxRecord, .events = events::kMaxRecords};
  switch (peer) {
    case Peer::segment: return {.body = 500 * kKiB, .event = 32 * kKiB, .events = 2500};
    case Peer::rudderstack: return {.body = 4000 * kKiB, .event = kWidest.event, .events = kWidest.events};
    case Peer::snowplow: return {.body = 2048 * kKiB, .event = kWidest.event, .events = kWidest.events};
    default: return kWidest;
  }
}

}  // namespace skerry::functions
