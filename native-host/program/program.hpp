#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>

#include "native-host/program/capability.hpp"
#include "native-host/program/exit.hpp"
#include "native-host/program/host.hpp"
#include "native-host/program/stop_signal.hpp"

namespace skerry::program {

/// A set of capabilities in their roles, from opening to closing. `skerry up` and `skerry serve` are `run`;
/// a command that works once opens one, does its work, and lets it settle.
class Program {
 public:
  struct Options {
    std::span<const Capability> capabilities;
    Roles roles;
    /// Reads the settings again, for SIGHUP; empty: it changes nothing.
    std::function<Result<config::Loaded>()> reread = {};
  };

  /// Prepares and opens each. Errors: the capabilities', the store's, `route_claimed_twice`.
  static Result<std::unique_ptr<Program>> open(const config::Loaded& loaded, Options options, Report& report);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  [[nodiscard]] Host& host();

  /// Listens, makes the database ready, runs the loops, and returns after a stop signal, when everything has
  /// ended. A database that is away is no error: it comes back. Errors: of listening, and of a database that
  /// can't be made ready at all.
  Result<void> run(StopSignal& stop);

  /// Makes the database ready. Its failure is what the check `database` says from then on.
  Result<void> ready_database(const std::stop_token& stop);
  /// Lets each capability do what is due; false if one has left something.
  bool settle(const std::stop_token& stop);

 private:
  struct State;
  explicit Program(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace skerry::program
