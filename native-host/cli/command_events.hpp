#pragma once

#include <string>
#include <vector>

#include "native-host/cli/event_lines.hpp"
#include "native-host/cli/exit_code.hpp"
#include "native-host/config/settings.hpp"

/// `skerry events …`, for who looks after the queue. Reading needs no lock: it works beside a running server.
namespace skerry::cli {

struct TailOptions {
  std::string
      from;  ///< `beginning`, `end`, a number, a moment or so long ago; empty: the last `last` records
  std::uint64_t last = 10;
  bool follow = false;
  bool json = false;
  EventFilter filter;
};

struct EventStatsOptions {
  bool verify = false;  ///< read and check everything
  bool json = false;
};

struct ReplayOptions {
  std::string from;    ///< as of `tail`, but `end`
  std::string until;   ///< a number or a moment; empty: all
  std::string reader;  ///< whose position is set
  std::string to;      ///< or the server that gets the events
  bool dry_run = false;
};

struct ImportOptions {
  std::vector<std::string> files;  ///< or folders: what ends in `.events` in them
  std::string to;                  ///< a server; empty: the log here
  bool remove = false;             ///< what was taken whole
  bool dry_run = false;
};

Exit run_events_tail(const config::Settings& settings, const TailOptions& options);
Exit run_events_stats(const config::Settings& settings, const EventStatsOptions& options);
Exit run_events_replay(const config::Settings& settings, const ReplayOptions& options);
Exit run_events_import(const config::Settings& settings, const ImportOptions& options);

}  // namespace skerry::cli
