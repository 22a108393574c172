#pragma once

#include <algorithm>
#include <chrono>

namespace skerry::program {

/// How often the service's data is brought up to date; offered by whoever does it (services.hpp), for those
/// who judge how old a copy may be.
struct Cadence {
  std::chrono::milliseconds interval{std::chrono::minutes(5)};

  /// Data that is older has missed three rounds, and the promise of 15 minutes.
  [[nodiscard]] std::chrono::milliseconds oldest() const {
    return std::max<std::chrono::milliseconds>(std::chrono::minutes(15), interval * 3);
  }
};

}  // namespace skerry::program
