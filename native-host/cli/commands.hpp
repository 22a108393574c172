#pragma once

#include <string>
#include <utility>
#include <vector>

#include "native-host/cli/exit_code.hpp"
#include "native-host/cli/latest_table.hpp"
#include "native-host/cli/update_loop.hpp"
#include "native-host/config/config.hpp"

/// One function for each command of the program; main.cpp reads the flags. Each says what went wrong itself.
namespace skerry::cli {

struct LatestOptions {
  TableOptions table;
  std::string url;      ///< of a server or of its view; empty: the local store
  bool json = false;    ///< the document as it is
  bool stored = false;  ///< the value as it is stored, for another KV store
};

struct GapOptions {
  std::string since = "48h";  ///< a moment, or so long ago
  std::string until;          ///< empty: now
  std::string project;
  std::string data_type;
  bool json = false;
};

struct StatusOptions {
  int cycles = 10;  ///< how many of the last ones
  bool json = false;
};

/// Database, updater and server in one process, until SIGINT or SIGTERM.
Exit run_up(const config::Loaded& loaded);
Exit run_update(const config::Loaded& loaded, const UpdateOptions& options);
Exit run_serve(const config::Loaded& loaded);
Exit run_latest(const config::Settings& settings, const LatestOptions& options);
Exit run_config(const config::Loaded& loaded, bool json);
Exit run_status(const config::Settings& settings, const StatusOptions& options);
Exit run_gaps(const config::Settings& settings, const GapOptions& options);
/// Looks at everything, also where the settings could not be loaded.
Exit run_doctor(const Result<config::Loaded>& loaded, bool json);

}  // namespace skerry::cli
