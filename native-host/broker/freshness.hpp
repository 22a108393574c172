#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/broker/vocabulary.hpp"
#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::broker {

/// What the stored view says of one collector and type.
struct Freshness {
  std::string collector;
  DataType type = DataType::rib;
  Time newest;  ///< file
  bool late = false;
  Time late_since =
      {};  ///< where it is late: when its newest file became too old (shared/broker/lateness.hpp)
};

struct FreshnessReport {
  Time last_updated_at;
  bool made_up = false;         ///< by the archive replica
  std::vector<Freshness> rows;  ///< in the order of the view
};

/// Reads the KV value `latest`, as of `now`. Error: `view_unreadable`.
Result<FreshnessReport> read_freshness(std::string_view view, Time now);

}  // namespace skerry::broker
