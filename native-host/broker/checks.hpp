#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>

#include "native-host/broker/collectors.hpp"
#include "native-host/broker/freshness.hpp"
#include "native-host/broker/rounds.hpp"
#include "native-host/program/checks.hpp"

/// The judgements behind the checks of the archive index (capability.hpp): pure.
namespace skerry::broker {

/// The stored view, of the collectors that are chosen; nothing where there is none.
using StoredView = std::optional<Result<FreshnessReport>>;

/// `cycle`: the last good one is at most `oldest` old, and the last one did not fail as a whole. `view`: the
/// stored one.
program::Finding judge_cycle(const StoredView& view, const Rounds::Last& last, Time now,
                             std::chrono::milliseconds oldest);
/// `freshness`: anything that the archives publish came within its time; the message names what is late, and
/// which of `collectors` never had a file, but for those that ended.
program::Finding judge_freshness(const StoredView& view, std::span<const Collector> collectors = {});
/// `view`, for the doctor: its age.
program::Finding judge_view(const StoredView& view, Time now, std::chrono::milliseconds oldest);
/// `view`, for `/readyz`: what `/latest` would serve of it (functions/latest/view.hpp); nothing: there is
/// none.
std::optional<program::Finding> judge_served(const std::string* stored);
/// `history`, for the doctor: all of it is read, as the page would.
std::optional<program::Finding> judge_history(const std::string* stored);
/// `archive`, where the settings name the replica or may come to it; `missing`: why its program is not there.
program::Finding judge_replica(const std::string& archive, const std::optional<Error>& missing);

}  // namespace skerry::broker
