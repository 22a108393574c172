#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "shared/error.hpp"

namespace skerry::broker {

struct TableOptions {
  std::string project;       ///< any of its words; empty: all
  std::string collector_id;  ///< a comma list; empty: all
  std::string data_type;     ///< any of its words; empty: all
  bool late_only = false;
  bool colour = false;
  std::vector<std::string> known_collectors = {};  ///< besides those of the view's rows

  [[nodiscard]] bool selects() const {
    return late_only || !project.empty() || !collector_id.empty() || !data_type.empty();
  }
};

/// The view as a table for a terminal, from its HTTP form `{"last_updated_at":…,"latest":[…]}`. A file is
/// late when updates are more than an hour old, a RIB more than a day (as the original's `latest
/// --outdated`). Errors: `view_unreadable`, and those of the filters (filters.hpp, `unknown_project`).
Result<std::string> latest_table(std::string_view document, const TableOptions& options);
/// The document with those of its rows alone that the options select; as it is where they select all. Errors:
/// those of `latest_table`.
Result<std::string> latest_json(std::string document, const TableOptions& options);

}  // namespace skerry::broker
