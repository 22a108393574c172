#pragma once

#include <string_view>
#include <vector>

#include "shared/error.hpp"
#include "tests/archive/model.hpp"

namespace skerry::archive {

/// Reads a list of collectors: a JSON array of objects with the strings `id`, `project` (`riperis` or
/// `routeviews`) and `url` (http or https, no query). Other members are ignored.
/// Errors: `collectors_invalid`, with the place in the message.
Result<std::vector<Collector>> parse_collectors(std::string_view json);

/// The text of native-host/broker/collectors.json at build time: the collectors that Skerry knows.
std::string_view built_in_collectors();

}  // namespace skerry::archive
