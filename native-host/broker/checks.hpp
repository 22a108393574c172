#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "native-host/broker/freshness.hpp"
#include "native-host/broker/rounds.hpp"
#include "native-host/program/checks.hpp"

/// The judgements behind the checks of the archive index (capability.hpp): pure.
namespace skerry::broker {

/// `cycle`: the last good one is at most `oldest` old, and the last one did not fail as a whole. `view`: the
/// stored one.
program::Finding judge_cycle(const std::optional<FreshnessReport>& view, const Rounds::Last& last, Time now,
                             std::chrono::milliseconds oldest);
/// `freshness`: anything that the archives publish came within its time; the message names what is late.
program::Finding judge_freshness(const std::optional<FreshnessReport>& view);
/// `archive`, where the settings name the replica or may come to it; `missing`: why its program is not there.
program::Finding judge_replica(const std::string& archive, const std::optional<Error>& missing);
/// `view`, for the doctor: its age; nothing: there is none.
program::Finding judge_view(std::optional<std::chrono::milliseconds> age, std::chrono::milliseconds oldest);

}  // namespace skerry::broker
