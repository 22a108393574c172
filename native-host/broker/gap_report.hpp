#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/gaps.hpp"

namespace skerry::broker {

/// Those with one of the ids, or all where there is none, of the project (in any case), or of all where it
/// is empty.
/// Errors: `unknown_collector`, `unknown_project`.
Result<std::vector<Collector>> choose_collectors(std::vector<Collector> known,
                                                 std::span<const std::string> ids, std::string_view project);

/// A line for each gap, and their sum. `made_up`: by the archive replica, which is said first.
std::string gaps_table(std::span<const Gap> gaps, bool made_up = false);
/// `[{"collector_id":…,"data_type":…,"from":…,"until":…,"missing":12,"open":false},…]`, each with
/// `"made_up":true` where it is.
std::string gaps_json(std::span<const Gap> gaps, bool made_up = false);

}  // namespace skerry::broker
