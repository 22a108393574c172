#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include "native-host/program/checks.hpp"

namespace skerry::program {

/// What `skerry status` shows, made of each capability's part.
class Status {
 public:
  Status(const Inspection& inspection, int rounds) : at(inspection), last_rounds(rounds) {}

  const Inspection& at;
  const int last_rounds;  ///< how many of the last rounds of its work a capability shows

  nlohmann::ordered_json json = nlohmann::ordered_json::object();  ///< each capability adds members
  std::string lines;   ///< `View:     of 2026-11-21 08:05 UTC, 2 min old`: one for each thing
  std::string text;    ///< tables below them, each after an empty line
  bool known = false;  ///< whether anything could be told

  /// Adds a line, its words in a column.
  void line(const std::string& name, const std::string& words);
};

}  // namespace skerry::program
