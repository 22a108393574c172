#pragma once

#include <map>
#include <mutex>
#include <set>
#include <string>
#include <string_view>

#include "native-host/program/checks.hpp"
#include "shared/http.hpp"

namespace skerry::program {

/// What the checks of `/readyz` found last, for each part of the program that can fail alone (`Check::part`).
/// `/readyz` is about what the program as a whole serves: a part that fails is named there, and takes nothing
/// else out of rotation. `/readyz?capability=events` is for who cares for that part alone. Thread-safe.
class Readiness {
 public:
  void set(const Findings& findings);
  /// Why what the request asks about is not ready; empty: it is. Of a part that no check knows: that it is
  /// none.
  [[nodiscard]] std::string trouble(const Request& request) const;
  /// The parts that are not ready, between commas; empty: none.
  [[nodiscard]] std::string failed_parts() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> troubles_;  ///< by part; empty: it is ready
};

/// `/readyz` as it is when the program is ready, with the parts that are not.
void name_failed_parts(const Request& request, Response& response, const std::string& failed);

}  // namespace skerry::program
