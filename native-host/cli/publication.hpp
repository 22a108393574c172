#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <thread>

#include "native-host/broker/updater.hpp"
#include "native-host/cli/database.hpp"
#include "native-host/config/settings.hpp"
#include "native-host/events/queue.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/metrics/registry.hpp"
#include "native-host/publish/publisher.hpp"

namespace skerry::cli {

Time system_now();

/// `<data_dir>/kv.sqlite3`, opened.
Result<std::unique_ptr<kv::Store>> open_store(const config::Settings& settings,
                                              metrics::Registry* registry = nullptr);

/// For commands that look at what is there: where a data folder holds nothing but the archive replica's data,
/// that is what they look at, and a line on stderr says so.
config::Settings to_look_at(config::Settings settings);

/// Documents to publish and the program's health, from the index to every target (native-host/publish).
class Publication {
 public:
  /// `queue` says how the queue is; empty: this process does not have it.
  Publication(const config::Settings& settings, kv::Store& store, Report& report, metrics::Registry& registry,
              std::function<events::Stats()> queue = {});

  /// Makes the documents of the index as it is and puts them into the own store. One that can't be made or
  /// stored leaves the last one; without the view that is a failure, without the history a warning.
  Result<void> publish_index(const Database& database, std::span<const broker::Collector> collectors);

  /// What the last cycle was, for the checks to come.
  void note_cycle(const Result<broker::CycleReport>& cycle);
  /// Checks the program: the value `health`. Takes as long as the database lets it wait, 10 s at most. From
  /// any thread, one at a time.
  std::string check(const Database& database, const std::optional<Error>& unready = {});
  /// The value `metrics`, as of now. From any thread.
  [[nodiscard]] std::string snapshot() const;

  /// Checks the program and publishes `health`; `unready` says why the database could not be made ready.
  void publish_health(const Database& database, const std::optional<Error>& unready = {});

  /// Publishes `health` and `metrics` after each minute, until the result ends.
  [[nodiscard]] std::jthread publish_regularly(const Database& database);

  /// Pushes in the background until this object ends.
  void start() { publisher_.start(); }
  /// Pushes what is due; false if a target does not have it.
  bool push_now(const std::stop_token& stop);

 private:
  publish::PublisherOptions publisher_options();
  void say(const publish::Event& event);

  const config::Settings& settings_;
  kv::Store& store_;
  Report& report_;
  metrics::Registry& registry_;
  std::function<events::Stats()> queue_;
  std::mutex mutex_;
  std::mutex check_mutex_;
  std::optional<Error> cycle_error_;
  std::size_t failed_listings_ = 0;
  std::vector<std::pair<std::string, std::string>> targets_;  ///< name and address
  publish::Publisher publisher_;
};

}  // namespace skerry::cli
