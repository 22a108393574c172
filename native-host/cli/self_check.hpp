#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "native-host/config/settings.hpp"
#include "native-host/events/queue.hpp"
#include "native-host/publish/state.hpp"
#include "shared/error.hpp"
#include "shared/health/document.hpp"

namespace skerry::cli {

/// What a self-check looks at. Gathering it is the caller's, judging it is pure.
struct Vitals {
  Time now;
  std::optional<Error> database = {};       ///< why it does not answer
  std::optional<Error> storage = {};        ///< why nothing can be kept in data_dir
  std::optional<events::Stats> queue = {};  ///< nothing: another process has it
  std::optional<std::string> view = {};     ///< the stored KV value `latest`
  std::optional<Error> cycle_error = {};    ///< of the last cycle, where it failed as a whole
  std::size_t failed_listings = 0;          ///< of the last cycle
  struct TargetVitals {
    std::string name;
    publish::TargetState state;
  };
  std::vector<TargetVitals> targets = {};
  std::optional<std::uint64_t> disk_free = {};  ///< bytes; nothing: unknown
};

/// The checks `storage`, `database`, `queue` (it takes events; the message says how full it is), `cycle` (the
/// last good one is at most three intervals, or the promised 15 minutes, old, and the last one did not fail
/// as a whole), `freshness` (anything that the archives publish came within its time; the message names what
/// is late), `disk` (1 GiB free) and `publish:<target>` (the last push went well, and the copy is at most so
/// much behind the view).
std::vector<health::Check> self_check(const config::Settings& settings, const Vitals& vitals);

}  // namespace skerry::cli
