#pragma once

#include "shared/broker/vocabulary.hpp"
#include "shared/time.hpp"

/// When a file counts as late: the one rule of the CLI, the page, `skerry status` and the health check.
namespace skerry::broker {

/// The delay from which a collector's newest file is late: updates 1 h, a RIB 24 h (the rule of the
/// original's UI and of its `latest --outdated`).
constexpr Seconds late_after(DataType type) {
  return type == DataType::rib ? std::chrono::hours{24} : std::chrono::hours{1};
}

constexpr bool is_late(DataType type, std::chrono::duration<double> delay) {
  return delay > late_after(type);
}

}  // namespace skerry::broker
