#pragma once

#include <map>
#include <mutex>
#include <optional>
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
  /// Why what the request asks about is not ready; empty: it is. Of a part that no check knows: that there is
  /// none.
  [[nodiscard]] std::string trouble(const Request& request) const;
  /// Where a request of `/readyz` asks about a part that no check knows, a slip of the pen: 400, with those
  /// that there are. An orchestrator must not take it for a service that is not ready.
  [[nodiscard]] std::optional<Response> refuse(const Request& request) const;
  /// The parts that are not ready, between commas; empty: none.
  [[nodiscard]] std::string failed_parts() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> troubles_;  ///< by part; empty: it is ready
};

/// `/readyz` as it is when the program is ready, with the parts that are not.
void name_failed_parts(const Request& request, Response& response, const std::string& failed);

}  // namespace skerry::program
