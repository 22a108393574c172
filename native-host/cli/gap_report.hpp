#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/broker/gaps.hpp"

namespace skerry::cli {

/// A moment as people give it: `48h` (so long ago), `2026-11`, `2026-11-21`, `2026-11-21T08:00:00`, RFC 3339.
/// Error: `bad_time`.
Result<Time> parse_moment(std::string_view text, Time now);

/// Those with one of the ids, or all where there is none, of the project, or of all where it is empty.
/// Errors: `unknown_collector`, `unknown_project`.
Result<std::vector<broker::Collector>> choose_collectors(std::vector<broker::Collector> known,
                                                         std::span<const std::string> ids,
                                                         std::string_view project);

/// A line for each gap, and their sum.
std::string gaps_table(std::span<const broker::Gap> gaps);
/// `[{"collector_id":…,"data_type":…,"from":…,"until":…,"missing":12,"open":false},…]`
std::string gaps_json(std::span<const broker::Gap> gaps);

}  // namespace skerry::cli
