#pragma once

#include <string>
#include <string_view>

#include "shared/metrics/snapshot.hpp"
#include "shared/time.hpp"

namespace skerry::functions {

/// The report as one line of InfluxDB's line protocol, in Backup Repository's words and order, without a line
/// end: tags without quotes, numbers without `i` (they are floats, as the original's), nanoseconds.
///
/// A tag that is empty is left out. What a tag can't hold is replaced: a control character by `_`, a
/// backslash at its end by `/`.
std::string influx_line(const metrics::RepositoryReport& report, std::string_view base_url,
                        std::string_view app_env, Time at);

}  // namespace skerry::functions
