#pragma once

#include <functional>
#include <map>
#include <stop_token>
#include <string>
#include <vector>

#include "native-host/broker/updater.hpp"
#include "native-host/cli/exit_code.hpp"
#include "native-host/cli/publication.hpp"
#include "native-host/http/client.hpp"

namespace skerry::cli {

struct UpdateOptions {
  bool once = false;                   ///< one round; else one every `update.interval`
  bool dry_run = false;                ///< ask the archives, keep nothing
  bool json = false;                   ///< each round's report on standard output
  std::optional<broker::Month> since;  ///< with `once`: all months from then on
};

/// The updater's rounds: a cycle, the documents, the heartbeat, a word about it. A round that fails as a
/// whole is tried again after 10 s, then less and less often, up to the interval.
class UpdateLoop {
 public:
  struct Parts {
    const config::Settings& settings;
    Database& database;
    Publication& publication;
    Report& report;
  };
  /// `after_round` is called once a round has ended, well or not.
  UpdateLoop(
      const Parts& parts, std::vector<broker::Collector> collectors, const UpdateOptions& options,
      std::function<void()> after_round = [] {});

  /// Runs until the stop, or once. What the last round ended with.
  Exit run(const std::stop_token& stop);

 private:
  Exit round(const std::stop_token& stop);
  Result<broker::CycleReport> cycle_and_publish(const std::stop_token& stop);
  void show(const broker::CycleReport& cycle);
  void show_collector(const broker::CollectorReport& collector);
  void beat(const std::stop_token& stop);
  std::chrono::milliseconds pause_after(Exit exit, std::chrono::milliseconds took);

  Parts parts_;
  UpdateOptions options_;
  std::vector<broker::Collector> collectors_;
  std::function<void()> after_round_;
  ProgressLine line_;
  broker::Updater updater_;
  http::Client client_;
  std::chrono::milliseconds retry_;
  std::map<std::string, std::string> failing_;  ///< code of the last failure, by collector
  bool heartbeat_failing_ = false;
};

}  // namespace skerry::cli
