#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::publish {

/// What is known of one target over restarts.
struct TargetState {
  struct Key {
    Time as_of;  ///< of the document that is there
    std::string digest;
    Time pushed;  ///< when it was

    friend bool operator==(const Key&, const Key&) = default;
  };

  std::string address = {};  ///< of the store; what is known of another store counts for nothing
  std::map<std::string, Key> keys = {};
  int failures = 0;  ///< in a row
  std::optional<Time> failing_since = {};
  Error error = {};      ///< of the last failure
  Time not_before = {};  ///< when the next try is due, after a failure

  friend bool operator==(const TargetState&, const TargetState&) = default;
};

/// As one JSON object.
std::string render_state(const TargetState& state);
/// Whatever can't be read is as if it were not there: it is pushed again.
TargetState parse_state(std::string_view text);

}  // namespace skerry::publish
