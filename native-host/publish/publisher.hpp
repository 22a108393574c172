#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "native-host/clock/clock.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/publish/plan.hpp"

namespace skerry::publish {

/// The keys that go to every target.
inline constexpr std::string_view kKeys[] = {"latest", "history", "health", "metrics"};

struct Event {
  enum class Kind {
    published,  ///< documents are there now
    failed,     ///< for the first time, or for another reason than before
    recovered,  ///< the first success after failures
  } kind;
  std::string target;
  std::vector<std::string> keys;  ///< that were stored
  TargetState state;              ///< afterwards; of a recovery: before, for what it was and since when
};

struct PublisherOptions {
  std::filesystem::path data_dir;
  std::vector<std::unique_ptr<Target>> targets;
  Rules rules = {};
  /// Called from the targets' threads.
  std::function<void(const Event&)> on_event = [](const Event&) {};
  std::shared_ptr<AlarmClock> clock = make_system_clock();
};

/// Brings documents to the host's own store and from there to every target.
///
/// The targets get what is in the own store, whoever put it there, so that a retry always carries the newest
/// and nothing has to be kept for it. What each target has is remembered in
/// `<data_dir>/publish/<target>.json`; a lock beside it lets one process at a time push to a target. A target
/// that is slow or fails holds up neither the caller nor the other targets. Processes on one data folder may
/// all publish; targets must not be shared between data folders.
class Publisher {
 public:
  Publisher(PublisherOptions options, kv::Store& store);
  ~Publisher();

  /// Into the own store, all or as many as it took, and on to the targets if they are started. A document
  /// that is older than the stored one changes nothing. Errors: those of make_document and of the store.
  Result<void> put(const std::string& key, std::string value);

  /// A thread for each target that pushes whatever changes in the own store, until this object ends.
  void start();

  /// For a process that ends soon: pushes what is due, each target in at most `attempts` tries and for no
  /// longer than half a minute of waiting. False if something is left for the next process.
  bool push_now(int attempts, const std::stop_token& stop);

  struct State;

 private:
  std::unique_ptr<State> state_;
};

/// What is known of a target: of this one's store, or nothing.
TargetState remembered(const std::filesystem::path& data_dir, const std::string& name,
                       const std::string& address);

}  // namespace skerry::publish
