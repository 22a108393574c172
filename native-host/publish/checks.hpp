#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "native-host/program/checks.hpp"
#include "native-host/publish/state.hpp"
#include "native-host/publish/target.hpp"

namespace skerry::program {
class Status;
}

namespace skerry::publish {

/// `publish:<target>` (the last push went well, and the copy is not too far behind the view) from inside;
/// from outside, under the target's name, whether it answers.
void add_checks(program::Checks& checks);
/// `publishing` of `skerry status`.
void add_status(program::Status& status);

// The judgements behind them: pure.

/// `view`: when the stored view was made; nothing: there is none.
program::Finding judge_copy(const std::string& target, const TargetState& state, Time now,
                            std::optional<Time> view, std::chrono::milliseconds oldest);
program::Finding judge_target(const std::string& name, const std::string& base,
                              const std::optional<Failure>& failure);

}  // namespace skerry::publish
