#pragma once

#include <optional>
#include <span>
#include <vector>

#include "native-host/publish/document.hpp"
#include "native-host/publish/state.hpp"
#include "native-host/publish/target.hpp"

namespace skerry::publish {

struct Rules {
  Seconds refresh = std::chrono::minutes(10);  ///< the age above which a target's copy should never get
  Seconds interval = std::chrono::minutes(5);  ///< to the next chance to push
};

struct Plan {
  std::vector<std::size_t> due;  ///< documents to push now, as indices
  std::optional<Time> wake;      ///< when another is due, if nothing changes; nothing: never
};

/// What to push to a target now, and when to look again. Pure.
///
/// A document is pushed where it differs from the target's copy, or where that copy would grow older than
/// `refresh` before the next chance; never where the copy is of the same time or newer, unless it claims to
/// be from the future (a clock was wrong). Between two writes of a key are 1.1 s (the platforms take one a
/// second), and after a failure nothing happens before `not_before`.
Plan plan(const TargetState& state, std::span<const Document> documents, Time now, const Rules& rules);

/// Enters a push into the state. After a failure the next try waits 1 s, doubling up to 5 min, times `jitter`
/// (0.5 to 1), a permanent one at least a minute; and always as long as the platform asked.
void record(TargetState& state, std::span<const Document> pushed, const PushResult& result, Time now,
            double jitter);

}  // namespace skerry::publish
