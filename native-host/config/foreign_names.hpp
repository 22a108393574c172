#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace skerry::config {

struct ForeignNames {
  struct Found {
    std::string_view setting;  ///< `update.attempts`
    std::string value;
    std::string variable;  ///< that it came from
  };
  std::vector<Found> settings;        ///< a later one of the same setting wins
  std::vector<std::string> warnings;  ///< one for each name that has no effect, saying what takes its place
};

/// The environment names that operators of the original broker know: DATABASE_URL; POSTGRES_{HOST, USER,
/// PASSWORD, DB} with PGPORT, and BROKER_PG_* of the older scripts, which count where there is a host;
/// BGPKIT_BROKER_*. Beside them those of Cloudflare's and Fastly's own tools. Empty values are as good as
/// none. All of them are weaker than SKERRY_*.
ForeignNames read_foreign_names(const std::map<std::string, std::string>& environment);

}  // namespace skerry::config
