#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "native-host/broker/cycle_report.hpp"
#include "native-host/broker/outage.hpp"
#include "native-host/broker/updater.hpp"
#include "native-host/http/client.hpp"
#include "native-host/program/host.hpp"

namespace skerry::broker {

struct RoundOptions {
  bool once = false;           ///< one round; else one every `update.interval`
  bool dry_run = false;        ///< ask the archives, keep nothing
  bool json = false;           ///< each round's report on standard output
  bool watched = false;        ///< by a terminal: what went wrong is told each time
  bool in_part = false;        ///< `collectors` is that of this command line alone: the view keeps the others
  std::optional<Month> since;  ///< with `once`: all months from then on
};

/// The updater's rounds: a cycle, the documents, the heartbeat, a word about it. For one thread, but for
/// `last`.
class Rounds {
 public:
  Rounds(program::Host& host, std::vector<Collector> collectors, RoundOptions options = {});

  struct Outcome {
    bool partly = false;  ///< some collectors failed
  };
  /// One round. Its failure has been reported. Error: of a round that failed as a whole; `stopped`.
  Result<Outcome> run(const std::stop_token& stop);
  /// Reports a round that failed as a whole: each reason once in an outage (outage.hpp). To who watches, and
  /// of what somebody has to set right before, each time.
  void tell_failure(const Error& error);

  /// What the last cycle ended with, for the check `cycle`.
  struct Last {
    std::optional<Error> error = {};  ///< where it failed as a whole
    std::size_t failed_listings = 0;
  };
  [[nodiscard]] Last last() const;
  /// How many a round reads: those that the settings choose, without those that ended long ago, which it
  /// looks at, too.
  [[nodiscard]] std::size_t collectors() const { return count(false); }
  [[nodiscard]] std::size_t ended() const { return count(true); }

 private:
  Result<CycleReport> cycle_and_publish(const std::stop_token& stop);
  Result<CycleReport> cycle(const std::stop_token& stop);
  Result<void> publish_index();
  void watch_pauses(UpdaterOptions& options);
  void tell_good(std::string_view event, std::string_view message, const program::Fields& fields) const;
  void note(const Result<CycleReport>& cycle);
  void show(const CycleReport& cycle);
  void show_progress(const Progress& progress);
  void show_collector(const CollectorReport& collector);
  void show_recovered(const CycleReport& cycle);
  [[nodiscard]] std::size_t count(bool deprecated) const;
  void beat(const std::stop_token& stop);

  program::Host& host_;
  std::vector<Collector> collectors_;
  RoundOptions options_;
  ProgressLine line_;
  std::chrono::steady_clock::time_point progress_told_ = {};
  std::optional<Updater> updater_;  ///< of the database as it was then
  std::string conninfo_;
  std::optional<http::Client> client_;  ///< none where nothing may leave
  bool heartbeat_failing_ = false;
  Outage outage_;
  Outage history_outage_;
  mutable std::mutex mutex_;
  Last last_;
};

/// Lets the rounds run in the program's loops: one every `update.interval`; one that fails as a whole is
/// tried again after 10 s, then less and less often. `rounds` must live until the loops have ended.
void add_loop(program::Host& host, Rounds& rounds);

}  // namespace skerry::broker
