#pragma once

#include <string>
#include <string_view>

#include "shared/error.hpp"
#include "shared/time.hpp"

namespace skerry::functions {

/// The value of the KV key `history`, format 1: when the files of the last 48 hours arrived, a string of
/// slots for each collector and type. It is served as it is; its form is told where it is made and read
/// (shared/broker/arrivals.hpp):
///
///     {"format":1,"last_updated_at":"2026-11-21T08:05:11.000Z","begin":"2026-11-19T08:05:00","series":[…]}
class History {
 public:
  /// Takes the text over and checks what a reader rests on: UTF-8, the version, the time, that the brackets
  /// match up to the end. One pass; the series themselves are not looked at.
  /// Errors: `history_format` (another version), `history_damaged`.
  static Result<History> open(std::string text);

  [[nodiscard]] Time last_updated_at() const { return last_updated_at_; }
  /// Differs between any two histories that one updater ever wrote.
  [[nodiscard]] const std::string& identity() const { return identity_; }
  [[nodiscard]] std::string_view text() const { return text_; }

 private:
  std::string text_;
  Time last_updated_at_;
  std::string identity_;
};

}  // namespace skerry::functions
