#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "shared/time.hpp"

namespace skerry::functions {

/// What the answer to `GET /health` says: pure, without a platform.
class Checks {
 public:
  /// `storage` and `database` are always there, and first; they fail until something is known about them.
  Checks();

  /// One that is added twice passes where both pass. The message is for people; empty: there is none.
  void add(std::string_view name, bool passes, std::string_view message);
  /// `self_check`, and what the native host's self-check (shared/health/document.hpp) says. One that is more
  /// than `max_age` away from `now`, to either side, says nothing: its checks fail.
  void add_self_check(const std::optional<std::string>& document, Time now, Seconds max_age);
  /// `view`, from the KV value `latest`.
  void add_view(const std::optional<std::string>& latest, Time now, Seconds promise);

  [[nodiscard]] bool all_pass() const;
  /// The body; with `bare`, `status` and `messages` are objects, else arrays of one.
  [[nodiscard]] std::string render(bool bare) const;

 private:
  struct Check {
    std::string name;
    std::optional<bool> passes;
    std::vector<std::string> messages;
  };
  std::vector<Check> checks_;
};

}  // namespace skerry::functions
