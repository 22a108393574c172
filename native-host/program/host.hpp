#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "native-host/blocking/blocking.hpp"
#include "native-host/config/config.hpp"
#include "native-host/kv/store.hpp"
#include "native-host/metrics/registry.hpp"
#include "native-host/program/capability.hpp"
#include "native-host/program/checks.hpp"
#include "native-host/program/database.hpp"
#include "native-host/program/documents.hpp"
#include "native-host/program/loops.hpp"
#include "native-host/program/report.hpp"
#include "native-host/program/routes.hpp"
#include "native-host/program/services.hpp"
#include "native-host/program/world.hpp"

namespace skerry::program {

/// What this process does with its capabilities. `up` does both, `serve` the first, `update` the second.
struct Roles {
  bool serves = false;  ///< answers requests
  bool works = false;   ///< does what changes the service's data, in loops or once
  bool once = false;    ///< one turn of the work, not loops
  bool keeps = true;    ///< false: a dry run, of which nothing is kept or published
};

/// What `prepare` is given.
struct Prelude {
  const config::Loaded& loaded;
  Roles roles;
  Report& report;
};

/// What a capability is given. All of it lives longer than the capability.
class Host {
 public:
  struct Parts {
    const config::Loaded& loaded;
    Roles roles;
    const World& world;
    Report& report;
    metrics::Registry& registry;
    kv::Store& store;
    Documents& documents;
    Database& database;
    Routes& routes;
    Loops& loops;
    blocking::Pool& blocking;
    Services& services;
    std::function<std::string()> health;                 ///< see `health_now`
    std::function<std::string()> metrics;                ///< see `metrics_now`
    std::function<std::string(const Request&)> trouble;  ///< see `trouble`
    std::function<void()> check;                         ///< see `check`
    std::function<Result<void>(const std::stop_token&)> ready_database;
    std::vector<std::function<void(const config::Loaded&)>>& reloads;
  };
  explicit Host(Parts parts) : parts_(std::move(parts)) {}

  template <class S>
  [[nodiscard]] const S& settings() const {
    return parts_.loaded.get<S>();
  }
  [[nodiscard]] const config::Loaded& loaded() const { return parts_.loaded; }
  [[nodiscard]] Roles roles() const { return parts_.roles; }
  [[nodiscard]] const std::filesystem::path& data_dir() const { return parts_.world.data_dir(); }
  /// The way out of this machine; null where data is made up.
  [[nodiscard]] const Outward* outward() const { return parts_.world.outward(); }
  [[nodiscard]] const World& world() const { return parts_.world; }

  [[nodiscard]] Report& report() const { return parts_.report; }
  [[nodiscard]] metrics::Registry& registry() const { return parts_.registry; }
  /// The key-value store for the edge, and where documents go into it.
  [[nodiscard]] kv::Store& store() const { return parts_.store; }
  [[nodiscard]] Documents& documents() const { return parts_.documents; }
  [[nodiscard]] Database& database() const { return parts_.database; }
  /// Makes the database ready (again): for a loop that found it away. May take long, until the stop.
  [[nodiscard]] Result<void> ready_database(const std::stop_token& stop) const {
    return parts_.ready_database(stop);
  }
  /// Connections to the database, which is ready, or away until it is there.
  [[nodiscard]] postgres::Pool& pool() const { return parts_.database.pool(); }
  /// Threads for work that must not run on a server's thread.
  [[nodiscard]] blocking::Pool& blocking() const { return parts_.blocking; }
  [[nodiscard]] Routes& routes() const { return parts_.routes; }
  [[nodiscard]] Loops& loops() const { return parts_.loops; }
  [[nodiscard]] Services& services() const { return parts_.services; }

  /// The value `health` of a check made now. May take seconds; not for a server's thread.
  [[nodiscard]] std::string health_now() const { return parts_.health(); }
  /// The value `metrics` of now. Not for a server's thread.
  [[nodiscard]] std::string metrics_now() const { return parts_.metrics(); }
  /// Why what a request for `/readyz` asks about is not ready (readiness.hpp), as of a moment ago; empty: it
  /// is. For any thread.
  [[nodiscard]] std::string trouble(const Request& request) const { return parts_.trouble(request); }
  /// Checks the program and puts the documents `health` and `metrics`, out of their turn. May take seconds.
  void check() const { parts_.check(); }
  /// While the program opens: called with the settings anew after SIGHUP, for secrets that are read at the
  /// start and for rows that are `live`.
  void on_reload(std::function<void(const config::Loaded&)> apply) const {
    parts_.reloads.push_back(std::move(apply));
  }

 private:
  Parts parts_;
};

}  // namespace skerry::program
